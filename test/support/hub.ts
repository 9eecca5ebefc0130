/*
 * A hub for one test file, the people who use it, and the pushes they make. Every request that goes
 * through here is held against openapi.yaml.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type supertest from 'supertest';
import { type Hub, type HubOptions, startHub } from '../../src/index.js';
import { packTar } from '../../src/old-docker/images/tar.js';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import { type CheckedAgent, checkedAgent } from './checked-agent.js';

/** The password of everybody in the tests. */
export const PASSWORD = 'sesame';

/** Somebody whom a hub knows before it starts. */
export interface Person {
  readonly username: string;
  readonly admin?: boolean;
  readonly active?: boolean;
}

export interface TestHubOptions extends HubOptions {
  /** Accounts to make before the start; `admin` is there anyway. */
  readonly people?: readonly (string | Person)[];
  /** True: a data directory on the disk (`hub.folder`), which goes when the hub is closed. */
  readonly onDisk?: boolean;
}

/** A running hub on a free port. */
export interface TestHub {
  readonly url: string;
  readonly port: number;
  /** Fails whatever is not in openapi.yaml. */
  readonly agent: CheckedAgent;
  /** The data directory; only of a hub that was started with `onDisk`, or with inactive people. */
  readonly folder: string;
  /** Stops the hub, lets `change` work on its storage, and starts it anew on the same directory. */
  restart(change?: (open: OpenHub) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** One that runs in this process. */
export interface OwnHub extends TestHub {
  /** The accounts, without HTTP. */
  readonly users: Hub['users'];
}

/** Starts a hub with the admin account `admin` and cheap passwords. */
export async function startTestHub(options: TestHubOptions = {}): Promise<OwnHub> {
  const { people = [], onDisk = false, ...given } = options;
  const folder =
    onDisk || people.length > 0 ? await mkdtemp(join(tmpdir(), 'hub-v1-test-')) : undefined;
  const settings: HubOptions = {
    bcryptRounds: 4,
    admin: { username: 'admin', password: PASSWORD },
    ...(folder === undefined ? { ephemeral: true } : { data: folder }),
    ...given,
  };
  if (people.length > 0) await whileStopped(settings, (open) => addPeople(open, people));
  let hub = await startHub(settings);
  return {
    get url() {
      return hub.url;
    },
    get port() {
      return hub.port;
    },
    get agent() {
      return checkedAgent(hub.url);
    },
    get users() {
      return hub.users;
    },
    get folder() {
      if (folder === undefined) throw new Error('This hub was not started with `onDisk`');
      return folder;
    },
    restart: async (change) => {
      await hub.close();
      if (change !== undefined) await whileStopped(settings, change);
      hub = await startHub(settings);
    },
    close: async () => {
      await hub.close();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function whileStopped(
  settings: HubOptions,
  work: (open: OpenHub) => Promise<void>,
): Promise<void> {
  const open = await openHub(settings);
  try {
    await work(open);
  } finally {
    await open.close();
  }
}

async function addPeople(
  { domain: { accounts } }: OpenHub,
  people: readonly (string | Person)[],
): Promise<void> {
  for (const each of people) {
    const { username, ...flags } = typeof each === 'string' ? { username: each } : each;
    await accounts.register({ username, password: PASSWORD, email: `${username}@example.com` });
    await accounts.setFlags(username, flags);
  }
}

/** Registers somebody over the wire; the address is made from the name unless it is given. */
export async function register(
  hub: TestHub,
  username: string,
  { password = PASSWORD, email = `${username}@example.com` } = {},
): Promise<void> {
  await send(hub, 'POST /v1/users/', { body: { username, password, email } }).expect(201);
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
}

/** One request, such as `send(hub, 'PUT /v1/users/jamtur01/', { auth, body: { password } })`. */
export function send(hub: TestHub, line: string, sent: Sent = {}): supertest.Test {
  const [method = '', path = ''] = line.split(' ');
  const asked = started(hub.agent, method, path);
  for (const [name, value] of Object.entries(sent.headers ?? {})) asked.set(name, value);
  if (sent.auth !== undefined) asked.set('Authorization', sent.auth);
  if (sent.body === undefined) return asked;
  if (Buffer.isBuffer(sent.body)) {
    return asked.set('Content-Type', 'application/octet-stream').send(sent.body);
  }
  if (asked.get('Content-Type') === undefined) asked.set('Content-Type', 'application/json');
  return asked.send(typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body));
}

function started(agent: CheckedAgent, method: string, path: string): supertest.Test {
  switch (method) {
    case 'GET':
      return agent.get(path);
    case 'HEAD':
      return agent.head(path);
    case 'PUT':
      return agent.put(path);
    case 'POST':
      return agent.post(path);
    case 'DELETE':
      return agent.delete(path);
    default:
      throw new Error(`No request has the method ${method}`);
  }
}

/** An image as a docker of 1.0 has it on its disk. */
export interface TestImage {
  readonly id: string;
  /** The bytes of PUT json. */
  readonly json: Buffer;
  /** The bytes of PUT layer: a gzipped tar. */
  readonly layer: Buffer;
  /** X-Docker-Checksum-Payload: the sum over json, newline and layer. */
  readonly payload: string;
}

/** The image of this seed: the same bytes every time, and another id for every other seed. */
export function makeImage(seed: string, parent?: TestImage): TestImage {
  const id = sha256(`image ${seed}`);
  const fields = parent === undefined ? { id } : { id, parent: parent.id };
  const json = Buffer.from(JSON.stringify({ ...fields, created: '2014-02-03T16:47:06Z' }));
  const content = Buffer.from(`${seed}\n`);
  const layer = gzipSync(
    packTar([
      { name: 'etc/', type: '5' },
      { name: 'etc/seed', content },
    ]),
  );
  const payload = `sha256:${sha256(Buffer.concat([json, Buffer.from('\n'), layer]))}`;
  return { id, json, layer, payload };
}

/** A chain of images on each other, the lowest first. */
export function makeChain(seed: string, length: number): TestImage[] {
  const images: TestImage[] = [];
  while (images.length < length) images.push(makeImage(`${seed} ${images.length}`, images.at(-1)));
  return images;
}

/** `PUT /v1/repositories/(name)/`; resolves to the Authorization header with the write token. */
export async function createRepository(
  hub: TestHub,
  auth: string,
  name: string,
  images: readonly { readonly id: string }[] = [],
): Promise<string> {
  const created = await send(hub, `PUT /v1/repositories/${name}/`, {
    auth,
    headers: { 'X-Docker-Token': 'true' },
    body: images.map(({ id }) => ({ id })),
  }).expect(200);
  return bearer(created);
}

/** The three requests that bring one image (clients.md, Push 3 to 5). */
export async function putImage(hub: TestHub, auth: string, image: TestImage): Promise<void> {
  const { id, json, layer, payload } = image;
  await send(hub, `PUT /v1/images/${id}/json`, { auth, body: json }).expect(200);
  await send(hub, `PUT /v1/images/${id}/layer`, { auth, body: layer }).expect(200);
  const headers = { 'X-Docker-Checksum-Payload': payload };
  await send(hub, `PUT /v1/images/${id}/checksum`, { auth, headers }).expect(200);
}

/**
 * A whole push of images, parents first, the last one under `tag`. `auth` is that of the account;
 * resolves to the Authorization header with the write token.
 */
export async function pushImage(
  hub: TestHub,
  auth: string,
  name: string,
  images: TestImage | readonly TestImage[],
  tag = 'latest',
): Promise<string> {
  const all = 'id' in images ? [images] : images;
  const token = await createRepository(hub, auth, name, all);
  for (const image of all) {
    // As docker does: what the registry has already is not sent (clients.md, Push 2).
    const known = await send(hub, `GET /v1/images/${image.id}/json`, { auth: token });
    if (known.status !== 200) await putImage(hub, token, image);
  }
  const top = all.at(-1);
  if (top !== undefined) {
    const body = JSON.stringify(top.id);
    await send(hub, `PUT /v1/repositories/${name}/tags/${tag}`, { auth: token, body }).expect(200);
  }
  await send(hub, `PUT /v1/repositories/${name}/images`, { auth, body: [] }).expect(204);
  return token;
}

/** A read token for a repository, as `docker pull` gets one; without `auth` nobody is logged in. */
export async function readToken(hub: TestHub, name: string, auth?: string): Promise<string> {
  const headers = { 'X-Docker-Token': 'true' };
  return bearer(
    await send(hub, `GET /v1/repositories/${name}/images`, { auth, headers }).expect(200),
  );
}

/** Every file below a folder with the time and the sum of its last write, in order of names. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const lines = files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mtimeNs } = await stat(path, { bigint: true });
    return `${relative(folder, path)} ${mtimeNs} ${sha256(await readFile(path))}`;
  });
  return (await Promise.all(lines)).sort();
}

/** The images that have files in a data directory. */
export async function storedImages(folder: string): Promise<string[]> {
  return (await readdir(join(folder, 'images'))).sort();
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
