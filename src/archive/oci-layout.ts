import { Fields, parseDocument } from '../domain/bridge/document-fields.js';
import type { ArchivedLayer, ArchiveName, Contents } from './contents.js';
import { contentsOf, MOST_IMAGES, Offers, tooMany } from './contents.js';
import { ArchivedConfig, diffIdsOf, orEmptyLayer, platformOf, toV1Images } from './conversion.js';
import { ArchiveError, quote } from './errors.js';
import { choosePlatform } from './platforms.js';
import { archiveName, splitReference } from './reference.js';
import { readSummed } from './sums.js';
import type { TarFile } from './tar-file.js';

/*
 * The image layout of the Open Container Initiative: `index.json` lists manifests, or further indexes,
 * by the digests under which everything lies in `blobs/sha256`.
 */

export const INDEX = 'index.json';
const LONGEST_DOCUMENT = 8 * 1024 * 1024;
/** An index in an index in an index: no tool nests deeper. */
const DEEPEST = 4;

const NAME_ANNOTATION = 'io.containerd.image.name';
const REF_ANNOTATION = 'org.opencontainers.image.ref.name';
const ATTESTATION = 'vnd.docker.reference.type';

/** What a list of manifests calls one of them. */
interface Listed {
  readonly blob: string;
  readonly platform: string | undefined;
}

/** A manifest that was read, and the config it names. */
interface Manifest {
  readonly platform: string;
  readonly manifest: Fields;
  readonly config: ArchivedConfig;
}

/** Everything that `index.json` lists. Throws an ArchiveError. */
export async function readOciLayout(tar: TarFile): Promise<Contents> {
  const bytes = await tar.read(INDEX, LONGEST_DOCUMENT);
  return readIndex(tar, new Fields(parseDocument(bytes, INDEX), INDEX));
}

/** Everything that an index lists. Throws an ArchiveError. */
export async function readIndex(tar: TarFile, index: Fields): Promise<Contents> {
  const notes: string[] = [];
  const offers = new Offers();
  for (const { names, listed } of await groupsOf(tar, index)) {
    const named = names.map(({ repository, tag }) => `${repository ?? ''}:${tag}`).join(', ');
    const name = named || 'the image';
    const { platform, manifest, config } = choosePlatform(
      await readManifests(tar, listed),
      name,
      notes,
    );
    const layers = orEmptyLayer(await layersOf(tar, manifest, config), { name, notes });
    offers.add({ names, platform, chain: toV1Images(config, layers) });
  }
  return contentsOf(offers.all, notes);
}

interface Group {
  readonly names: readonly ArchiveName[];
  readonly listed: readonly Listed[];
}

/**
 * The entries of `index.json`, those together that are one image for several platforms: the manifests
 * of an index, entries of the same name, and entries that have a platform and no name.
 */
