/*
 * Two clients that push the same image at once: both end well, in every order in which their
 * requests reach the hub. The orders are enumerated, and each is walked through step by step.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { asBytes, basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage, sha256, type TestImage, tarsumOf } from '../support/images.js';
import { noise } from '../support/noise.js';
import { createRepository, putTag, setAccess } from '../support/pushes.js';
import { type OpenUpload, openUpload } from '../support/uploads.js';

const hub = useHub({ onDisk: true, people: ['alice', 'bobby'] });

type Step = 'json' | 'layer begins' | 'layer ends' | 'checksum';
const STEPS: readonly Step[] = ['json', 'layer begins', 'layer ends', 'checksum'];

/** Who pushes, and where to. */
interface Client {
  readonly auth: string;
  readonly name: string;
}

/** The sums that a client sends: those of docker 0.10 and later, or the tarsum alone. */
type Sums = Readonly<Record<string, string>>;

function payloadOf({ payload }: TestImage): Sums {
  return { 'X-Docker-Checksum-Payload': payload };
}

/** The push of one image, taken step by step as docker takes it. */
class Push {
  readonly #auth: string;
  readonly #image: TestImage;
  readonly #sums: Sums;
  #upload: OpenUpload | undefined;
  #isThere = false;

  constructor({ auth }: Pick<Client, 'auth'>, image: TestImage, sums = payloadOf(image)) {
    this.#auth = auth;
    this.#image = image;
    this.#sums = sums;
  }

