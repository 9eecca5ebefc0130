/* Who may have a docker played while others do: those who wait for their readers for long give way, and no others. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import { Players } from '../../src/sandbox/players.js';

/** Nothing is sent there: each play waits before its first request. */
const NOWHERE = new URL('http://127.0.0.1:9');

let open: OpenHub;
before(async () => {
  open = await openHub({ ephemeral: true, bcryptRounds: 4 });
});
after(() => open.close());

it('a play that waits for its reader for a minute gives way, the longest first, and says so', async () => {
  const ended = new AbortController();
  let now = 0;
  const players = new Players({
    ...{ domain: open.domain, ended: ended.signal },
    ...{ pace: 3_600_000, now: () => now },
  });
  const start = () => players.start('1.5.0', NOWHERE);
  const refused = { id: 'tooManyPlays' };
  const [first, second, third, running] = [
    await start(),
    await start(),
    await start(),
    await start(),
  ];
  second.pause();
  now = 30_000;
  for (const play of [first, third]) play.pause();
  now = 59_999;
  await assert.rejects(start(), refused);
  now = 60_000;
  let told = 0;
  players.watch(second.id, () => {
    told += 1;
  });
  const fifth = await start();
  assert.deepEqual([second.state, second.gaveWay], ['over', true]);
  assert.ok(told > 0);
  assert.equal(fifth.repository, second.repository);
  await assert.rejects(start(), refused);
  // Its reader is there again: a step begins the minute again for one, and going on ends it for the other.
  now = 89_000;
  first.step();
  third.resume();
  now = 148_000;
  await assert.rejects(start(), refused);
  now = 149_000;
  // Two who come at once get one place.
  const both = await Promise.allSettled([start(), start()]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal(first.gaveWay, true);
  for (const play of [third, running, fifth]) assert.equal(play.gaveWay, false);
  ended.abort();
  await Promise.allSettled([third, running, fifth].map(({ done }) => done));
});
