/*
 * A power cut at every single step of what people do to a hub. It takes away all that was not forced to
 * the disk, which no killed process shows. What was answered must be there afterwards, whole.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs, { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { isDeepStrictEqual, promisify } from 'node:util';
import { compareSync } from 'bcryptjs';
import { basic, Client, type Reply, type Sent, tokenOf } from '../../bench/torture/client.js';
import { FolderVerifier } from '../../bench/torture/folder.js';
import { layerOf, makeImage, type TortureImage } from '../../bench/torture/images.js';
import type { Finding } from '../../src/domain/check/findings.js';
import type { HubOptions } from '../../src/index.js';
import type { OpenHub } from '../../src/open-hub.js';
import type { RepositoryDocument, UserDocument } from '../../src/storage/documents/documents.js';
import type { DiskStep } from '../../src/storage/files/disk.js';
import {
  everythingDurable,
  materialise,
  PowerCutDisk,
  pretendBoots,
  type Remains,
  type Standing,
  sumOf,
  watchFsync,
} from '../support/power-cut.js';

// The folders of images are those that nobody waits for at once.
watchFsync((path) => (/\/images(?:\/[0-9a-f]+)?$/.test(path) ? 2 : 0));
const boot = pretendBoots();
// Only now: the hub's modules take hold of these functions when they are loaded.
const { startHub } = await import('../../src/hub.js');
const { openHub } = await import('../../src/open-hub.js');
const { DataDirectory } = await import('../../src/storage/folder/data-directory.js');
const { checkDirectory } = await import('../../src/domain/check/check.js');

/** What is durable is for the model to say, so the folders may be in memory, where that can be had. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Without the harness, as on the command line. */
const OPTIONS: HubOptions = { bcryptRounds: 4, harness: false };
/** The boot of the system under which everything goes well, or a process is killed. */
const FIRST_BOOT = 'the first';
/** One of so many remains is pushed to: to log in takes a while each time. */
const SAMPLE = 15;
/** In the start after one of so many cuts, at one of so many of its steps, the power goes once more. */
const SAMPLE_OF_CUTS = 8;
const SAMPLE_OF_STEPS = 25;

const OWNER = 'jamtur01';
const PASSWORDS = ['sesame', 'open sesame'] as const;
const [FIRST, SECOND] = PASSWORDS.map((password) => basic(OWNER, password)) as [string, string];

const BASE = makeImage('base', 70_000);
const TOP = makeImage('top', 3000, BASE);
const DOOMED = makeImage('doomed', 500, BASE);
const TITLES = new Map([
  [BASE.id, 'base'],
  [TOP.id, 'top'],
  [DOOMED.id, 'doomed'],
]);

/** What can be seen of a hub, each fact under its name. */
type Facts = Readonly<Record<string, unknown>>;

/** Who asks, and with which token. */
interface Session {
  readonly auth: string;
  readonly token: string;
}

/** One request, and what its answer promises. */
interface Act {
  readonly line: string;
  readonly sent: (session: Session) => Sent;
  readonly status: number;
  /** What else it may be answered when it was done before, or half. */
  readonly again?: readonly number[];
  readonly promises: Facts;
}

const NOTHING_OF = (name: string): Facts => ({
  [`${name}: list`]: 'none',
  [`${name}: holds`]: 'none',
  [`${name}: tags`]: 'none',
  [`${name}: properties`]: 'none',
});

const NOTHING: Facts = {
  login: 'none',
  ...NOTHING_OF('app'),
  ...NOTHING_OF('doomed'),
  'image base': 'none',
  'image top': 'none',
  'image doomed': 'none',
};

const APP = `/v1/repositories/${OWNER}/app`;
const DOOMED_PATH = `/v1/repositories/${OWNER}/doomed`;

function register(): Act {
  const account = { username: OWNER, password: PASSWORDS[0], email: 'james@example.com' };
  return {
    line: 'POST /v1/users/',
    sent: () => ({ body: account }),
    status: 201,
    again: [400],
    promises: { login: PASSWORDS[0] },
  };
}

