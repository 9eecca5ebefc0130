/*
 * The v1 images of an image of today, by the rule of docker 1.10 to 18.09 (distribution/push_v1.go). The expected
 * chain ids were computed apart from this code.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { imageConfig } from '../../src/domain/bridge/image-config.js';
import {
  MOST_V1_LAYERS,
  NoV1FormError,
  type V1Obstacle,
  v1ChainOf,
} from '../../src/domain/bridge/v1-chain.js';
import { sha256 } from '../support/images.js';

const [ONE = '', TWO = '', THREE = ''] = ['11', '22', '33'].map(
  (two) => `sha256:${two.repeat(32)}`,
);
/** The ChainID of the first two. */
const PAIR = '9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5';

function chainOf(config: unknown): { id: string; chain: ReturnType<typeof v1ChainOf> } {
  const bytes = Buffer.from(typeof config === 'string' ? config : JSON.stringify(config));
  return { id: sha256(bytes), chain: v1ChainOf(bytes, sha256(bytes)) };
}

function rootfs(...diffIds: string[]): { type: string; diff_ids: string[] } {
  return { type: 'layers', diff_ids: diffIds };
}

describe('an image of today as a chain of v1 images', () => {
  const { id: top, chain } = chainOf({
    os: 'linux',
    architecture: 'amd64',
    created: '2024-05-06T07:08:09.1Z',
    'os.version': '1',
    'os.features': ['a'],
    author: 'A & <B>',
    comment: null,
    id: 'sha256:not this',
    Parent: 'nor this',
    moby: { b: 1, a: [null, true] },
    config: { Cmd: ['sh'], Env: ['PATH=/bin'] },
    history: [
      { created: '2024-01-02T03:04:05.60Z', created_by: '/bin/sh -c #(nop) ADD file:1 in / ' },
      { created: '2024-01-02T03:04:06Z', created_by: 'CMD ["sh"]', empty_layer: true },
      {
        created: '2024-03-04T00:00:00+02:00',
        author: 'Somebody',
        comment: 'c',
        created_by: 'RUN a',
      },
      { created_by: 'LABEL x', empty_layer: true },
      { created: 'yesterday', created_by: 7 },
    ],
    rootfs: rootfs(ONE, TWO, THREE),
  });

  it('has one image for each layer, named by the layers, and the uppermost by the config', () => {
    assert.deepEqual(
      chain.map(({ id, parent, diffId }) => [id, parent, diffId]),
      [
        ['11'.repeat(32), undefined, ONE],
        [PAIR, '11'.repeat(32), TWO],
        [top, PAIR, THREE],
      ],
    );
  });

  it('says of each lower one when and how it was made', () => {
    assert.deepEqual(
      chain.slice(0, 2).map(({ json }) => json.toString()),
      [
        `{"id":"${'11'.repeat(32)}","created":"2024-01-02T03:04:05.6Z",` +
          `"container_config":{"Cmd":["/bin/sh -c #(nop) ADD file:1 in / "]}}`,
        `{"id":"${PAIR}","parent":"${'11'.repeat(32)}","created":"2024-03-04T00:00:00+02:00",` +
          `"author":"Somebody","container_config":{"Cmd":["RUN a"]},"comment":"c"}`,
      ],
    );
  });

  it('has the config, without what v1 does not know, as the json of the uppermost', () => {
    assert.equal(
      chain[2]?.json.toString(),
      `{"architecture":"amd64","author":"A \\u0026 \\u003cB\\u003e",` +
        `"config":{"Cmd":["sh"],"Env":["PATH=/bin"]},"created":"2024-05-06T07:08:09.1Z","id":"${top}",` +
        `"moby":{"b":1,"a":[null,true]},"os":"linux","parent":"${PAIR}"}`,
    );
  });

  it('has one image, named by the config, where there is one layer', () => {
    const one = chainOf({ rootfs: rootfs(ONE) });
    assert.deepEqual(
      one.chain.map(({ json, ...rest }) => ({ ...rest, json: json.toString() })),
      [{ id: one.id, parent: undefined, diffId: ONE, json: `{"id":"${one.id}"}` }],
    );
  });

  const histories: readonly (readonly [
    what: string,
    history: unknown,
    command: string | undefined,
  ])[] = [
    ['no history', undefined, undefined],
    ['a history that is not a list', 'once', undefined],
    ['invalid lines', [null, 3], undefined],
    ['fewer lines than layers', [], undefined],
    [
      'more lines than layers',
      [{ created_by: 'a' }, { created_by: 'b' }, { created_by: 'c' }],
      'a',
    ],
    ['a line that does not count', [{ created_by: 'a', empty_layer: true }], undefined],
  ];
  for (const [what, history, command] of histories) {
    it(`takes ${what}`, () => {
      const [lowest] = chainOf({ history, rootfs: rootfs(ONE, TWO) }).chain;
      const { container_config: made } = JSON.parse(String(lowest?.json)) as {
        container_config?: { Cmd: string[] };
      };
      assert.equal(made?.Cmd[0], command);
    });
  }
});

