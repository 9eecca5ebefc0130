/** Archives and answers of which the json is not what it should be: docker's words for it, and nothing is taken. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryDisk } from '../../src/old-docker/index.js';
import {
  archiveWith,
  type HostileRegistry,
  idOf,
  imageOf,
  serveHostile,
} from '../support/played/hostile.js';
import { MIB, machineAt } from '../support/played/machine.js';
import { type BareMachine, type Outcome, play } from '../support/played/terminal.js';

const NOWHERE = 'http://127.0.0.1:1';
const VERSIONS = ['0.6.7', '0.9.1', '1.5.0', '1.12.6'];
const A = idOf('a');
const DEEP = `${'['.repeat(5000)}${']'.repeat(5000)}`;

const into = (kind: string, type: string): string =>
  `json: cannot unmarshal ${kind} into Go value of type ${type}`;

/** A file of the archive, and what is said of it. */
const FILES: readonly (readonly [name: string, text: string, words: string])[] = [
  ['repositories', '[]', into('array', 'map[string]graph.Repository')],
  ['repositories', '{"web": 5}', into('number', 'graph.Repository')],
  ['repositories', '{"web": {"latest": 5}}', into('number', 'string')],
  ['repositories', 'web', "invalid character 'w'"],
  ['repositories', '', 'unexpected end of JSON input'],
  ['repositories', `{"web": ${DEEP}}`, 'exceeded max depth'],
  [
    'repositories',
    '{"web": {"latest": "../../etc/passwd"}}',
    "image ID '../../etc/passwd' is invalid",
  ],
  ['repositories', '{"web": {"latest": ""}}', "image ID '' is invalid"],
  ['repositories', `{"web": {"la/test": "${A}"}}`, ' tag '],
  ['repositories', `{"../web": {"latest": "${A}"}}`, 'Invalid repository name (../web)'],
  ['repositories', `{"": {"latest": "${A}"}}`, 'Invalid repository name ()'],
  ['manifest.json', '{}', into('object', '[]tarexport.manifestItem')],
  ['manifest.json', '[5]', into('number', 'tarexport.manifestItem')],
  ['manifest.json', '[{"Config": 5}]', into('number', 'string')],
  ['manifest.json', '[{"Layers": [5]}]', into('number', 'string')],
];

const JSONS: readonly (readonly [text: string, words: string])[] = [
  ['null', "image ID '' is invalid"],
  ['{}', "image ID '' is invalid"],
  ['[]', into('array', 'image.Image')],
  ['5', into('number', 'image.Image')],
  ['"text"', into('string', 'image.Image')],
  ['{"id": 5}', into('number', 'string')],
  [`{"id": "${A}", "parent": 5}`, into('number', 'string')],
  [`{"id": "${A}", "parent": "b"}`, "image ID 'b' is invalid"],
  [`{"id": "${A}", "created": {}}`, into('object', 'string')],
  [`{"id": "${A}", "docker_version": 1.5}`, into('number', 'string')],
  [`{"id": "${A}", "comment": []}`, into('array', 'string')],
  [`{"id": "${A}", "Size": "large"}`, into('string', 'int')],
  [`{"id": "${A}", "config": "large"}`, into('string', 'runconfig.Config')],
  [`{"id": "${A}", "config": {"Env": "A=b"}}`, into('string', '[]string')],
  [`{"id": "${A}", "config": {"Labels": "A=b"}}`, into('string', 'map[string]string')],
  [`{"id": "${A}", "container_config": {"Cmd": [5]}}`, into('number', 'string')],
  [`{"id": "${A}", "x": ${DEEP}}`, 'exceeded max depth'],
];

/** What JavaScript says where nobody looked first. */
const OWN_ERRORS =
  /properties of|undefined|not a function|not iterable|call stack|Unexpected token/;

/** A failure in docker's words, after which the graph is as good as before. */
async function assertRefused(machine: BareMachine, outcome: Outcome, words: string): Promise<void> {
  const { exit, stdout, stderr } = outcome;
  assert.equal(exit, 1, `${machine.version}: ${stdout}`);
  assert.ok(stderr.includes(escaped(machine, words)), `${machine.version}: ${stderr}`);
  assert.doesNotMatch(stderr, OWN_ERRORS);
  const images = await play(machine, ['images', '-a']);
  assert.deepEqual([images.exit, images.stdout.split('\n').length], [0, 2], images.stdout);
}