function create(name: string, images: readonly TortureImage[], held: readonly string[]): Act {
  const body = images.map(({ id }) => ({ id }));
  return {
    line: `PUT /v1/repositories/${OWNER}/${name}/`,
    sent: ({ auth }) => ({ auth, headers: { 'X-Docker-Token': 'true' }, body }),
    status: 200,
    promises: {
      [`${name}: list`]: images.map(titleOf),
      [`${name}: holds`]: held,
      [`${name}: tags`]: {},
      [`${name}: properties`]: ['public', ''],
    },
  };
}

/** Its json, layer and checksum; then the repository holds these. */
function bring(image: TortureImage, name: string, holds: readonly string[]): Act[] {
  const { id, json, payload } = image;
  const step = (what: string, sent: Sent, promises: Facts): Act => ({
    line: `PUT /v1/images/${id}/${what}`,
    sent: ({ token }) => ({ auth: token, ...sent }),
    status: 200,
    again: [409],
    promises,
  });
  const fact = `image ${titleOf(image)}`;
  const headers = { 'X-Docker-Checksum-Payload': payload };
  const whole = { [fact]: 'whole', [`${name}: holds`]: holds };
  return [
    step('json', { body: json }, { [fact]: 'json' }),
    step('layer', { body: layerOf(image) }, { [fact]: 'layer' }),
    step('checksum', { headers, body: Buffer.alloc(0) }, whole),
  ];
}

function tag(name: string, tag: string, image: TortureImage, tags: Facts): Act {
  return {
    line: `PUT /v1/repositories/${OWNER}/${name}/tags/${tag}`,
    sent: ({ auth }) => ({ auth, body: image.id }),
    status: 200,
    promises: { [`${name}: tags`]: tags },
  };
}

function endPush(name: string, images: readonly TortureImage[]): Act {
  const body = images.map(({ id, payload }) => ({ id, checksum: payload }));
  return {
    line: `PUT /v1/repositories/${OWNER}/${name}/images`,
    sent: ({ auth }) => ({ auth, body }),
    status: 204,
    promises: { [`${name}: list`]: images.map((image) => `${titleOf(image)} ${image.payload}`) },
  };
}

const PUSH: readonly Act[] = [
  create('app', [BASE, TOP], []),
  ...bring(BASE, 'app', ['base']),
  ...bring(TOP, 'app', ['base', 'top']),
  tag('app', 'latest', TOP, { latest: 'top' }),
  tag('app', 'v1', TOP, { latest: 'top', v1: 'top' }),
  endPush('app', [BASE, TOP]),
];

const ACTS: readonly Act[] = [
  register(),
  ...PUSH,
  // The first image is there already, and must not go with this repository.
  create('doomed', [BASE, DOOMED], ['base']),
  ...bring(DOOMED, 'doomed', ['base', 'doomed']),
  tag('doomed', 'latest', DOOMED, { latest: 'doomed' }),
  endPush('doomed', [BASE, DOOMED]),
  {
    line: `PUT /v1/users/${OWNER}/`,
    sent: () => ({ auth: FIRST, body: { password: PASSWORDS[1] } }),
    status: 204,
    again: [401],
    promises: { login: PASSWORDS[1] },
  },
  {
    line: `PUT ${APP}/properties`,
    sent: () => ({ auth: SECOND, body: { access: 'private', description: 'Ours' } }),
    status: 200,
    promises: { 'app: properties': ['private', 'Ours'] },
  },
  tag('app', 'latest', BASE, { latest: 'base', v1: 'top' }),
  {
    line: `DELETE ${DOOMED_PATH}/`,
    sent: ({ auth }) => ({ auth }),
    status: 202,
    again: [200],
    promises: NOTHING_OF('doomed'),
  },
  {
    line: `DELETE ${DOOMED_PATH}/`,
    sent: ({ auth }) => ({ auth }),
    status: 200,
    again: [404],
    promises: { 'image doomed': 'none' },
  },
  {
    line: `DELETE ${APP}/tags/v1`,
    sent: ({ auth }) => ({ auth }),
    status: 200,
    again: [404],
    promises: { 'app: tags': { latest: 'base' } },
  },
];

/** What is promised after each number of acts. */
const PROMISED: readonly Facts[] = ACTS.map((_, answered) => promisedAfter(answered)).concat(
  promisedAfter(ACTS.length),
);