async function groupsOf(tar: TarFile, index: Fields): Promise<Group[]> {
  const groups = new Map<string, { names: ArchiveName[]; listed: Listed[] }>();
  for (const entry of index.objects('manifests')) {
    const listed = await flatten(tar, entry, 1);
    if (listed.length === 0) continue;
    const names = namesOf(entry);
    const alike = names.length > 0 || entry.has('platform');
    const key = alike ? JSON.stringify(names) : entry.text('digest');
    const group = groups.get(key) ?? { names, listed: [] };
    group.listed.push(...listed);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The manifests behind an entry: itself, or those of the index that it is. */
async function flatten(tar: TarFile, entry: Fields, depth: number): Promise<Listed[]> {
  if (isNoImage(entry)) return [];
  if (depth > DEEPEST) throw new ArchiveError(`${INDEX}: its indexes nest too deep`);
  const blob = blobOf(entry);
  const isIndex = /(?:index|manifest\.list)\.v[\d.]{1,9}\+json$/.test(
    entry.optionalText('mediaType') ?? '',
  );
  if (!isIndex) {
    const platform = entry.optionalObject('platform');
    return [{ blob, platform: platform && platformOf(platform) }];
  }
  const inner = await readBlob(tar, blob);
  const all: Listed[] = [];
  // One after the other, so that the first that is too much is the last that is read.
  for (const each of inner.objects('manifests')) {
    all.push(...(await flatten(tar, each, depth + 1)));
    if (all.length > MOST_IMAGES) throw tooMany();
  }
  return all;
}

/** buildx lists what it attests beside the images, for a platform that is called unknown. */
function isNoImage(entry: Fields): boolean {
  const platform = entry.optionalObject('platform');
  const attests = entry.optionalObject('annotations')?.has(ATTESTATION) === true;
  return attests || platform?.value('os') === 'unknown';
}

/** containerd writes the whole name, others the tag alone, or the whole name into its place. */
function namesOf(entry: Fields): ArchiveName[] {
  const annotations = entry.optionalObject('annotations');
  const whole = annotations?.optionalText(NAME_ANNOTATION);
  if (whole !== undefined) return [archiveName(whole)];
  const ref = annotations?.optionalText(REF_ANNOTATION);
  if (ref === undefined) return [];
  const isWhole = /[/:]/.test(ref) && splitReference(ref).repository !== '';
  return [isWhole ? archiveName(ref) : { repository: undefined, tag: ref }];
}

/**
 * The manifests that are there with all they name: `docker save` lists every platform of an image, and
 * puts in those that it has. Throws an ArchiveError when none is complete.
 */
async function readManifests(tar: TarFile, listed: readonly Listed[]): Promise<Manifest[]> {
  const complete: Manifest[] = [];
  let missing: string | undefined;
  for (const { blob, platform } of listed) {
    const manifest = tar.has(blob) ? await readBlob(tar, blob) : undefined;
    const absent = manifest === undefined ? blob : absentBlob(tar, manifest);
    if (manifest === undefined || absent !== undefined) {
      missing ??= absent;
      continue;
    }
    const file = blobOf(manifest.object('config'));
    const config = new ArchivedConfig(await readSummed(tar, file, LONGEST_DOCUMENT), file);
    complete.push({ platform: platform ?? platformOf(config), manifest, config });
  }
  if (complete.length > 0) return complete;
  throw new ArchiveError(`it has no file ${quote(missing ?? 'blobs')}`);
}

function absentBlob(tar: TarFile, manifest: Fields): string | undefined {
  const named = [manifest.object('config'), ...manifest.objects('layers')].map(blobOf);
  return named.find((blob) => !tar.has(blob));
}

async function layersOf(tar: TarFile, manifest: Fields, config: Fields): Promise<ArchivedLayer[]> {
  const diffIds = diffIdsOf(config);
  const layers = manifest.objects('layers');
  if (layers.length !== diffIds.length) {
    throw new ArchiveError(
      `${manifest.place} lists ${layers.length} layers, and ${config.place} ${diffIds.length}`,
    );
  }
  return layers.map((layer, index) => {
    const blob = blobOf(layer);
    const size = tar.size(blob);
    if (layer.has('size') && layer.number('size') !== size) {
      throw new ArchiveError(`${quote(blob)} has ${size} bytes, not ${layer.number('size')}`);
    }
    return { file: tar.target(blob), size, digest: layer.text('digest'), diffId: diffIds[index] };
  });
}

async function readBlob(tar: TarFile, blob: string): Promise<Fields> {
  return new Fields(
    parseDocument(await readSummed(tar, blob, LONGEST_DOCUMENT), blob),
    quote(blob),
  );
}

/** Where the blob of a descriptor lies. Throws an ArchiveError unless it is named by a SHA-256. */
function blobOf(descriptor: Fields): string {
  const digest = descriptor.text('digest');
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? [];
  if (hex === undefined) throw new ArchiveError(`${quote(digest)} is not a sha256 digest`);
  return `blobs/sha256/${hex}`;
}
