/*
 * A disk that fails at each single step of a push in turn: once, and from then on until somebody mends
 * it. Nothing that was there before may suffer, and everything goes on afterwards.
 */

import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { basic, Client, type Reply, type Sent, tokenOf } from '../../bench/torture/client.js';
import { FolderVerifier } from '../../bench/torture/folder.js';
import { layerOf, makeImage, type TortureImage } from '../../bench/torture/images.js';
import { checkDirectory } from '../../src/domain/check/check.js';
import type { DiskStep } from '../../src/storage/files/disk.js';
import { DataDirectory } from '../../src/storage/folder/data-directory.js';
import { startPlainHub } from '../support/hub.js';

/** Thousands of fsyncs whose failures are made up need no real disk, where memory can be had. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const PASSWORD = 'sesame';
/** The account that was there before. */
const OLD = 'jamtur01';
const oldAuth = basic(OLD, PASSWORD);
const OLD_IMAGE = makeImage('old', 3000);

/** How a disk fails: what it says, how often, and what the client is told. */
interface Failure {
  readonly name: string;
  readonly code: 'EIO' | 'ENOSPC';
  readonly lasts: 'once' | 'until mended';
  readonly status: number;
  readonly sentence: string;
}

const FAILURES: readonly Failure[] = [
  {
    name: 'a step fails once',
    code: 'EIO',
    lasts: 'once',
    status: 500,
    sentence: 'The hub could not do this, its log says why',
  },
  {
    name: 'the disk is full from one step on',
    code: 'ENOSPC',
    lasts: 'until mended',
    status: 507,
    sentence: 'The disk is full',
  },
];

/** The disk under a hub. */
class Disk {
  #left = Number.POSITIVE_INFINITY;
  #failure: Failure | undefined;
  steps = 0;
  /** Whether it may have failed to remove something: then that lies about until the next start. */
  mayHaveFailedToRemove = false;

  /** The step of this number is the first to fail. */
  failAt(step: number, failure: Failure): void {
    this.#left = step;
    this.#failure = failure;
    this.steps = 0;
    this.mayHaveFailedToRemove = false;
  }

  mend(): void {
    this.#failure = undefined;
  }

  readonly onStep = (step: DiskStep, path: string): void => {
    this.steps += 1;
    this.#left -= 1;
    // A removal stands in the log first, which has room for it as soon as it is there.
    const isRemoval = step === 'remove' || (path.endsWith('.log') && step !== 'open');
    if (!this.#fails(isRemoval)) return;
    this.mayHaveFailedToRemove ||= isRemoval;
    const code = this.#failure?.code;
    throw Object.assign(new Error(`${code}: injected at ${step}`), { code });
  };

  #fails(isRemoval: boolean): boolean {
    if (this.#failure === undefined || this.#left > 0) return false;
    // To remove something takes no more room.
    return this.#failure.lasts === 'once' ? this.#left === 0 : !isRemoval;
  }
}

/** One request of a push and what answers mean that it is done, or was before. */
interface Step {
  readonly line: string;
  readonly sent: (token: string) => Sent;
  readonly done: readonly number[];
}

/** Somebody new, with what is pushed. */
class Newcomer {
  readonly name: string;
  readonly auth: string;
  readonly repository: string;
  readonly image: TortureImage;
  /** A repository of somebody else, to be deleted, and its image. */
  readonly doomed: string;
  readonly doomedImage: TortureImage;

  constructor(number: number) {
    this.name = `user${number}`;
    this.auth = basic(this.name, PASSWORD);
    this.repository = `/v1/repositories/${this.name}/app`;
    this.image = makeImage(`new ${number}`, 70_000);
    this.doomed = `/v1/repositories/${OLD}/doomed${number}`;
    this.doomedImage = makeImage(`doomed ${number}`, 50);
  }