  async take(step: Step): Promise<void> {
    if (this.#isThere) return;
    const { layer, id } = this.#image;
    const half = layer.length >> 1;
    switch (step) {
      case 'json':
        return this.#begin();
      case 'layer begins':
        this.#upload = await openUpload(hub.url, this.#auth, id);
        return this.#upload.write(layer.subarray(0, half));
      case 'layer ends': {
        const answer = await this.#upload?.end(layer.subarray(half));
        assert.deepEqual(answer, { status: 200, body: 'true' });
        return;
      }
      case 'checksum': {
        const line = `PUT /v1/images/${id}/checksum`;
        await send(hub, line, { auth: this.#auth, headers: this.#sums }).expect(200, 'true');
      }
    }
  }

  /** docker skips an image that it is told exists already (clients.md, Push 3). */
  async #begin(): Promise<void> {
    const { id, json } = this.#image;
    const answer = await send(hub, `PUT /v1/images/${id}/json`, { auth: this.#auth, body: json });
    this.#isThere = answer.status === 409;
    if (this.#isThere) assert.deepEqual(answer.body, { error: 'Image already exists' });
    else assert.equal(answer.status, 200);
  }
}

type Turn = readonly [client: 'A' | 'B', step: Step];

/** Every order of the steps of two clients, each client's own steps staying in their order. */
function* interleavings(a = 0, b = 0): Generator<readonly Turn[]> {
  if (a === STEPS.length && b === STEPS.length) yield [];
  const [nextA, nextB] = [STEPS[a], STEPS[b]];
  if (nextA !== undefined) {
    for (const rest of interleavings(a + 1, b)) yield [['A', nextA], ...rest];
  }
  if (nextB !== undefined) {
    for (const rest of interleavings(a, b + 1)) yield [['B', nextB], ...rest];
  }
}

const ORDERS = [...interleavings()];
/** Where the two clients are alike, the orders in which B moves first are the same with other names. */
const A_FIRST = ORDERS.filter(([first]) => first?.[0] === 'A');

const ALICE = basic('alice');
const BOBBY = basic('bobby');

async function client(auth: string, name: string, image: TestImage): Promise<Client> {
  return { auth: await createRepository(hub, auth, name, [image]), name };
}

/** Who the two clients are, each time with repositories of their own. */
const PAIRS: Readonly<Record<string, (image: TestImage, name: string) => Promise<Client[]>>> = {
  'two clients with one token': async (image, name) => {
    const one = await client(ALICE, `alice/${name}`, image);
    return [one, one];
  },
  'two clients with tokens of one repository': async (image, name) => [
    await client(ALICE, `alice/${name}`, image),
    await client(ALICE, `alice/${name}`, image),
  ],
  'a token and a password': async (image, name) => {
    const one = await client(ALICE, `alice/${name}`, image);
    return [one, { ...one, auth: ALICE }];
  },
  'two repositories of one owner': async (image, name) => [
    await client(ALICE, `alice/${name}`, image),
    await client(ALICE, `alice/${name}-2`, image),
  ],
  'two users': async (image, name) => [
    await client(ALICE, `alice/${name}`, image),
    await client(BOBBY, `bobby/${name}`, image),
  ],
  'two users with private repositories': async (image, name) => {
    const two = [
      await client(ALICE, `alice/${name}`, image),
      await client(BOBBY, `bobby/${name}`, image),
    ];
    await setAccess(hub, ALICE, `alice/${name}`, 'private');
    await setAccess(hub, BOBBY, `bobby/${name}`, 'private');
    // Going private ended the tokens from before.
    return Promise.all(
      two.map(({ name }) => client(name.startsWith('a') ? ALICE : BOBBY, name, image)),
    );
  },
};

/** What is pushed by whom in one order: the same image, perhaps not in the same form. */
interface Walk {
  readonly image: TestImage;
  /** The same image as client B writes its json, if that is another. */
  readonly other?: TestImage;
  readonly clients: readonly Client[];
  readonly pushes: Readonly<Record<'A' | 'B', Push>>;
}

/** Walks all orders, side by side: each has an image of its own. */
async function walkAll(
  orders: readonly (readonly Turn[])[],
  prepare: (index: number) => Promise<Walk>,
): Promise<void> {
  await Promise.all(
    orders.map(async (order, index) => {
      const prepared = await prepare(index);
      try {
        for (const [who, step] of order) await prepared.pushes[who].take(step);
        await assertEndedWell(prepared);
      } catch (cause) {
        const text = order.map(([who, step]) => `${who} ${step}`).join(', ');
        throw new Error(`in the order ${text}`, { cause });
      }
    }),
  );
}

async function assertEndedWell({ image, other, clients }: Omit<Walk, 'pushes'>): Promise<void> {
  for (const { auth, name } of clients) {
    await putTag(hub, auth, name, image).expect(200, 'true');
    const json = await asBytes(send(hub, `GET /v1/images/${image.id}/json`, { auth })).expect(200);
    const jsons = [image, other ?? image].map((each) => each.json.toString());
    assert.ok(jsons.includes(String(json.body)), String(json.body));
    const payload = `sha256:${sha256(String(json.body), '\n', await layerBytes(auth, image))}`;
    assert.equal(
      json.headers['x-docker-checksum-payload'],
      payload,
      'json and layer belong together',
    );
    const layer = await asBytes(send(hub, `GET /v1/images/${image.id}/layer`, { auth })).expect(
      200,
    );
    assert.ok(Buffer.isBuffer(layer.body));
    assert.deepEqual(gunzipSync(layer.body), gunzipSync(image.layer));
  }
  const uploads = await readdir(join(hub.folder, 'uploads'));
  assert.deepEqual(
    uploads.filter((file) => file.startsWith(image.id)),
    [],
  );
  const files = await readdir(join(hub.folder, 'images', image.id));
  const kinds = files.map((file) => file.replace(/-.*/, '')).sort();
  assert.deepEqual(kinds, ['image.json', 'json', 'layer']);
}

async function layerBytes(auth: string, { id }: TestImage): Promise<Buffer> {
  const answer = await asBytes(send(hub, `GET /v1/images/${id}/layer`, { auth })).expect(200);
  assert.ok(Buffer.isBuffer(answer.body));
  return answer.body;
}

async function oneToken(image: TestImage, name: string): Promise<[Client, Client]> {
  const one = await client(ALICE, name, image);
  return [one, one];
}

describe('the same image pushed twice at once, in every order', () => {
  for (const [who, makeClients] of Object.entries(PAIRS)) {
    it(`by ${who}`, () =>
      walkAll(who.includes('password') ? ORDERS : A_FIRST, async (index) => {
        const image = makeImage(`${who} ${index}`);
        const clients = await makeClients(image, `pair-${who.length}-${index}`);
        const [a, b] = clients;
        assert.ok(a !== undefined && b !== undefined);
        return { image, clients, pushes: { A: new Push(a, image), B: new Push(b, image) } };
      }));
  }

  it('by a docker of 0.7 and one of 1.0', () =>
    walkAll(ORDERS, async (index) => {
      const image = makeImage(`eras ${index}`);
      const clients = await oneToken(image, `alice/eras-${index}`);
      const [a, b] = clients;
      const old = new Push(a, image, { 'X-Docker-Checksum': tarsumOf(image) });
      return { image, clients, pushes: { A: old, B: new Push(b, image) } };
    }));

  it('by two dockers that compress it differently', () =>
    walkAll(ORDERS, async (index) => {
      const image = makeImage(`levels ${index}`);
      const { json } = image;
      const stored = gzipSync(gunzipSync(image.layer), { level: 0 });
      const other = makeImage(`levels ${index}`, { json, layer: stored });
      const clients = await oneToken(image, `alice/levels-${index}`);
      const [a, b] = clients;
      return { image, clients, pushes: { A: new Push(a, image), B: new Push(b, other) } };
    }));

  for (const repacks of [false, true]) {
    it(`by two dockers that write its json differently${repacks ? ', and pack it so' : ''}`, () =>
      walkAll(ORDERS, async (index) => {
        const image = makeImage(`jsons ${repacks} ${index}`);
        const json = `${image.json}\n`;
        const layer = repacks ? gzipSync(gunzipSync(image.layer), { level: 0 }) : image.layer;
        const other = makeImage(`jsons ${repacks} ${index}`, { json, layer });
        const clients = await oneToken(image, `alice/jsons-${repacks}-${index}`);
        const [a, b] = clients;
        assert.ok(a !== undefined && b !== undefined);
        return { image, other, clients, pushes: { A: new Push(a, image), B: new Push(b, other) } };
      }));
  }
});

describe('the same images pushed by many at the same moment', () => {
  for (const round of [1, 2, 3, 4]) {
    it(`end well, round ${round}`, async () => {
      const images = ['a', 'b', 'c'].map((seed) =>
        makeImage(`many ${round} ${seed}`, { layer: gzipSync(noise(seed, 300_000)) }),
      );
      const names = ['alice/many', 'alice/many', 'alice/more', 'bobby/many'];
      const clients = await Promise.all(
        names.map(async (name) => {
          const auth = name.startsWith('alice') ? ALICE : BOBBY;
          const full = `${name}-${round}`;
          return { name: full, auth: await createRepository(hub, auth, full, images) };
        }),
      );
      const pushAll = async (one: Client): Promise<void> => {
        for (const image of images) {
          const push = new Push(one, image);
          for (const step of STEPS) await push.take(step);
        }
      };
      await Promise.all(clients.map(pushAll));
      for (const image of images) await assertEndedWell({ image, clients });
    });
  }
});
