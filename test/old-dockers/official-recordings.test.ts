/**
 * The recordings of dockers that believed they talked to https://index.docker.io, sent again to the hub
 * as it is under that name: what it answers is what was recorded, or stands in the table below. Over
 * plain http, since the hub goes by the Host header; official.test.ts has the same names over TLS.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Hub } from '../../src/index.js';
import { checkAnswer } from '../support/contract.js';
import { startPlainHub } from '../support/hub.js';
import {
  type Difference,
  imagesIn,
  OFFICIAL_VERSIONS,
  officialFile,
  officialFiles,
  RecordedDocker,
  type RecordedImage,
  readOfficial,
  STEPS,
} from '../support/official-recordings.js';
import { topOf } from '../support/old-docker/assertions.js';
import { OldDocker, type Version } from '../support/old-docker.js';
import { headerOf } from '../support/traces.js';

const ADMIN = { username: 'admin', password: 'sesame', email: 'admin@example.com' };

/** What the recording server named as endpoints; none is the hub's own choice. */
const ENDPOINTS = {
  '0.9.1': ['registry-1.docker.io'],
  '1.5.0': ['registry-1.docker.io'],
  '1.9.1': [],
};

/** A value, a pattern of it, or how it follows from the rest. Undefined: it is not there. */
type Expected = string | number | undefined | RegExp | ((difference: Difference) => unknown);

/** Where the hub answers otherwise than the recording server, on purpose. */
interface Purpose {
  readonly why: string;
  readonly calls: RegExp;
  /** Only this docker was answered so. */
  readonly version?: Version;
  readonly parts: Readonly<Record<string, readonly [recorded: Expected, ours: Expected]>>;
}

const PURPOSES: readonly Purpose[] = [
  {
    why: 'only the recording server had sessions; docker sends a cookie back and needs none',
    calls: /^\w+ \/v1\/(users|repositories)\//,
    parts: { 'set-cookie': [/^session=stub\d+; Path=\/$/, undefined] },
  },
  {
    why: 'the index said so of all its answers',
    calls: /^\w+ \/v1\/(users\/|search\?\S+|repositories\/\S+\/(images)?) \d+$/,
    parts: { vary: [undefined, 'Accept'] },
  },
  {
    why: 'the registry said so of all that may change',
    calls:
      /^(PUT \/v1\/images\/\S+ 200|GET \/v1\/images\/\S+ 404|\w+ \/v1\/repositories\/\S+\/tags(\/\S+)? \d+)$/,
    parts: {
      'cache-control': [undefined, 'no-cache'],
      expires: [undefined, '-1'],
      pragma: [undefined, 'no-cache'],
    },
  },
  {
    why: 'the registry said of all its answers what it was (protocol.md §3)',
    calls: /^\w+ \/v1\/(images\/\S+|repositories\/\S+\/tags(\/\S+)?) \d+$/,
    parts: {
      'x-docker-registry-config': [undefined, 'common'],
      'x-docker-registry-version': [undefined, '0.9.1'],
    },
  },
  {
    why: 'images never change, and the registry let everybody keep them',
    calls: /^GET \/v1\/images\/\S+ 200$/,
    parts: {
      'cache-control': [undefined, 'public, max-age=31536000'],
      'last-modified': [undefined, 'Thu, 01 Jan 1970 00:00:00 GMT'],
      etag: [undefined, ({ image }) => `"${payloadSum(image)}"`],
    },
  },
  {
    why: 'the registry gave this sum too; docker reads neither',
    calls: /^GET \/v1\/images\/\S+\/json 200$/,
    parts: {
      'x-docker-checksum-payload': [undefined, ({ image }) => `sha256:${payloadSum(image)}`],
    },
  },
  {
    why: 'a layer that was cut off can be taken up again; docker does so from 0.12 on',
    calls: /^GET \/v1\/images\/\S+\/layer 200$/,
    parts: {
      'accept-ranges': [undefined, 'bytes'],
      'x-docker-size': [undefined, ({ image }) => String(image?.layer.length)],
    },
  },
  {
    why: 'the Hub wrote a small "c" (the documents a big one); docker does not read it',
    calls: /^POST \/v1\/users\/ 201$/,
    parts: { body: ['User Created', 'User created'] },
  },
  {
    why: 'docker has words of its own for 401, and expects no challenge there',
    calls: /^GET \/v1\/users\/ 401$/,
    parts: {
      body: ['Wrong login/password', 'Wrong login/password, please try again'],
      'www-authenticate': [undefined, 'Basic realm="auth required",Token'],
    },
  },
  {
    why: 'errors of the index are JSON strings; docker goes by the status',
    calls: /^GET \/v1\/repositories\/\S+\/images 404$/,
    parts: { body: [({ ours }) => ({ error: ours }), 'Repository not found'] },
  },
  {
    why: 'the recording server had more images there, pushed before by other versions',
    calls: /^GET \/v1\/repositories\/(library\/)?static_web\/images 200$/,
    parts: {
      // Where the list was long, only its beginning was kept.
      body: [
        ({ recorded }) => recorded,
        ({ version }) => imagesOf(version, 'pull_root').map(({ id }) => ({ id, checksum: '' })),
      ],
    },
  },
  {
    why: 'nobody answers for v2, or 1.8 and 1.9 would not push over v1; 1.5 goes on just the same',
    calls: /^GET \/v2\/ 0$/,
    version: '1.5.0',
    parts: {
      status: [404, 0],
      body: ['404 page not found\n', ''],
      'content-type': ['application/json', undefined],
    },
  },
];