function promisedAfter(answered: number): Facts {
  return Object.assign({}, NOTHING, ...ACTS.slice(0, answered).map(({ promises }) => promises));
}

function titleOf({ id }: { readonly id: string }): string {
  return TITLES.get(id) ?? id;
}

/** The session after an answer: with the newest token, and the password that is good from then on. */
function sessionAfter(session: Session, { promises }: Act, reply: Reply): Session {
  const token = reply.headers['x-docker-token'] === undefined ? session.token : tokenOf(reply);
  return { auth: promises.login === PASSWORDS[1] ? SECOND : session.auth, token };
}

/** A moment of the scenario at which the power may go. */
interface Moment {
  readonly where: string;
  /** How many acts were answered. */
  readonly answered: number;
  /** Whether the next one is under way. */
  readonly underWay: boolean;
}

/** What a cut leaves, and all moments at which it leaves just that. */
interface Cut {
  readonly remains: Remains;
  readonly moments: Moment[];
}

/** A process that is killed in the middle of an act, and the disk that it leaves to the next. */
interface Kill {
  readonly moment: Moment;
  readonly session: Session;
  readonly standing: Standing;
}

/** The acts, once from the first to the last, and what power cuts and kills would have left. */
class Scenario {
  readonly #disk: PowerCutDisk;
  readonly #data: string;
  readonly cuts = new Map<string, Cut>();
  readonly kills: Kill[] = [];
  #answered = 0;
  #underWay = false;
  #line = 'the first start';
  #session: Session = { auth: FIRST, token: '' };
  steps = 0;

  constructor(folder: string) {
    const onFsync = (): void => this.#note(this.#moment('before an fsync'));
    this.#disk = new PowerCutDisk(folder, { onFsync });
    this.#data = join(folder, 'data');
  }

  async run(): Promise<void> {
    const onDiskStep = (step: DiskStep, path: string): void => this.#comeTo(step, path);
    await withHub({ ...OPTIONS, data: this.#data, onDiskStep }, async (client) => {
      for (const act of ACTS) await this.#take(act, client);
    });
    this.#note(this.#moment('at the end'));
    this.#disk.close();
  }

  /** One at a time, so that it is known what has been answered. */
  async #take(act: Act, client: Client): Promise<void> {
    this.#line = act.line;
    this.#underWay = true;
    const reply = await client.expect(act.status, act.line, act.sent(this.#session));
    this.#underWay = false;
    this.#answered += 1;
    this.#session = sessionAfter(this.#session, act, reply);
    this.#note(this.#moment('when it was answered'));
  }

  #comeTo(step: DiskStep, path: string): void {
    this.steps += 1;
    const moment = this.#moment(`before ${step} ${relative(this.#data, path)}`);
    this.#note(moment);
    // Then there is something that the next process finds and that is not durable.
    if (step === 'fsync' || step === 'fsync-folder') this.#kill(moment);
  }

  #moment(when: string): Moment {
    const where = `${this.#line}, ${when}`;
    return { where, answered: this.#answered, underWay: this.#underWay };
  }

  #note(moment: Moment): void {
    for (const remains of this.#disk.cuts()) {
      const sum = sumOf(remains);
      const cut = this.cuts.get(sum) ?? { remains, moments: [] };
      cut.moments.push(moment);
      this.cuts.set(sum, cut);
    }
  }

  #kill(moment: Moment): void {
    this.kills.push({ moment, session: this.#session, standing: this.#disk.standing() });
  }
}

async function factsOf(open: OpenHub): Promise<Facts> {
  const { accounts, repositories } = open.domain;
  const facts: Record<string, unknown> = { login: passwordOf(accounts.find(OWNER)) };
  for (const name of ['app', 'doomed']) {
    const found = repositories.list().find((each) => each.name === name);
    Object.assign(facts, found === undefined ? NOTHING_OF(name) : factsOfRepository(found));
  }
  for (const image of [BASE, TOP, DOOMED]) {
    facts[`image ${titleOf(image)}`] = await stageOf(open, image);
  }
  return facts;
}

/** The passwords behind hashes: each is looked for once, since that is made to take its time. */
const passwords = new Map<string, string>();