  /** Register, create, json, layer, checksum, tag, images, and deletions. */
  steps(): Step[] {
    const { name, auth, repository, image } = this;
    const account = { username: name, password: PASSWORD, email: `${name}@example.com` };
    const tag: Step = {
      line: `PUT ${repository}/tags/latest`,
      sent: (token) => ({ auth: token, body: image.id }),
      done: [200],
    };
    const untag: Step = {
      line: `DELETE ${repository}/tags/latest`,
      sent: () => ({ auth }),
      done: [200, 404],
    };
    const deletion: Step = {
      line: `DELETE ${this.doomed}/`,
      sent: () => ({ auth: oldAuth }),
      done: [202, 200, 404],
    };
    return [
      // An account that is answered 400 is there already, and goes on with a login.
      { line: 'POST /v1/users/', sent: () => ({ body: account }), done: [201, 400] },
      { line: 'GET /v1/users/', sent: () => ({ auth }), done: [200] },
      create(repository, auth, [image]),
      ...bring(image),
      tag,
      { line: `PUT ${repository}/images`, sent: () => ({ auth, body: [] }), done: [204] },
      untag,
      tag,
      deletion,
      deletion,
    ];
  }
}

function create(path: string, auth: string, images: readonly TortureImage[]): Step {
  const headers = { 'X-Docker-Token': 'true' };
  const body = images.map(({ id }) => ({ id }));
  return { line: `PUT ${path}/`, sent: () => ({ auth, headers, body }), done: [200] };
}

/** An image that is there already is not sent again: that is docker's business, and 409 (Push 3). */
function bring(image: TortureImage): Step[] {
  const { id, json, payload } = image;
  const headers = { 'X-Docker-Checksum-Payload': payload };
  const step = (method: string, sent: Sent): Step => ({
    line: `PUT /v1/images/${id}/${method}`,
    sent: (token) => ({ auth: token, ...sent }),
    done: [200, 409],
  });
  return [
    step('json', { body: json }),
    step('layer', { body: layerOf(image), pieces: 4 }),
    step('checksum', { headers, body: Buffer.alloc(0) }),
  ];
}

/** Takes the steps until one is refused; undefined when none is. */
async function take(
  client: Client,
  steps: readonly Step[],
): Promise<{ step: Step; reply: Reply } | undefined> {
  let token = '';
  for (const step of steps) {
    const reply = await client.send(step.line, step.sent(token));
    if (reply.headers['x-docker-token'] !== undefined) token = tokenOf(reply);
    if (!step.done.includes(reply.status)) return { step, reply };
  }
  return undefined;
}

function assertAllWasTaken(refused: { step: Step; reply: Reply } | undefined): void {
  if (refused === undefined) return;
  assert.fail(`${refused.step.line}: ${refused.reply.status} ${refused.reply.body}`);
}

async function pushOld(client: Client, path: string, image: TortureImage): Promise<void> {
  const tag: Step = {
    line: `PUT ${path}/tags/latest`,
    sent: (token) => ({ auth: token, body: image.id }),
    done: [200],
  };
  const steps = [create(path, oldAuth, [image]), ...bring(image), tag];
  assertAllWasTaken(await take(client, steps));
}

async function assertIsThere(client: Client, path: string, image: TortureImage): Promise<void> {
  const tag = await client.expect(200, `GET ${path}/tags/latest`);
  assert.equal(tag.body.toString(), `"${image.id}"`);
  const layer = await client.expect(200, `GET /v1/images/${image.id}/layer`);
  assert.ok(layer.body.equals(layerOf(image)));
}

async function assertOldIsIntact(client: Client): Promise<void> {
  await assertIsThere(client, `/v1/repositories/${OLD}/kept`, OLD_IMAGE);
}

async function assertAllIsDone(client: Client, newcomer: Newcomer): Promise<void> {
  await assertOldIsIntact(client);
  await assertIsThere(client, newcomer.repository, newcomer.image);
  await client.expect(404, `GET ${newcomer.doomed}/images`);
  await client.expect(404, `GET /v1/images/${newcomer.doomedImage.id}/json`);
}

function assertSaysWhy({ step, reply }: { step: Step; reply: Reply }, failure: Failure): void {
  const said = JSON.parse(reply.body.toString()) as unknown;
  const isRegistry = /^\S+ \/v1\/images\/|\/tags\//.test(step.line);
  assert.equal(reply.status, failure.status, `${step.line}: ${reply.body}`);
  assert.deepEqual(said, isRegistry ? { error: failure.sentence } : failure.sentence);
  assert.equal(reply.headers['content-type'], 'application/json');
}

/** Nothing lies there that should not, and nothing is missing. */
function assertIsTidy(folder: string): void {
  const complaints: string[] = [];
  new FolderVerifier(folder, (complaint) => complaints.push(complaint)).verify();
  assert.deepEqual(complaints, []);
}

async function assertPassesCheck(folder: string): Promise<void> {
  const directory = await DataDirectory.open(folder);
  const found: unknown[] = [];
  const listener = { counted: () => {}, read: () => {}, found: (one: unknown) => found.push(one) };
  await checkDirectory(directory, false, listener);
  await directory.close();
  assert.deepEqual(found, []);
}

/** A hub on a disk that is made to fail, step by step. */
class Trial {
  readonly #folder: string;
  readonly #failure: Failure;
  readonly #disk = new Disk();

