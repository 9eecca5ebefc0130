/**
 * From where the requests of a lesson's terminal come: from the reader, so that who guesses passwords there is slowed,
 * and nobody else.
 */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { it } from 'node:test';
import { type Address, basic, PASSWORD, send } from '../support/client.js';
import { startTestHub } from '../support/hub.js';

const LESSON = '/sandbox/lessons/login/';
/** Another address of this machine. */
const READER = '127.0.0.9';

/** Sends a form from READER. */
function sendFrom(hub: Address, path: string, fields: Record<string, string>, cookies = '') {
  const agent = new Agent({ localAddress: READER });
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    ...(cookies !== '' && { Cookie: cookies }),
  };
  return send(hub, `POST ${path}`, { agent, headers, body: `${new URLSearchParams(fields)}` });
}

for (const guess of [
  (port: number) => `curl -s -u admin:guess http://127.0.0.1:${port}/v1/users/`,
  () => 'docker login -u admin -p guess -e a@example.com',
]) {
  const [command] = guess(0).split(' ', 1);

  it(`guesses by ${command} in the terminal are the reader's, and slow nobody else`, async () => {
    await using hub = await startTestHub({ people: ['carol'], loginLimit: 3, control: true });
    const { port } = hub;
    const entered = { username: 'carol', password: PASSWORD };
    const { headers } = await sendFrom(hub, '/account/login/', entered).expect(303);
    const given = headers['set-cookie'] as unknown as readonly string[];
    const cookies = given.map((line) => line.split(';', 1)[0]).join('; ');
    for (let at = 0; at < 5; at += 1) {
      const fields = { act: 'run', line: guess(port) };
      await sendFrom(hub, LESSON, fields, cookies).expect(303);
    }
    const again = { username: 'admin', password: PASSWORD };
    await sendFrom(hub, '/account/login/', again).expect(429);
    await send(hub, 'GET /v1/users/', { auth: basic('admin') }).expect(200);
    const { body } = await send(hub, 'GET /_hub/requests').expect(200);
    const records = (Array.isArray(body) ? body : body.requests) as {
      readonly address: string;
      readonly operation: string | null;
      readonly status: number;
    }[];
    const refused = records.filter(({ status }) => status === 401 || status === 429);
    assert.ok(refused.length >= 5);
    assert.deepEqual([...new Set(refused.map(({ address }) => address))], [READER]);
  });
}