function passwordOf(account: UserDocument | undefined): string {
  if (account === undefined) return 'none';
  const { passwordHash: hash } = account;
  const known = passwords.get(hash);
  if (known !== undefined) return known;
  const password = PASSWORDS.find((each) => compareSync(each, hash)) ?? 'unknown';
  passwords.set(hash, password);
  return password;
}

function factsOfRepository(repository: RepositoryDocument): Facts {
  const { name, images, holds, tags, access, description } = repository;
  const tagged = Object.entries(tags).map(([tag, { image }]) => [tag, titleOf({ id: image })]);
  return {
    [`${name}: list`]: images.map(({ id, checksum }) =>
      checksum ? `${titleOf({ id })} ${checksum}` : titleOf({ id }),
    ),
    [`${name}: holds`]: holds.map((id) => titleOf({ id })).sort(),
    [`${name}: tags`]: Object.fromEntries(tagged),
    [`${name}: properties`]: [access, description],
  };
}

/** How far the push of an image has come; `torn` if its bytes are not what was pushed. */
async function stageOf({ domain, storage }: OpenHub, image: TortureImage): Promise<string> {
  const { library } = domain;
  const found = library.list().find(({ id }) => id === image.id);
  if (found !== undefined) {
    const json = await library.readJson(found);
    const layer = await buffer(await library.openLayer(found));
    return json.equals(image.json) && layer.equals(layerOf(image)) ? 'whole' : 'torn';
  }
  const upload = [...storage.uploads.values()].find(({ id }) => id === image.id);
  if (upload === undefined) return 'none';
  return upload.layer === undefined ? 'json' : 'layer';
}

/** Every fact is as promised, or as the act under way will have it, which may be done by half. */
function assertKept(facts: Facts, { answered, underWay }: Moment): void {
  const allowed = PROMISED.slice(answered, answered + (underWay ? 2 : 1));
  for (const [name, fact] of Object.entries(facts)) {
    if (allowed.some((promised) => isDeepStrictEqual(promised[name], fact))) continue;
    const expected = new Set(allowed.map((promised) => JSON.stringify(promised[name])));
    const either = [...expected].join(' or ');
    assert.fail(
      `requests answered: ${answered}; ${name} is ${JSON.stringify(fact)}, not ${either}`,
    );
  }
}

/** Nothing is torn or missing in the folder of a hub that was closed, and nothing lies about. */
async function assertIsSound(data: string): Promise<void> {
  const found: string[] = [];
  new FolderVerifier(data, (complaint) => found.push(complaint)).verify();
  const directory = await DataDirectory.open(data);
  const listener = {
    counted: () => {},
    read: () => {},
    found: ({ path, problems }: Finding) => {
      found.push(...problems.map(({ what }) => `${path}: ${what}`));
    },
  };
  await checkDirectory(directory, false, listener);
  await directory.close();
  assert.deepEqual(found, []);
}

/** Runs `work` in a new folder, which goes afterwards. */
async function inFolder(place: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(place, 'disk-'));
  try {
    await work(folder);
  } finally {
    // At once: a thread for each of its files would take longer than to remove them.
    fs.rmSync(folder, { recursive: true });
  }
}

let starts = 0;

/**
 * What a start on this directory finds; `note` is called at each of its steps, and at its end. Every other
 * time under the same boot, as when a file system failed and was mounted again, or a snapshot of it is.
 */
async function factsAfterStart(data: string, note: () => void): Promise<Facts> {
  starts += 1;
  boot(starts % 2 === 0 ? FIRST_BOOT : randomUUID());
  const open = await openHub({ ...OPTIONS, data, onDiskStep: note });
  try {
    note();
    return await factsOf(open);
  } finally {
    await open.close();
  }
}

/**
 * Starts a hub on what a cut left, and finds everything kept and sound. Returns what may be left when
 * the power goes once more in this start, at one of so many of its steps.
 */
