/* One client's whole life, to be compared with that of another. */
import { basic, PASSWORD, type Sent, send } from './client.js';
import { makeImage } from './images.js';

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
  const ask = async (line: string, sent: Sent = {}) => {
    const { status, headers, text } = await send({ url }, line, sent);
    told.push({ line, status, headers, body: text ?? '' });
    return headers;
  };
  const account = { username, password: PASSWORD, email: `${username}@example.com` };
  const auth = basic(username);
  const headers = { 'X-Docker-Token': 'true' };

  await ask('POST /v1/users/', { body: account });
  await ask('GET /v1/users/', { auth });
  await ask('GET /v1/users/', { auth: basic(username, 'wrong') });
  const begun = await ask(`PUT ${repository}/`, { auth, headers, body: [{ id: image.id }] });
  const token = `Token ${begun['x-docker-token']}`;
  const checksum = { 'X-Docker-Checksum-Payload': image.payload };
  await ask(`PUT /v1/images/${image.id}/json`, { auth: token, body: image.json });
  await ask(`PUT /v1/images/${image.id}/layer`, { auth: token, body: image.layer });
  await ask(`PUT /v1/images/${image.id}/checksum`, { auth: token, headers: checksum });
  await ask(`PUT ${repository}/tags/latest`, { auth: token, body: JSON.stringify(image.id) });
  await ask(`PUT ${repository}/images`, { auth: token, body: [] });
  await ask(`GET ${repository}/images`, { headers });
  await ask(`GET ${repository}/json`);
  await ask(`GET /v1/images/${image.id}/layer`);
  await ask('GET /v1/search?q=static');
  await ask(`DELETE ${repository}/`, { auth, headers });
  return told;
}
