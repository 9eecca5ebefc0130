/** The played docker 1.10 and later gives an image over v1 the id that today's docker gives it over v2, with any end of its tars. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { MemoryDisk } from '../../src/old-docker/index.js';
import { dockerLoad } from '../support/archives.js';
import { basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { filesOf, imageId, layerOf, makeImage } from '../support/images.js';
import { MIB, machineAt } from '../support/played/machine.js';
import { play } from '../support/played/terminal.js';
import { pushImage } from '../support/pushes.js';

const OWNER = basic('jamtur01');
const VERSIONS = ['1.10.3', '1.11.2', '1.12.6'];
const hub = useHub({ people: ['jamtur01'] });

/** What stands behind the last file of a layer. */
const ENDS: readonly (readonly [what: string, bytes: number])[] = [
  ['no end', 0],
  ['half an end', 512],
  ['an end', 1024],
  ['a padded end', 10_240],
];

async function idToday(name: string): Promise<string> {
  const { body } = await send(hub, `GET /v2/${name}/manifests/latest`).expect(200);
  return body.config.digest;
}

async function pushed(name: string, layers: readonly Buffer[]): Promise<void> {
  const images = layers.map((layer, level) => {
    const parent = level === 0 ? undefined : { id: imageId(`${name} ${level - 1}`) };
    const json = JSON.stringify({
      id: imageId(`${name} ${level}`),
      ...(parent && { parent: parent.id }),
      created: '2014-02-03T16:47:06Z',
      docker_version: '1.5.0',
      config: null,
      architecture: 'amd64',
      os: 'linux',
    });
    return makeImage(`${name} ${level}`, { json, layer: gzipSync(layer) });
  });
  await pushImage(hub, OWNER, name, images);
}

for (const version of VERSIONS) {
  describe(`the played docker ${version}`, () => {
    for (const [what, bytes] of ENDS) {
      it(`gives an image whose layers have ${what} the id that it has over v2, and saves it so`, async () => {
        const name = `jamtur01/end-${bytes}-${version}`;
        const layers = ['low', 'top'].map((seed) =>
          Buffer.concat([gunzipSync(layerOf(filesOf(`${name} ${seed}`))), Buffer.alloc(bytes)]),
        );
        await pushed(name, [...layers, Buffer.alloc(bytes)]);
        const machine = { ...machineAt(hub.url, new MemoryDisk(MIB)), version };
        const pulled = await play(machine, ['pull', name]);
        assert.equal(pulled.exit, 0, pulled.stderr);
        const { stdout } = await play(machine, ['images', '-q', '--no-trunc']);
        const id = await idToday(name);
        assert.equal(stdout, `${id}\n`);

        const pieces: Buffer[] = [];
        await play(machine, ['save', name], { into: (piece) => pieces.push(piece) });
        assert.deepEqual(
          dockerLoad(Buffer.concat(pieces)).map((image) => image.id),
          [id],
        );
      });
    }
  });
}
