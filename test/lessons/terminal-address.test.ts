/**
 * From where the requests of a lesson's terminal come: from the reader, so that who guesses passwords there is slowed,
 * and nobody else.
 */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { it } from 'node:test';
import { basic, PASSWORD, send } from '../support/client.js';
import { startTestHub } from '../support/hub.js';

const LESSON = '/sandbox/lessons/login/';
/** Another address of this machine. */
const READER = '127.0.0.9';

interface Answer {
  readonly status: number;
  readonly cookies: string;
}

/** Sends a form from READER. */
function sendFrom(port: number, path: string, fields: Record<string, string>, cookies = '') {
  return new Promise<Answer>((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, method: 'POST', localAddress: READER, agent: false },
      (answer) => {
        answer.resume();
        answer.once('end', () => {
          const given = answer.headers['set-cookie'] ?? [];
          const pairs = given.map((line) => line.split(';', 1)[0] ?? '');
          resolve({ status: answer.statusCode ?? 0, cookies: pairs.join('; ') });
        });
      },
    );
    sent.once('error', reject);
    sent.setHeader('Content-Type', 'application/x-www-form-urlencoded');
    if (cookies !== '') sent.setHeader('Cookie', cookies);
    sent.end(new URLSearchParams(fields).toString());
  });
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
    const { cookies } = await sendFrom(port, '/account/login/', entered);
    for (let at = 0; at < 5; at += 1) {
      const fields = { act: 'run', line: guess(port) };
      assert.equal((await sendFrom(port, LESSON, fields, cookies)).status, 303);
    }
    const again = { username: 'admin', password: PASSWORD };
    assert.equal((await sendFrom(port, '/account/login/', again)).status, 429);
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
