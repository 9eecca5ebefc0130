import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { noise } from '../../test/support/noise.js';
import { tarOfFile } from '../torture/tar.js';
import { WORDS } from './data.js';

/** Of which registry a folder is: a docker-registry, with the sums that it made or without, or a distribution. */
export type FolderKind = 'v1' | 'v1-unsummed' | 'v2';

/** So many images share a repository. */
const TAGS = 10;
/** Layers that are really different; the others differ in the head of their gzip, since to pack takes long. */
const DIFFERENT = 4;
/** How much of a layer does not compress, as programs that are packed already; the rest is words. */
const PACKED = 0.25;
const GZIP_TIME = 4;

/**
 * Writes the folder of an old registry: images of one layer of about `size` bytes, packed. Returns the paths of the
 * layers.
 */
export function writeOldRegistry(
  folder: string,
  kind: FolderKind,
  { images, size }: { readonly images: number; readonly size: number },
): string[] {
  const packed = Array.from({ length: DIFFERENT }, (_, number) => packedLayer(number, size));
  const plain = packed.map((layer) => digestOf(gunzipSync(layer)));
  const write = kind === 'v2' ? writeManifest : writeImage;
  return Array.from({ length: images }, (_, number) => {
    const layer = Buffer.from(packed[number % DIFFERENT] ?? []);
    layer.writeUInt32LE(number + 1, GZIP_TIME);
    const name = { repository: `bench/old-${Math.floor(number / TAGS)}`, tag: `v${number % TAGS}` };
    const diffId = plain[number % DIFFERENT] ?? '';
    return write(folder, name, { layer, diffId, number, isSummed: kind !== 'v1-unsummed' });
  });
}

interface Named {
  readonly repository: string;
  readonly tag: string;
}

interface OldImage {
  readonly layer: Buffer;
  readonly diffId: string;
  readonly number: number;
  /** Whether its registry made a sum of it. */
  readonly isSummed: boolean;
}

/** docs/rescue.md, "The folder of a docker-registry". */
function writeImage(
  folder: string,
  { repository, tag }: Named,
  { layer, number, isSummed }: OldImage,
): string {
  const id = createHash('sha256').update(`image ${number}`).digest('hex');
  const place = join(folder, 'images', id);
  const json = JSON.stringify({ id, created: '2014-06-01T12:00:00Z', os: 'linux' });
  write(join(place, 'json'), json);
  const sum = createHash('sha256').update(`${json}\n`).update(layer).digest('hex');
  if (isSummed) write(join(place, '_checksum'), JSON.stringify([`sha256:${sum}`]));
  write(join(place, 'ancestry'), JSON.stringify([id]));
  write(join(folder, 'repositories', repository, `tag_${tag}`), id);
  return write(join(place, 'layer'), layer);
}

/** docs/rescue.md, "The folder of a distribution". */
function writeManifest(
  folder: string,
  { repository, tag }: Named,
  { layer, diffId, number }: OldImage,
): string {
  const root = join(folder, 'docker/registry/v2');
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: new Date(1_460_000_000_000 + number * 1000).toISOString(),
      rootfs: { type: 'layers', diff_ids: [diffId] },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: descriptor('application/vnd.docker.container.image.v1+json', config),
      layers: [descriptor('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)],
    }),
  );
  const blob = (bytes: Buffer): string => {
    const hex = digestOf(bytes).slice('sha256:'.length);
    return write(join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data'), bytes);
  };
  const digest = digestOf(manifest);
  const own = join(root, 'repositories', repository, '_manifests');
  write(join(own, 'revisions', digest.replace(':', '/'), 'link'), digest);
  write(join(own, 'tags', tag, 'current/link'), digest);
  blob(config);
  blob(manifest);
  return blob(layer);
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A gzipped tar of about `size` bytes, which holds somewhat more than twice as much, as layers do. */
function packedLayer(number: number, size: number): Buffer {
  const random = noise(`layer ${number}`, size);
  const content: Buffer[] = [random.subarray(0, size * PACKED)];
  let length = 0;
  for (let at = size * PACKED; length < 2 * size; at = (at + 4) % (size - 4)) {
    const word = `${WORDS[random.readUInt16LE(at) % WORDS.length]}${random.readUInt16LE(at + 2)}\n`;
    length += word.length;
    content.push(Buffer.from(word));
  }
  return gzipSync(tarOfFile('content', Buffer.concat(content)), { level: 6 });
}

/** Forced to the disk, so that it does not come there while it is measured. */
function write(path: string, bytes: string | Buffer): string {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  writeFileSync(file, bytes);
  if (bytes.length > 1024 * 1024) fsyncSync(file);
  closeSync(file);
  return path;
}