async function assertOutlasts(
  place: string,
  { remains, moments }: Cut,
  sampleOfSteps = Number.POSITIVE_INFINITY,
): Promise<Cut[]> {
  const again = new Map<string, Cut>();
  let steps = 0;
  await inFolder(place, async (folder) => {
    const data = join(folder, 'data');
    const note = (): void => {
      steps += 1;
      if (steps % sampleOfSteps !== 0) return;
      for (const left of disk.extremes()) again.set(sumOf(left), { remains: left, moments });
    };
    const standing = everythingDurable(remains);
    const disk = new PowerCutDisk(folder, { standing, onFsync: note });
    const facts = await factsAfterStart(data, note).finally(() => disk.close());
    for (const moment of moments) assertKept(facts, moment);
    await assertIsSound(data);
  }).catch((error) => fail(moments[0], error));
  again.delete(sumOf(remains));
  return [...again.values()];
}

function fail(moment: Moment | undefined, error: Error): never {
  throw new Error(`${moment?.where}: ${error.message}`, { cause: error });
}

/** Pushes once more from the beginning, as somebody does who does not know how far it came. */
async function pushAgain(client: Client): Promise<void> {
  await client.expect([201, 400], 'POST /v1/users/', register().sent({ auth: '', token: '' }));
  const first = await client.send('GET /v1/users/', { auth: FIRST });
  const auth = first.status === 200 ? FIRST : SECOND;
  await client.expect(200, 'GET /v1/users/', { auth });
  let session = { auth, token: '' };
  for (const act of PUSH) {
    const statuses = [act.status, ...(act.again ?? [])];
    const reply = await client.expect(statuses, act.line, act.sent(session));
    session = sessionAfter(session, act, reply);
  }
  await assertPulls(client, auth);
}

async function assertPulls(client: Client, auth: string): Promise<void> {
  const tag = await client.expect(200, `GET ${APP}/tags/latest`, { auth });
  assert.equal(tag.body.toString(), `"${TOP.id}"`);
  for (const image of [BASE, TOP]) {
    const json = await client.expect(200, `GET /v1/images/${image.id}/json`, { auth });
    assert.ok(json.body.equals(image.json));
    const layer = await client.expect(200, `GET /v1/images/${image.id}/layer`, { auth });
    assert.ok(layer.body.equals(layerOf(image)));
  }
}

async function withHub(
  options: HubOptions,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const hub = await startHub(options);
  const client = new Client(hub.port);
  try {
    await work(client);
  } finally {
    client.close();
    await hub.close();
  }
}

/** A process is killed, the next one is asked for the same again, and then the power goes. */
async function assertOutlastsKill(
  place: string,
  { moment, session, standing }: Kill,
): Promise<void> {
  const { answered } = moment;
  const act = ACTS[answered];
  if (act === undefined) throw new Error('nobody is killed after the last act');
  const statuses = [act.status, ...(act.again ?? [])];
  boot(FIRST_BOOT);
  await inFolder(place, async (folder) => {
    const disk = new PowerCutDisk(folder, { standing });
    const data = join(folder, 'data');
    await withHub({ ...OPTIONS, data }, async (client) => {
      await client.expect(statuses, act.line, act.sent(session));
    });
    const remains = disk.cut();
    disk.close();
    // Two DELETEs are two acts, so the second one may have been done by now as well.
    const moments = [{ ...moment, answered: answered + 1, underWay: true }];
    await assertOutlasts(place, { remains, moments });
  });
}

describe('a power cut', () => {
  let place: string;
  let scenario: Scenario;

  before(async () => {
    place = await mkdtemp(join(PLACE, 'hub-v1-power-'));
    boot(FIRST_BOOT);
    scenario = new Scenario(await mkdtemp(join(place, 'scenario-')));
    await scenario.run();
  });

  after(() => rm(place, { recursive: true, force: true }));

  it('at any step leaves all that was answered, and nothing torn; another in the start, too', async (t) => {
    const { cuts, steps } = scenario;
    const seen = new Set<string>();
    for (const [index, cut] of [...cuts.values()].entries()) {
      const sample = index % SAMPLE_OF_CUTS === 0 ? SAMPLE_OF_STEPS : undefined;
      for (const again of await assertOutlasts(place, cut, sample)) {
        seen.add(sumOf(again.remains));
        await assertOutlasts(place, again);
      }
    }
    t.diagnostic(`${steps} steps, ${cuts.size} different remains, ${seen.size} of second cuts`);
    assert.ok(steps > 100, `${steps} steps`);
    assert.ok(cuts.size > 60, `${cuts.size} different remains`);
  });

  it('leaves a push that can be repeated to its end', async () => {
    const cuts = [...scenario.cuts.values()].filter((_, index) => index % SAMPLE === 0);
    for (const { remains, moments } of cuts) {
      await inFolder(place, async (folder) => {
        materialise(remains, folder);
        const data = join(folder, 'data');
        boot(FIRST_BOOT);
        await withHub({ ...OPTIONS, data }, pushAgain);
        await assertIsSound(data);
      }).catch((error) => fail(moments[0], error));
    }
  });

  it('takes nothing either that was answered again by the successor of a killed hub', async () => {
    const losses: string[] = [];
    for (const kill of scenario.kills) {
      await assertOutlastsKill(place, kill).catch((error: Error) => losses.push(error.message));
    }
    assert.deepEqual(losses, []);
  });
});

