/*
 * The one HTTP client of the tests. It holds each answer against openapi.yaml before the test's own
 * expectations see it. Where the bytes on the wire matter, see raw.ts and raw-client.ts.
 */
import type { Agent } from 'node:http';
import supertest from 'supertest';
import { checkAnswer } from './contract.js';

/** The password of everybody in the tests. */
export const PASSWORD = 'sesame';

/** Where requests go: any hub. */
export interface Address {
  readonly url: string;
}

/** The Authorization header of somebody with a password. */
export function basic(username: string, password: string = PASSWORD): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The Authorization header that docker makes from an answer with an X-Docker-Token. */
export function bearer(response: supertest.Response): string {
  return `Token ${tokenIn(response)}`;
}

/** The X-Docker-Token of an answer. */
export function tokenIn(response: supertest.Response): string {
  const token: unknown = response.headers['x-docker-token'];
  if (typeof token !== 'string') throw new Error('The answer has no X-Docker-Token');
  return token;
}

export interface Sent {
  /** The Authorization header; none: anonymous. */
  readonly auth?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string goes out as it is, as JSON unless the headers say otherwise; a Buffer as bytes. */
  readonly body?: unknown;
  /** For a connection that is kept, or that comes from another address. */
  readonly agent?: Agent;
  /** True: openapi.yaml does not have the answer, such as a fault that a test asked for. */
  readonly unchecked?: boolean;
}

/** One request, such as `send(hub, 'PUT /v1/users/jamtur01/', { auth, body: { password } })`. */
export function send(hub: Address, line: string, sent: Sent = {}): supertest.Test {
  const [method = '', path = ''] = line.split(' ');
  const asked = started(hub.url, method, path);
  if (sent.unchecked !== true) asked.expect(meetsContract);
  for (const [name, value] of Object.entries(sent.headers ?? {})) asked.set(name, value);
  if (sent.agent !== undefined) asked.agent(sent.agent);
  if (sent.auth !== undefined) asked.set('Authorization', sent.auth);
  if (sent.body === undefined) return asked;
  if (Buffer.isBuffer(sent.body)) {
    if (asked.get('Content-Type') === undefined) {
      asked.set('Content-Type', 'application/octet-stream');
    }
    // Else bytes whose type is of JSON would be written as JSON once more.
    return asked.serialize((bytes: string) => bytes).send(sent.body);
  }
  if (asked.get('Content-Type') === undefined) asked.set('Content-Type', 'application/json');
  return asked.send(typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body));
}

/** Has the body kept as a Buffer in `response.body`, as for a layer. */
export function asBytes(test: supertest.Test): supertest.Test {
  return test.buffer(true).parse((response, done) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => done(null, Buffer.concat(chunks)));
  });
}

function started(url: string, method: string, path: string): supertest.Test {
  const agent = supertest(url);
  switch (method) {
    case 'GET':
      return agent.get(path);
    case 'HEAD':
      return agent.head(path);
    case 'PUT':
      return agent.put(path);
    case 'POST':
      return agent.post(path);
    case 'PATCH':
      return agent.patch(path);
    case 'DELETE':
      return agent.delete(path);
    case 'OPTIONS':
      return agent.options(path);
    default:
      throw new Error(`No request has the method ${method}`);
  }
}

function meetsContract(response: supertest.Response): void {
  const { req, method, url } = response.request;
  checkAnswer({
    method,
    // What really went out: superagent resolves ".." and encodes on the way.
    path: 'path' in req && typeof req.path === 'string' ? req.path : new URL(url).pathname,
    status: response.status,
    headers: response.headers,
    body: Buffer.isBuffer(response.body) ? response.body : response.text,
  });
}
