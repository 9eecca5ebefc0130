import { createHash } from 'node:crypto';
import { packTar, TRAILER } from '../../../src/old-docker/images/tar.js';
import { noise } from '../noise.js';

/** The second chain of 0.6 and 0.7, which push one tag of a shared chain only. */
const SECOND = [
  '0467e0d3cd1a17a86819934a1b3188c89193521011144c0468ab95f4f0029c3d',
  '67502f7caf4e31f3a4b1a78d70f67d072097ca2f0beefc22bef4b62484105918',
  'faf7c0b5781c11163291d045d600c3bf2aa04de00496f853a4a322d78ece455b',
];

interface Layer {
  readonly id: string;
  readonly json: string;
  readonly tar: Buffer;
}

/** Three small layers, as the recordings were made with: their ids, their json, the sizes of their files. */
function chainOf(seed: string, ids: readonly string[] = []): Layer[] {
  const layers: Layer[] = [];
  for (const level of [0, 1, 2]) {
    const id = ids[level] ?? createHash('sha256').update(`${seed}-${level}`).digest('hex');
    const parent = layers.at(-1)?.id;
    const json = JSON.stringify({
      id,
      ...(parent !== undefined && { parent }),
      created: `2015-01-01T00:0${level}:00.123456789Z`,
      container: '',
      container_config: {
        Hostname: '',
        Cmd: ['/bin/sh', '-c', `#(nop) layer ${level} <${seed}> & more`],
      },
      docker_version: '1.4.1',
      author: 'Test',
      config: { Hostname: '', Cmd: ['/bin/true'], Env: ['PATH=/bin'] },
      architecture: 'amd64',
      os: 'linux',
      Size: 1000,
    });
    layers.push({ id, json, tar: layerOf(seed, level) });
  }
  return layers;
}

function layerOf(seed: string, level: number): Buffer {
  return packTar([
    { name: 'etc', type: '5', mode: 0o40755 },
    { name: `etc/conf${level}`, content: Buffer.from(`x=${level}\n`) },
    { name: `file${level}.txt`, content: Buffer.from(`${seed} layer ${level}\n`.repeat(200)) },
    ...(level === 1 ? [{ name: 'noise', content: noise(seed, 300_000) }] : []),
  ]);
}

/** An archive of `docker save` with the images of a word under a name. */
export function archiveOf(seed: string, name: string, tags: 'two' | 'two chains' | 'one'): Buffer {
  const chain = chainOf(seed);
  const second = tags === 'two chains' ? chainOf(`${seed}b`, SECOND) : [];
  const [, middle, top] = chain;
  const v1 = tags === 'two chains' ? second[2]?.id : middle?.id;
  const named = tags === 'one' ? { latest: top?.id } : { latest: top?.id, v1 };
  const entries = [...chain, ...second].flatMap(({ id, json, tar }) => [
    { name: `${id}/`, type: '5' as const, mode: 0o40755 },
    { name: `${id}/VERSION`, content: Buffer.from('1.0') },
    { name: `${id}/json`, content: Buffer.from(json) },
    { name: `${id}/layer.tar`, content: Buffer.concat([tar, TRAILER]) },
  ]);
  const repositories = Buffer.from(JSON.stringify({ [name]: named }));
  return Buffer.concat([
    packTar([...entries, { name: 'repositories', content: repositories }]),
    TRAILER,
  ]);
}