describe('an image that v1 cannot hold', () => {
  const odd: readonly (readonly [
    what: string,
    config: unknown,
    obstacle: V1Obstacle,
    says: RegExp,
  ])[] = [
    ['no JSON', 'config', 'config', /"config" is not valid JSON$/],
    ['a list', [], 'config', /config must be an object$/],
    [
      'what docker could not read',
      { created: 7, rootfs: rootfs(ONE) },
      'config',
      /created must be a time/,
    ],
    ['an artifact', {}, 'layers', /lists no layers$/],
    ['no layers', { rootfs: rootfs() }, 'layers', /lists no layers$/],
    ['a rootfs of another kind', { rootfs: [] }, 'config', /rootfs must be an object$/],
    [
      'a layer by another sum',
      { rootfs: rootfs(ONE, `sha512:${'1'.repeat(128)}`) },
      'layers',
      /SHA-256$/,
    ],
    ['a layer by no sum', { rootfs: rootfs('sha256:xyz') }, 'layers', /SHA-256$/],
    ['windows', { os: 'windows', rootfs: rootfs(ONE) }, 'platform', /^it is for "windows", and/],
    ['an attestation', { os: 'unknown', rootfs: rootfs(ONE) }, 'platform', /^it is for "unknown"/],
    [
      'too many layers',
      { rootfs: rootfs(...Array.from({ length: 128 }, () => ONE)) },
      'depth',
      /^it has 128 layers, and old dockers run at most 127$/,
    ],
    [
      'too long a config',
      { author: 'a'.repeat(2 ** 20), rootfs: rootfs(ONE) },
      'config',
      /longer than/,
    ],
  ];
  for (const [what, config, obstacle, says] of odd) {
    it(`is refused with a reason: ${what}`, () => {
      assert.throws(
        () => chainOf(config),
        (error) => {
          assert.ok(error instanceof NoV1FormError);
          assert.equal(error.obstacle, obstacle);
          assert.match(error.message, says);
          return true;
        },
      );
    });
  }

  it('is not yet one with exactly as many layers as are allowed', () => {
    const most = Array.from({ length: MOST_V1_LAYERS }, () => ONE);
    const { chain } = chainOf({ rootfs: rootfs(...most) });
    assert.equal(new Set(chain.map(({ id }) => id)).size, MOST_V1_LAYERS);
  });
});

describe('a chain of v1 images that became one of today', () => {
  const digest = fc
    .uint8Array({ minLength: 8, maxLength: 8 })
    .map((bytes) => `sha256:${sha256(bytes)}`);
  const time = fc
    .date({ min: new Date('2013-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const image = fc.record({
    diffId: digest,
    created: time,
    author: fc.option(fc.string(), { nil: undefined }),
    comment: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    command: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }),
    version: fc.constantFrom('0.9.1', '1.5.0', '1.8.3', '1.12.6'),
  });

  it('keeps its layers, their order, and what is said of each', () => {
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 6 }), (images) => {
        const layers = images.map(({ diffId, command, version, ...said }, index) => ({
          id: sha256(String(index)),
          diffId,
          json: Buffer.from(
            JSON.stringify({
              ...said,
              docker_version: version,
              container_config: { Cmd: command },
            }),
          ),
        }));
        const config = imageConfig(layers);
        const { id, chain } = chainOf(config);
        assert.deepEqual(
          chain.map(({ diffId }) => diffId),
          images.map(({ diffId }) => diffId),
        );
        assert.equal(chain.at(-1)?.id, id);
        // And once more: what docker makes of that chain has the same layers and the same history.
        const again = JSON.parse(imageConfig(chain)) as Record<string, unknown>;
        const { history, rootfs: row } = JSON.parse(config) as Record<string, unknown>;
        assert.deepEqual([again.history, again.rootfs], [history, row]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('an image of today that became a chain of v1 images', () => {
  const text = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined });
  const step = fc.record({
    created: fc.constantFrom('2024-01-02T03:04:05Z', '2024-01-02T03:04:05.123456789+02:00'),
    created_by: text,
    author: text,
    comment: text,
    empty_layer: fc.boolean(),
  });
  const settings = fc.record({
    Env: fc.array(fc.string()),
    Cmd: fc.array(fc.string(), { minLength: 1 }),
    Labels: fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { minKeys: 1 }),
  });

  it('keeps its layers, their order, what is said of those below, and its settings', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 9 }), settings, text, (steps, config, author) => {
        const lines = steps.filter(({ empty_layer: isEmpty }) => !isEmpty);
        const diffIds = lines.map((_, index) => `sha256:${sha256(String(index))}`);
        fc.pre(diffIds.length > 0);
        const image = { os: 'linux', architecture: 'arm64', author, config };
        const { chain } = chainOf({ ...image, history: steps, rootfs: rootfs(...diffIds) });
        const again = JSON.parse(imageConfig(chain)) as Record<string, unknown>;
        assert.deepEqual(again.rootfs, rootfs(...diffIds));
        assert.deepEqual(
          (again.history as object[]).slice(0, -1),
          lines.slice(0, -1).map(({ empty_layer: _, ...line }) => withoutEmpty(line)),
        );
        const { Env, Cmd, Labels } = again.config as Record<string, unknown>;
        const kept = { os: again.os, architecture: again.architecture, author: again.author };
        assert.deepEqual(
          { ...kept, config: { Env, Cmd, Labels: { ...(Labels as object) } } },
          {
            ...image,
            author: author || undefined,
            config: { ...config, Labels: { ...config.Labels } },
          },
        );
      }),
      { numRuns: 200 },
    );
  });

  function withoutEmpty(line: object): object {
    return Object.fromEntries(Object.entries(line).filter(([, value]) => value));
  }
});