/** Forces a file or a folder to the disk. */
async function force(path: string): Promise<void> {
  const descriptor = fs.openSync(path, 'r');
  try {
    await promisify(fs.fsync)(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** What is left, as texts. */
function texts(remains: Remains): Facts {
  return Object.fromEntries([...remains].map(([path, content]) => [path, content.toString()]));
}

describe('the model of a disk', () => {
  let folder: string;
  let disk: PowerCutDisk;
  let document: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(PLACE, 'hub-v1-model-'));
    disk = new PowerCutDisk(folder);
    document = join(folder, 'document');
    fs.writeFileSync(document, 'old');
    await force(document);
    await force(folder);
  });

  afterEach(async () => {
    disk.close();
    await rm(folder, { recursive: true });
  });

  it('keeps the bytes that a file had when it was forced, and none of one that never was', async () => {
    fs.appendFileSync(document, ' and new');
    fs.writeFileSync(join(folder, 'other'), 'never forced');
    await force(folder);
    assert.deepEqual(texts(disk.cut()), { document: 'old', other: '' });
  });

  it('keeps the names that a folder had when it was forced', async () => {
    const aside = join(folder, 'aside');
    fs.writeFileSync(aside, 'new');
    await force(aside);
    fs.renameSync(aside, document);
    assert.deepEqual(texts(disk.cut()), { document: 'old' });
    assert.deepEqual(texts(disk.cutWithNames()), { document: 'new' });
    await force(folder);
    assert.deepEqual(texts(disk.cut()), { document: 'new' });
    fs.unlinkSync(document);
    assert.deepEqual(texts(disk.cut()), { document: 'new' });
    await force(folder);
    assert.deepEqual(texts(disk.cut()), {});
  });

  it('loses a folder that is not forced in its parent, with all that is in it', async () => {
    const inner = join(folder, 'inner');
    fs.mkdirSync(inner);
    fs.writeFileSync(join(inner, 'file'), 'forced');
    await force(join(inner, 'file'));
    await force(inner);
    assert.deepEqual(texts(disk.cut()), { document: 'old' });
    await force(folder);
    assert.deepEqual(texts(disk.cut()), {
      document: 'old',
      inner: 'folder',
      'inner/file': 'forced',
    });
  });

  it('may have written names before it was asked to, and so tears what is renamed too early', () => {
    const aside = join(folder, 'aside');
    fs.writeFileSync(aside, 'not forced');
    fs.renameSync(aside, document);
    assert.deepEqual(texts(disk.cut()), { document: 'old' });
    assert.deepEqual(texts(disk.cutWithNames()), { document: '' });
  });

  it('stands after a kill as it was, for all to read, and no more durable', async () => {
    fs.appendFileSync(document, ' and new');
    fs.writeFileSync(join(folder, 'other'), 'new');
    const copy = join(folder, 'copy');
    const standing = disk.standing();
    fs.mkdirSync(copy);
    const next = new PowerCutDisk(copy, { standing });
    assert.equal(fs.readFileSync(join(copy, 'document'), 'utf8'), 'old and new');
    assert.deepEqual(texts(next.cut()), { document: 'old' });
    await force(copy);
    assert.deepEqual(texts(next.cut()), { document: 'old', other: '' });
    next.close();
  });
});
