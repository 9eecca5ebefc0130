// Tests of a client in Node: the Hub runs in the same process, and is the same before each test.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startHub } from 'hub-v1';
import { search } from './client.js'; // the client that is tested

let hub;
before(async () => {
  hub = await startHub({
    seed: {
      users: [{ username: 'jamtur01', password: 'secret' }],
      repositories: [{ name: 'jamtur01/static_web', description: 'A site' }],
    },
  });
});
afterEach(() => hub.reset());
after(() => hub.close());

test('finds what is there', async () => {
  assert.deepEqual(await search(hub.url, 'static'), ['jamtur01/static_web']);
});

test('tries again when the Hub is busy', async () => {
  hub.faults.add({ match: { path: '/v1/search' }, times: 2, then: { status: 503, retryAfter: 0 } });
  assert.deepEqual(await search(hub.url, 'static'), ['jamtur01/static_web']);
  assert.deepEqual(hub.faults.unhit(), []);
  const asked = hub.requests.list({ path: '/v1/search' });
  assert.deepEqual(asked.map(({ status }) => status), [503, 503, 200]);
});

test('says so when the answer breaks off', async () => {
  hub.faults.add({ then: { cutAfter: 10 } });
  await assert.rejects(search(hub.url, 'static'), /the Hub broke off/);
});
