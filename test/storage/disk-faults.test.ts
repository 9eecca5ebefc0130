/*
 * A disk that fails at each single step of a push in turn: once, and from then on until somebody mends
 * it. Nothing that was there before may suffer, and everything goes on afterwards.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, type Client, type Reply, type Sent, tokenOf } from '../../bench/torture/client.js';
import { layerOf, makeImage, type TortureImage } from '../../bench/torture/images.js';
import {
  assertIsTidy,
  DISK_FAILURES,
  type DiskFailure,
  type FailingHub,
  failAtEachStep,
  killAndStart,
} from '../support/disk-failures.js';

const PASSWORD = 'sesame';
/** The account that was there before. */
const OLD = 'jamtur01';
const oldAuth = basic(OLD, PASSWORD);
const OLD_IMAGE = makeImage('old', 3000);

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

function assertSaysWhy({ step, reply }: { step: Step; reply: Reply }, failure: DiskFailure): void {
  const said = JSON.parse(reply.body.toString()) as unknown;
  const isRegistry = /^\S+ \/v1\/images\/|\/tags\//.test(step.line);
  assert.equal(reply.status, failure.status, `${step.line}: ${reply.body}`);
  assert.deepEqual(said, isRegistry ? { error: failure.sentence } : failure.sentence);
  assert.equal(reply.headers['content-type'], 'application/json');
}

async function bringOld(client: Client): Promise<void> {
  const account = { username: OLD, password: PASSWORD, email: 'james@example.com' };
  await client.expect(201, 'POST /v1/users/', { body: account });
  await pushOld(client, `/v1/repositories/${OLD}/kept`, OLD_IMAGE);
}

/** The push of somebody new on a disk that fails at a step of it; false when it goes through before that. */
async function failsAt(
  step: number,
  { client, disk, data, copy }: FailingHub,
  failure: DiskFailure,
): Promise<boolean> {
  const newcomer = new Newcomer(step);
  await pushOld(client, newcomer.doomed, newcomer.doomedImage);
  disk.failAt(step, failure);
  const refused = await take(client, newcomer.steps());
  if (disk.steps < step) return false;
  if (refused !== undefined) assertSaysWhy(refused, failure);
  await assertOldIsIntact(client);
  if (!disk.mayHaveFailedToRemove) assertIsTidy(data);
  await killAndStart(data, copy, assertOldIsIntact);
  disk.mend();
  assertAllWasTaken(await take(client, newcomer.steps()));
  await assertAllIsDone(client, newcomer);
  await killAndStart(data, copy, (restarted) => assertAllIsDone(restarted, newcomer));
  // Else the copies would grow from step to step.
  for (const status of [202, 200]) {
    await client.expect(status, `DELETE ${newcomer.repository}/`, { auth: newcomer.auth });
  }
  return true;
}

describe('a disk that fails at one step of a push', { concurrency: 2 }, () => {
  for (const failure of DISK_FAILURES) {
    it(`${failure.name}: said to the client, harmless, and over when it is over`, async () => {
      const steps = await failAtEachStep({
        prepare: bringOld,
        failsAt: (step, hub) => failsAt(step, hub, failure),
      });
      assert.ok(steps > 60, `a push has ${steps} steps`);
    });
  }
});