  constructor(folder: string, failure: Failure) {
    this.#folder = folder;
    this.#failure = failure;
  }

  /** How many steps there were to fail at. */
  async run(): Promise<number> {
    const data = join(this.#folder, 'data');
    const hub = await startPlainHub({ data, onDiskStep: this.#disk.onStep });
    const client = new Client(hub.port);
    try {
      const account = { username: OLD, password: PASSWORD, email: 'james@example.com' };
      await client.expect(201, 'POST /v1/users/', { body: account });
      await pushOld(client, `/v1/repositories/${OLD}/kept`, OLD_IMAGE);
      let step = 1;
      while (await this.#failsAt(step, client, data)) step += 1;
      return step - 1;
    } finally {
      client.close();
      await hub.close();
    }
  }

  /** False when the push goes through before it comes to that step. */
  async #failsAt(step: number, client: Client, data: string): Promise<boolean> {
    const newcomer = new Newcomer(step);
    await pushOld(client, newcomer.doomed, newcomer.doomedImage);
    this.#disk.failAt(step, this.#failure);
    try {
      const refused = await take(client, newcomer.steps());
      if (this.#disk.steps < step) return false;
      if (refused !== undefined) assertSaysWhy(refused, this.#failure);
      await assertOldIsIntact(client);
      if (!this.#disk.mayHaveFailedToRemove) assertIsTidy(data);
      await this.#killAndStart(data, assertOldIsIntact);
      this.#disk.mend();
      assertAllWasTaken(await take(client, newcomer.steps()));
      await assertAllIsDone(client, newcomer);
      await this.#killAndStart(data, (restarted) => assertAllIsDone(restarted, newcomer));
      // Else the copies would grow from step to step.
      for (const status of [202, 200]) {
        await client.expect(status, `DELETE ${newcomer.repository}/`, { auth: newcomer.auth });
      }
      return true;
    } catch (error) {
      throw new Error(`step ${step}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** What a start finds after a kill at this moment; on a copy, since the first hub is to go on. */
  async #killAndStart(data: string, look: (client: Client) => Promise<void>): Promise<void> {
    const copy = join(this.#folder, 'copy');
    // At once: a thread for each of its files would take longer.
    cpSync(data, copy, { recursive: true, filter: (path) => !path.includes('hub.lock') });
    const hub = await startPlainHub({ data: copy });
    const client = new Client(hub.port);
    try {
      await look(client);
      assertIsTidy(copy);
    } finally {
      client.close();
      await hub.close();
    }
    await assertPassesCheck(copy);
    rmSync(copy, { recursive: true });
  }
}

describe('a disk that fails at one step of a push', { concurrency: 2 }, () => {
  for (const failure of FAILURES) {
    it(`${failure.name}: said to the client, harmless, and over when it is over`, async () => {
      const folder = await mkdtemp(join(PLACE, 'hub-v1-faults-'));
      try {
        const steps = await new Trial(folder, failure).run();
        assert.ok(steps > 60, `a push has ${steps} steps`);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }
});
