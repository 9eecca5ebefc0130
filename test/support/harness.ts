/*
 * A hub as a test suite of somebody else has it, and what such a suite does to it over HTTP.
 */
import { type Hub, type HubOptions, startHub } from '../../src/index.js';
import { checkedAgent } from './checked-agent.js';
import { basic, makeImage, type TestHub } from './hub.js';

/** A hub with cheap passwords, gone when the test is over: `await using hub = await startWatched()`. */
export function startWatched(options: HubOptions = {}): Promise<Hub> {
  return startHub({ bcryptRounds: 4, ephemeral: true, ...options });
}

/** The same hub for the helpers that push and pull. */
export function clientOf(hub: Hub): TestHub {
  return {
    url: hub.url,
    port: hub.port,
    agent: checkedAgent(hub.url),
    get folder(): string {
      throw new Error('This hub keeps nothing');
    },
    restart: () => Promise.reject(new Error('This hub keeps nothing')),
    close: () => hub.close(),
  };
}

/** An answer, as far as a client can tell one from another. */
export interface Told {
  readonly line: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * One client's whole life: registers, logs in, pushes, pulls, searches, deletes. Everything the hub
 * said to it, in order.
 */
export async function liveThrough(url: string, username = 'jamtur01'): Promise<Told[]> {
  const told: Told[] = [];
  const image = makeImage('a life');
  const repository = `/v1/repositories/${username}/static_web`;
  const ask = async (
    line: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
  ) => {
    const [method = '', path = ''] = line.split(' ');
    const sent =
      body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) };
    const answer = await fetch(url + path, { method, headers, ...sent });
    const said = Object.fromEntries(answer.headers);
    told.push({ line, status: answer.status, headers: said, body: await answer.text() });
    return answer;
  };
  const account = { username, password: 'sesame', email: `${username}@example.com` };
  const login = { Authorization: basic(username, 'sesame') };
  const wantsToken = { ...login, 'X-Docker-Token': 'true' };

  await ask('POST /v1/users/', {}, JSON.stringify(account));
  await ask('GET /v1/users/', login);
  await ask('GET /v1/users/', { Authorization: basic(username, 'wrong') });
  const begun = await ask(`PUT ${repository}/`, wantsToken, JSON.stringify([{ id: image.id }]));
  const token = { Authorization: `Token ${begun.headers.get('X-Docker-Token')}` };
  const checksum = { ...token, 'X-Docker-Checksum-Payload': image.payload };
  await ask(`PUT /v1/images/${image.id}/json`, token, image.json);
  await ask(`PUT /v1/images/${image.id}/layer`, token, image.layer);
  await ask(`PUT /v1/images/${image.id}/checksum`, checksum);
  await ask(`PUT ${repository}/tags/latest`, token, JSON.stringify(image.id));
  await ask(`PUT ${repository}/images`, token, '[]');
  await ask(`GET ${repository}/images`, { 'X-Docker-Token': 'true' });
  await ask(`GET ${repository}/json`);
  await ask(`GET /v1/images/${image.id}/layer`);
  await ask('GET /v1/search?q=static');
  await ask(`DELETE ${repository}/`, wantsToken);
  return told;
}
