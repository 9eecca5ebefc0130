import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificates } from '../../src/cli/certificates.js';
import { startTestHub } from '../support/hub.js';
import { canLogIn } from '../support/people.js';
import { RawClient } from '../support/raw-client.js';
import {
  head,
  IS_PING,
  LAST_PING,
  PERSON,
  PING,
  register,
  registration,
  statusOf,
  useRawHub,
} from '../support/raw-hub.js';

/* Connections: how many, how long, and what becomes of them at the end. */

/** What running requests are given at the end, in milliseconds: an idle connection gets less. */
const GRACE = 9000;

describe('a connection that is closed on one side', () => {
  const at = useRawHub();

  it('still gets its answer', async () => {
    const client = await at.connect();
    assert.match(await client.say(PING).endSaying().untilClosed(), IS_PING);
  });

  it('still gets the answer to a request that takes a while', async () => {
    const client = await at.connect();
    const received = await client.say(register('halfway1')).endSaying().untilClosed();
    assert.equal(statusOf(received), 201);
    assert.ok(await canLogIn(at.hub, 'halfway1'));
  });

  it('gets an answer to half a body, which is not carried out', async () => {
    const client = await at.connect();
    const request = register('halfway2');
    const received = await client.say(request.slice(0, -5)).endSaying().untilClosed();
    assert.equal(statusOf(received), 400);
    assert.equal(await canLogIn(at.hub, 'halfway2'), false);
  });

  it('gets an answer to half a header', async () => {
    const client = await at.connect();
    const received = await client.say('GET /v1/_ping HTTP/1.1\r\nHos').endSaying().untilClosed();
    assert.equal(statusOf(received), 400);
  });
});

describe('many connections', () => {
  const at = useRawHub({ maxConnections: 2100 });

  it('may be idle while others are served, and do not hold up the end', async () => {
    const idle: RawClient[] = [];
    // In rows, since the system's queue of those who want to connect is shorter.
    while (idle.length < 2000) {
      idle.push(...(await Promise.all(Array.from({ length: 100 }, () => at.connect()))));
    }
    const client = await at.connect();
    const began = performance.now();
    client.say(PING.repeat(99) + LAST_PING);
    await client.untilClosed();
    assert.equal(client.received.match(/HTTP\/1\.1 200 OK/g)?.length, 100);
    assert.ok(performance.now() - began < 10_000);
    assert.equal(idle.filter((each) => each.isClosed).length, 0);
    const closing = performance.now();
    await at.hub.restart();
    assert.ok(performance.now() - closing < GRACE);
  });
});

describe('more connections than there may be', () => {
  const at = useRawHub({ maxConnections: 3 });

  it('are closed at once, until others go', async () => {
    const first = await at.connect();
    await at.connect();
    await at.connect();
    const fourth = await at.connect();
    assert.equal(await fourth.untilClosed(), '');
    first.say(LAST_PING);
    assert.match(await first.untilClosed(), IS_PING);
    // The hub may need a moment to see that one is gone.
    let answer = '';
    for (let tries = 0; tries < 200 && answer === ''; tries += 1) {
      answer = await (await at.connect()).say(LAST_PING).untilClosed();
      if (answer === '') await sleep(10);
    }
    assert.match(answer, IS_PING);
  });
});

describe('the end of a hub', () => {
  it('waits for running requests, and for nobody else', async () => {
    await using hub = await startTestHub({ people: [PERSON] });
    const silent = await RawClient.to(hub);
    const stuck = await RawClient.to(hub);
    stuck.say('GET /v1/_ping HTTP/1.1\r\nHost:');
    const kept = await RawClient.to(hub);
    await kept.say(PING).until(/true$/);
    const running = await RawClient.to(hub);
    const body = registration('running1');
    const headers = { 'Content-Length': String(body.length), Expect: '100-continue' };
    await running.say(head('POST /v1/users/', headers)).until(/100 Continue/);
    const began = performance.now();
    const closed = hub.close();
    await Promise.all([silent.untilClosed(), stuck.untilClosed(), kept.untilClosed()]);
    running.say(body);
    assert.equal(statusOf(await running.untilClosed()), 201);
    await closed;
    assert.ok(performance.now() - began < GRACE);
  });

  it('waits for no handshake either', async () => {
    const { leaf } = await makeCertificates(new Date());
    await using hub = await startTestHub({ tls: leaf });
    const silent = await RawClient.to(hub);
    const began = performance.now();
    await Promise.all([hub.close(), silent.untilClosed()]);
    assert.ok(performance.now() - began < GRACE);
  });
});