for (const version of OFFICIAL_VERSIONS) {
  describe(`docker ${version} at index.docker.io, each step after the one before`, () => {
    const met = new Set<string>();
    let hub: Hub;
    let docker: RecordedDocker;

    before(async () => {
      hub = await startPlainHub({ as: 'index.docker.io', admin: ADMIN });
      await makePeople(hub, version);
      await pushRoot(hub, version);
      hub.endpoints.set(ENDPOINTS[version]);
      const images = [...imagesOf(version, 'push'), ...imagesOf(version, 'pull_root')];
      docker = new RecordedDocker(version, images, { port: hub.port, onAnswer: checkAnswer });
    });
    after(() => hub.close());

    for (const step of STEPS) {
      it(`is answered as recorded: ${step}`, async () => {
        if (step === 'search') await describeFound(hub, version);
        const calls = readOfficial(version, step);
        assert.notEqual(calls.length, 0);
        for (const call of calls) {
          for (const difference of await docker.send(call)) met.add(rowOf(difference));
        }
      });
    }

    it('differs from the recordings in all that the table says', () => {
      const own = PURPOSES.filter((purpose) => isOf(purpose, version));
      const rows = own.flatMap((purpose) => Object.keys(purpose.parts).map(rowName(purpose)));
      assert.deepEqual([...met].sort(), rows.sort());
    });
  });
}

describe('the official recordings', () => {
  it('are all sent', () => {
    const sent = OFFICIAL_VERSIONS.flatMap((version) =>
      STEPS.map((step) => officialFile(version, step)),
    );
    assert.deepEqual(officialFiles().sort(), sent.sort());
  });
});

/** The row of the table that a difference is of; fails if there is none, or if it says otherwise. */
function rowOf(difference: Difference): string {
  const { image: _, ...shown } = difference;
  const { call, part, version } = shown;
  const [purpose, ...others] = PURPOSES.filter(
    (each) => isOf(each, version) && each.calls.test(call) && Object.hasOwn(each.parts, part),
  );
  const [recorded, ours] = purpose?.parts[part] ?? [];
  const text = `${JSON.stringify(shown, undefined, 2)}\n${purpose?.why ?? 'no row of the table'}`;
  assert.ok(purpose !== undefined && others.length === 0, text);
  assert.ok(fits(recorded, difference.recorded, difference), `recorded: ${text}`);
  assert.ok(fits(ours, difference.ours, difference), `ours: ${text}`);
  return rowName(purpose)(part);
}

function rowName({ why }: Purpose): (part: string) => string {
  return (part) => `${part}: ${why}`;
}

function isOf(purpose: Purpose, version: Version): boolean {
  return (purpose.version ?? version) === version;
}

function fits(expected: Expected, value: unknown, difference: Difference): boolean {
  if (expected instanceof RegExp) return typeof value === 'string' && expected.test(value);
  const wanted = typeof expected === 'function' ? expected(difference) : expected;
  return isDeepStrictEqual(value, wanted);
}

/** The accounts that were there before: one that is not active, and the one that pulls the root repository. */
async function makePeople(hub: Hub, version: Version): Promise<void> {
  await hub.users.create({ username: 'inactive1', password: 'pw1234', active: false });
  const login = readOfficial(version, 'pull_root')
    .map(({ request }) => /^Basic (.*)/.exec(headerOf(request, 'Authorization') ?? '')?.[1])
    .find((basic) => basic !== undefined);
  const [username = '', password = ''] = Buffer.from(login ?? '', 'base64')
    .toString('utf8')
    .split(':');
  await hub.users.create({ username, password });
}

/** The root repository that is pulled, with the images that are fetched; under the hub's own name. */
async function pushRoot(hub: Hub, version: Version): Promise<void> {
  const images = imagesOf(version, 'pull_root');
  const admin = new OldDocker({ version, host: `127.0.0.1:${hub.port}`, credentials: ADMIN });
  await admin.push('static_web', images, { tags: { latest: topOf(images) } });
}

/** What the recording server said of the repository that is found. */
async function describeFound(hub: Hub, version: Version): Promise<void> {
  const [call] = readOfficial(version, 'search');
  const { results } = JSON.parse(call?.response.body ?? '') as {
    readonly results: { name: string; description: string; star_count: number }[];
  };
  for (const { name, description, star_count: stars } of results) {
    await hub.repositories.create({ name, description, stars });
  }
}

function imagesOf(version: Version, step: 'push' | 'pull_root'): RecordedImage[] {
  return imagesIn(readOfficial(version, step));
}

/** The sum over json, newline and layer, in hex. */
function payloadSum(image: RecordedImage | undefined): string {
  const hash = createHash('sha256').update(image?.json ?? '');
  return hash
    .update('\n')
    .update(image?.layer ?? '')
    .digest('hex');
}
