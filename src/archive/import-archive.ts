import { Duplex, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Domain } from '../domain/domain.js';
import type { ImageImport } from '../domain/images/imports.js';
import { compressionOf } from '../domain/layers/compression.js';
import { decompress } from '../domain/layers/decoders/decompress.js';
import { checkLayers, filesOf } from './check-layers.js';
import type { ArchivedImage, ArchivedLayer } from './contents.js';
import { type Destination, type Plan, planImport } from './placements.js';
import type { ReadOptions } from './plain-file.js';
import type { ProgressListener } from './progress.js';
import { explain, type ImageArchive, readArchive } from './read-archive.js';

/** Where the images go, and how the archive is read. */
export type ImportOptions = Destination & Omit<ReadOptions, 'onBegin' | 'onBytes'>;

/** What an import did. */
export interface ImportedImages {
  /** Ids of the images that came in. */
  readonly stored: readonly string[];
  /** Ids of those that were here before. */
  readonly here: readonly string[];
  readonly tags: readonly {
    readonly repository: string;
    readonly tag: string;
    readonly image: string;
  }[];
  /** Ids of images that nothing names, and that were left out for it. */
  readonly leftOut: readonly string[];
}

/**
 * Takes the images of an archive in: its path, its bytes, or one that is open already and stays so.
 * They go where `options` say, or where the archive does. All layers are checked before anything is
 * stored, and nobody sees an image before all are: it is everything or nothing.
 *
 * Gzipped layers are stored as they came, with the digest they had; all others are gzipped, as docker does
 * when it pushes.
 *
 * Throws an ArchiveError, or a HubError where the images break a rule of the registry.
 */
export async function importArchive(
  hub: { readonly domain: Domain },
  source: string | Readable | ImageArchive,
  options: ImportOptions = {},
  onProgress: ProgressListener = () => {},
): Promise<ImportedImages> {
  const isOpen = typeof source !== 'string' && 'openLayer' in source;
  const archive = isOpen ? source : await openSource(source, options, onProgress);
  try {
    return await takeIn(hub.domain, archive, options, onProgress);
  } catch (error) {
    throw explain(error, archive.path);
  } finally {
    if (!isOpen) await archive.close();
  }
}

/** As `readArchive`, telling how the reading goes on. */
export function openSource(
  source: string | Readable,
  options: ReadOptions,
  onProgress: ProgressListener,
): Promise<ImageArchive> {
  return readArchive(source, {
    ...options,
    onBegin: (bytes) => onProgress({ kind: 'begin', work: 'reading', bytes }),
    onBytes: (bytes) => onProgress({ kind: 'bytes', bytes }),
  });
}

async function takeIn(
  { imports }: Domain,
  archive: ImageArchive,
  destination: Destination,
  onProgress: ProgressListener,
): Promise<ImportedImages> {
  for (const text of archive.notes) onProgress({ kind: 'note', text });
  const plan = planImport(archive, destination);
  const onBytes = (bytes: number): void => onProgress({ kind: 'bytes', bytes });
  onProgress({ kind: 'begin', work: 'checking', bytes: lengthOf(filesOf(plan.images)) });
  await checkLayers(archive, plan.images, { maxInflated: imports.maxLayer, onBytes });
  const entry = imports.begin();
  try {
    const stored = await storeImages(entry, archive, plan.images, onProgress);
    await entry.commit(plan.placements);
    return report(plan, stored, onProgress);
  } catch (error) {
    await entry.discard();
    throw error;
  }
}

async function storeImages(
  entry: ImageImport,
  archive: ImageArchive,
  images: readonly ArchivedImage[],
  onProgress: ProgressListener,
): Promise<ReadonlySet<string>> {
  const fresh = new Set(images.filter(({ id }) => !entry.has(id)));
  const layers = [...fresh].map(({ layer }) => layer);
  onProgress({ kind: 'begin', work: 'storing', bytes: lengthOf(layers) });
  const stored = new Set<string>();
  for (const image of images) {
    const { id, layer } = image;
    if (fresh.has(image)) {
      await storeImage(entry, archive, image, (bytes) => onProgress({ kind: 'bytes', bytes }));
      stored.add(id);
    }
    const state = fresh.has(image) ? 'stored' : 'here';
    onProgress({ kind: 'image', id, state, size: layer.size });
  }
  return stored;
}

async function storeImage(
  entry: ImageImport,
  archive: ImageArchive,
  { id, json, config, layer }: ArchivedImage,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const compression = compressionOf(await archive.headOf(layer));
  const source = archive.openLayer(layer);
  const counting = new Transform({
    transform: (chunk: Buffer, _, done) => {
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  const stages: Duplex[] = [counting];
  if (compression !== undefined && compression !== 'gzip') {
    stages.push(Duplex.from((bytes: AsyncIterable<Buffer>) => decompress(bytes, compression)));
  }
  if (compression !== 'gzip') stages.push(createGzip());
  const last = stages.at(-1) ?? counting;
  // What goes wrong here also destroys the last stage, and is thrown where that is read.
  const flow = pipeline([source, ...stages]).catch(() => undefined);
  try {
    await entry.add(id, json, last);
    if (config !== undefined) entry.configure(id, config);
  } finally {
    last.destroy();
    await flow;
  }
}

function lengthOf(layers: readonly ArchivedLayer[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

function report(
  { placements, images, leftOut }: Plan,
  stored: ReadonlySet<string>,
  onProgress: ProgressListener,
): ImportedImages {
  const tags = placements.flatMap(({ name, tags: own }) =>
    Object.entries(own).map(([tag, image]) => ({ repository: name.full, tag, image })),
  );
  for (const tag of tags) onProgress({ kind: 'tag', ...tag });
  for (const id of leftOut) {
    onProgress({ kind: 'note', text: `image ${id} has no name and was left out` });
  }
  const here = images.map(({ id }) => id).filter((id) => !stored.has(id));
  return { stored: [...stored], here, tags, leftOut };
}
