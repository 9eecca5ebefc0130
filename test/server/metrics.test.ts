import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hub } from '../../src/index.js';
import { version } from '../../src/version.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { startPlainHub } from '../support/hub.js';

/* What a hub tells those who watch over it: /metrics and /_status. */

/** The metrics by name and labels, such as `hub_documents{kind="users"}`. */
type Values = ReadonlyMap<string, number>;

async function scrape(hub: Hub): Promise<Values> {
  const { text } = await send(hub, 'GET /metrics').expect(200);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

function requests(values: Values, method: string, route: string, status: number): number {
  const labels = `method="${method}",route="${route}",status="${status}"`;
  return values.get(`hub_http_requests_total{${labels}}`) ?? 0;
}

async function startHubWithPerson(options = {}): Promise<Hub> {
  const hub = await startPlainHub({ loginLimit: 2, ...options });
  await hub.users.create({ username: 'jamtur01', password: PASSWORD });
  return hub;
}

describe('GET /metrics', () => {
  let hub: Hub;
  before(async () => {
    hub = await startHubWithPerson();
  });
  after(() => hub.close());

  const ask = (path: string) => send(hub, `GET ${path}`);
  const logIn = (password: string) =>
    ask('/v1/users/').set('Authorization', basic('jamtur01', password));

  it('is in the text format of Prometheus, and says so', async () => {
    const { headers, text } = await ask('/metrics').expect(200);
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    const lines = text.split('\n');
    assert.equal(lines.at(-1), '');
    for (const line of lines.slice(0, -1)) {
      assert.match(line, /^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{[^{}]+\})? -?[\d.e+-]+|)$/);
    }
  });

  it('counts requests by method, route and status, and not by path', async () => {
    const earlier = await scrape(hub);
    await ask('/v1/images/abc/json').expect(404);
    await ask(`/v1/images/${'ab'.repeat(32)}/json`).expect(404);
    await ask('/v1/nowhere/1').expect(404);
    await ask('/v1/nowhere/2').expect(404);
    await send(hub, 'HEAD /v1/_ping').expect(200);
    const later = await scrape(hub);
    const more = (...of: [string, string, number]): number =>
      requests(later, ...of) - requests(earlier, ...of);
    assert.equal(more('GET', '/v1/images/:id/json{/}', 404), 2);
    assert.equal(more('GET', 'none', 404), 2);
    assert.equal(more('HEAD', '/v1/_ping{/}', 200), 1);
    assert.equal(more('GET', '/metrics{/}', 200), 1);
  });

  it('has a histogram of how long requests took', async () => {
    await ask('/v1/_ping').expect(200);
    const values = await scrape(hub);
    const name = 'hub_http_request_duration_seconds';
    const count = values.get(`${name}_count{route="/v1/_ping{/}"}`) ?? 0;
    assert.ok(count >= 1);
    assert.equal(values.get(`${name}_bucket{le="+Inf",route="/v1/_ping{/}"}`), count);
    assert.ok((values.get(`${name}_sum{route="/v1/_ping{/}"}`) ?? 0) > 0);
    const buckets = [...values].filter(
      ([key]) => key.includes(`_bucket{`) && key.includes('_ping'),
    );
    const counts = buckets.map(([, value]) => value);
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
  });

  it('counts bytes in both directions, and open connections', async () => {
    const earlier = await scrape(hub);
    const socket = connect(hub.port, '127.0.0.1');
    await once(socket, 'connect');
    const body = 'x'.repeat(100_000);
    socket.write(
      `POST /v1/nowhere HTTP/1.1\r\nHost: hub\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    const later = await scrape(hub);
    const more = (name: string): number => (later.get(name) ?? 0) - (earlier.get(name) ?? 0);
    assert.ok(more('hub_received_bytes_total') > body.length);
    assert.ok(more('hub_received_bytes_total') < body.length + 2000);
    assert.ok(more('hub_sent_bytes_total') > answer.length);
    assert.ok((later.get('hub_open_connections') ?? 0) >= 2);
    socket.destroy();
    await eventually('it is closed', async () => {
      return (await scrape(hub)).get('hub_open_connections') === 1;
    });
    const last = await scrape(hub);
    assert.ok((last.get('hub_received_bytes_total') ?? 0) > body.length, 'closed ones count too');
    assert.equal(last.get('hub_open_connections'), 1);
  });

  it('counts documents by kind', async () => {
    await send(hub, 'PUT /v1/repositories/jamtur01/static_web/', {
      auth: basic('jamtur01'),
      body: [],
    }).expect(200);
    await hub.images.create({ repository: 'jamtur01/other', files: { 'etc/motd': 'hello' } });
    const values = await scrape(hub);
    const documents = ['users', 'repositories', 'images', 'uploads'].map((kind) =>
      values.get(`hub_documents{kind="${kind}"}`),
    );
    assert.deepEqual(documents, [1, 2, 1, 0]);
    assert.equal(values.get('hub_pending_writes'), 0);
  });

  it('counts logins by how they ended', async () => {
    await using other = await startHubWithPerson();
    const auth = (password: string) =>
      send(other, 'GET /v1/users/', { auth: basic('jamtur01', password) });
    await auth('wrong').expect(401);
    await auth(PASSWORD).expect(200);
    await auth(PASSWORD).expect(200);
    await auth('wrong').expect(401);
    await auth('wrong').expect(401);
    await auth('wrong').expect(429);
    const values = await scrape(other);
    const results = ['right', 'remembered', 'wrong', 'refused'].map((result) =>
      values.get(`hub_logins_total{result="${result}"}`),
    );
    assert.deepEqual(results, [1, 1, 3, 1]);
    assert.equal(values.get('hub_passwords_waiting'), 0);
  });

  it('tells how late the event loop was', async () => {
    await scrape(hub);
    await sleep(50);
    const end = performance.now() + 150;
    while (performance.now() < end);
    await sleep(50);
    const values = await scrape(hub);
    const most = values.get('hub_event_loop_lag_seconds{quantile="1"}') ?? 0;
    assert.ok(most > 0.1 && most < 10, `${most}`);
  });

  it('tells of the process and the version', async () => {
    const values = await scrape(hub);
    assert.equal(values.get(`hub_info{version="${version}"}`), 1);
    assert.ok((values.get('process_resident_memory_bytes') ?? 0) > 1e6);
    assert.ok((values.get('process_cpu_seconds_total') ?? 0) > 0);
    const started = values.get('process_start_time_seconds') ?? 0;
    assert.ok(Math.abs(started - Date.now() / 1000) < 3600);
  });

  it('is each hub of a process for itself', async () => {
    await using other = await startPlainHub();
    const values = await scrape(other);
    assert.equal(values.get('hub_documents{kind="users"}'), 0);
    assert.equal(requests(values, 'GET', '/metrics{/}', 200), 0);
    await logIn(PASSWORD).expect(200);
    assert.equal(requests(await scrape(other), 'GET', '/v1/users{/}', 200), 0);
  });

  it('leaves nothing that keeps a process alive', () => {
    const url = new URL('../../src/hub.js', import.meta.url).href;
    const script = `
      const { startHub } = await import(${JSON.stringify(url)});
      const hub = await startHub();
      await (await fetch(hub.url + '/metrics')).text();
      await hub.close();
      console.log('closed');`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.deepEqual([status, stdout], [0, 'closed\n']);
  });
});

describe('GET /_status', () => {
  it('tells that the hub is up, which one, since when, and how much it has', async () => {
    await using hub = await startHubWithPerson();
    const { body } = await send(hub, 'GET /_status').expect(200);
    const { uptime, ...rest } = body as { uptime: number };
    assert.deepEqual(rest, {
      status: 'ok',
      version,
      documents: { users: 1, repositories: 0, images: 0, uploads: 0 },
      pending_writes: 0,
    });
    assert.ok(Number.isInteger(uptime) && uptime >= 0 && uptime < 60);
  });
});