/** From 1.4 to 1.6 a message is in quotes. */
function escaped({ version }: BareMachine, words: string): string {
  return version === '1.5.0' ? JSON.stringify(words).slice(1, -1) : words;
}

describe('load refuses', () => {
  async function load(archive: Buffer, words: string): Promise<void> {
    for (const version of VERSIONS) {
      const machine = { ...machineAt(NOWHERE, new MemoryDisk(MIB)), version };
      await assertRefused(machine, await play(machine, ['load'], { stdin: once(archive) }), words);
    }
  }

  for (const [name, text, words] of FILES) {
    it(`${name} ${text.slice(0, 60)}`, () => load(archiveWith([], { [name]: text }), words));
  }
  for (const [text, words] of JSONS) {
    it(`an image ${text.slice(0, 120)}`, () =>
      load(archiveWith([{ id: A, json: text }], {}), words));
  }
});

it('load refuses a file with less than no bytes', async () => {
  const archive = archiveWith([], { repositories: '{}' });
  const header = archive.subarray(0, 512);
  header.write('-0000000005\0', 124, 'latin1');
  header.write('        ', 148, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  const machine = machineAt(NOWHERE, new MemoryDisk(MIB));
  const outcome = await play(machine, ['load'], { stdin: once(archive) });
  await assertRefused(machine, outcome, 'archive/tar: invalid tar header');
});

it('load takes null for nothing, as Go does', async () => {
  const files = { repositories: 'null', 'manifest.json': '[null]' };
  const json = `{"id":"${A}","parent":"","comment":null,"created":null,"docker_version":null,"config":null,"container_config":{"Cmd":null,"Labels":null}}`;
  for (const version of VERSIONS) {
    const machine = { ...machineAt(NOWHERE, new MemoryDisk(MIB)), version };
    const stdin = once(archiveWith([{ id: A, json }], files));
    assert.equal((await play(machine, ['load'], { stdin })).exit, 0);
    const { stdout } = await play(machine, ['images', '-a', '-q', '--no-trunc']);
    const id = stdout.trim();
    assert.equal((await play(machine, ['tag', id, 'james/web'])).exit, 0);
    for (const words of [['history', id], ['inspect', id], ['images'], ['save', 'james/web']]) {
      const { exit, stderr } = await play(machine, words);
      assert.equal(exit, 0, `${version} ${words.join(' ')}: ${stderr}`);
    }
  }
});

describe('pull refuses', () => {
  const honest: HostileRegistry = {
    tags: { latest: A },
    ancestry: { [A]: [A] },
    images: [imageOf(A)],
  };
  const cases: readonly (readonly [what: string, Partial<HostileRegistry>, words: string])[] = [
    ['a tag with an invalid id', { tags: { latest: '../x' } }, "image ID '../x' is invalid"],
    ['an invalid tag', { tags: { latest: A, 'la/test': A } }, 'la/test'],
    ['a parent with an invalid id', { ancestry: { [A]: [A, '..'] } }, "image ID '..' is invalid"],
    ['an image of null', { images: [{ id: A, json: 'null' }] }, 'no id in the json'],
    ['an image of another kind', { images: [imageOf(A, { parent: 5 })] }, into('number', 'string')],
    [
      'an image with an odd command',
      { images: [imageOf(A, { config: { Cmd: [5] } })] },
      into('number', 'string'),
    ],
    ['a list of null', { list: [null, 5] }, into('number', 'registry.ImgData')],
  ];
  for (const [what, odd, words] of cases) {
    it(what, async () => {
      const registry = await serveHostile({ ...honest, ...odd });
      try {
        for (const version of ['1.5.0', '1.9.1', '1.12.6']) {
          if (version !== '1.5.0' && odd.tags !== undefined) continue;
          const machine = { ...machineAt(registry.url, new MemoryDisk(MIB)), version };
          const outcome = await play(machine, ['pull', ...all(odd), 'james/web']);
          await assertRefused(machine, outcome, words);
        }
      } finally {
        await registry.close();
      }
    });
  }
});

function all({ tags }: Partial<HostileRegistry>): string[] {
  return tags === undefined ? [] : ['-a'];
}

async function* once(archive: Buffer): AsyncIterable<Buffer> {
  yield archive;
}
