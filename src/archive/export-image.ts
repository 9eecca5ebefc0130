import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { goText } from '../domain/bridge/go-json.js';
import { type ConfigLayer, imageConfig, isConfigOf } from '../domain/bridge/image-config.js';
import type { Domain } from '../domain/domain.js';
import { LayerFormatError } from '../domain/layers/inflate.js';
import { measureLayer } from '../domain/layers/layer-measure.js';
import { uncompressed } from '../domain/layers/uncompressed.js';
import { isNameOfV2, LIBRARY, type RepositoryName } from '../domain/repositories/names.js';
import { MANIFEST } from './docker-layout.js';
import { ArchiveError, asArchiveError } from './errors.js';
import { type ExportSource, findSource, type SourceImage } from './export-source.js';
import { REPOSITORIES } from './old-layout.js';
import { counted, type ProgressListener } from './progress.js';
import { sha256 } from './sums.js';
import { TarWriter } from './tar-writer.js';

/** What was written. */
export interface ExportedImage {
  /** The v1 id of the image that the tag points at. */
  readonly image: string;
  /** The id that docker gives it when it loads the tar: `sha256:` of its config. */
  readonly imageId: string;
  /** False when today's docker allows no such name: then it loads the image under its id alone. */
  readonly named: boolean;
}

/** An image that is about to be written, and what is known of its tar without holding it. */
interface MeasuredImage extends ConfigLayer {
  /** Length of the layer as it is stored, and of the tar that it holds. */
  readonly stored: number;
  readonly size: number;
  readonly openLayer: SourceImage['openLayer'];
}

type Named = Pick<ExportSource, 'name' | 'tag'>;

/**
 * Writes `ns/repo[:tag]` as a tar that `docker load` takes, and ends `output`: `manifest.json` with a
 * config for docker since 1.10, a folder for each image and `repositories` for those before, and for
 * `importArchive`, which so finds the same ids. Layers are exactly what was pushed, uncompressed, so that docker
 * gives the image the id that it has over v2. The same image always gives the same bytes.
 *
 * Layers are read twice, since their length stands before them; memory does not grow with them.
 *
 * Throws an ArchiveError, and destroys `output`: what was written until then is not a whole archive.
 */
export async function exportImage(
  { domain }: { readonly domain: Domain },
  reference: string,
  output: Writable,
  onProgress: ProgressListener = () => {},
): Promise<ExportedImage> {
  try {
    return await writeImage(domain, reference, output, onProgress);
  } catch (error) {
    output.destroy();
    throw asArchiveError(error);
  }
}

async function writeImage(
  domain: Domain,
  reference: string,
  output: Writable,
  onProgress: ProgressListener,
): Promise<ExportedImage> {
  const source = await findSource(domain, reference);
  const bytes = source.images.reduce((sum, { size }) => sum + size, 0);
  const onBytes = (count: number): void => onProgress({ kind: 'bytes', bytes: count });
  onProgress({ kind: 'begin', work: 'measuring', bytes });
  const images: MeasuredImage[] = [];
  for (const image of source.images) images.push(await measure(image, onBytes));
  const config = configOf(source, images);
  onProgress({ kind: 'begin', work: 'writing', bytes });
  const tar = pack();
  await whileRead(tar, output, () => {
    return writeAll(new TarWriter(tar), { named: source, images, config }, onProgress);
  });
  return {
    image: images.at(-1)?.id ?? '',
    imageId: `sha256:${sha256(config)}`,
    named: isNameToday(source),
  };
}

/** The config that the image came with, if it is of these layers; else the one that docker makes of v1 images. */
function configOf({ config }: ExportSource, images: readonly MeasuredImage[]): Buffer {
  const diffIds = images.map(({ diffId }) => diffId);
  const isOwn = config !== undefined && isConfigOf(config, diffIds);
  return isOwn ? config : Buffer.from(imageConfig(images));
}

async function measure(
  image: SourceImage,
  onBytes: (bytes: number) => void,
): Promise<MeasuredImage> {
  const { id, promised } = image;
  try {
    const source = await image.openLayer();
    const { diffId, size } = await measureLayer(Readable.from(counted(source, onBytes)));
    if (diffId !== (promised ?? diffId)) {
      throw new ArchiveError(`a layer of image ${id} is not what its config says`);
    }
    return { ...image, diffId, stored: image.size, size };
  } catch (error) {
    if (!(error instanceof LayerFormatError)) throw error;
    throw new ArchiveError(`the layer of image ${id} can't be exported: ${error.message}`);
  }
}

/** What a layer holds, to the byte: an end of the archive that its push left out stays out. */
async function openTar(
  image: MeasuredImage,
  onBytes: (bytes: number) => void,
): Promise<AsyncIterable<Buffer>> {
  return uncompressed(Readable.from(counted(await image.openLayer(), onBytes)));
}

/** Runs work that fills a tar, while `output` is filled from it. A failure of one side ends both. */
async function whileRead(tar: Pack, output: Writable, work: () => Promise<void>): Promise<void> {
  let failure: unknown;
  const end = (error: unknown): void => {
    failure ??= error;
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  };
  const reading = pipeline(Readable.from(tar, { objectMode: false }), output);
  await Promise.all([reading.catch(end), work().catch(end)]);
  if (failure !== undefined) throw failure;
}

interface ToWrite {
  readonly named: Named;
  readonly images: readonly MeasuredImage[];
  readonly config: Buffer;
}

async function writeAll(
  tar: TarWriter,
  { named, images, config }: ToWrite,
  onProgress: ProgressListener,
): Promise<void> {
  const writtenAs = new Map<string, string>();
  for (const image of images) {
    const { id, json, size, stored, diffId } = image;
    await tar.folder(`${id}/`);
    await tar.file(`${id}/VERSION`, '1.0');
    await tar.file(`${id}/json`, json);
    const same = writtenAs.get(diffId);
    if (same === undefined) {
      const onBytes = (bytes: number): void => onProgress({ kind: 'bytes', bytes });
      await tar.stream(`${id}/layer.tar`, size, await openTar(image, onBytes));
      writtenAs.set(diffId, id);
    } else {
      // As docker does: many images of the time differ in their json alone.
      await tar.link(`${id}/layer.tar`, `../${same}/layer.tar`);
      onProgress({ kind: 'bytes', bytes: stored });
    }
    onProgress({ kind: 'image', id, state: 'written', size: stored });
  }
  const configFile = `${sha256(config)}.json`;
  await tar.file(configFile, config);
  await tar.file(MANIFEST, manifest(named, configFile, images));
  await tar.file(REPOSITORIES, repositories(named, images));
  tar.end();
}

function manifest(named: Named, configFile: string, images: readonly MeasuredImage[]): string {
  const layers = images.map(({ id }) => `${id}/layer.tar`);
  const names = isNameToday(named) ? [`${familiar(named.name)}:${named.tag}`] : null;
  return `${JSON.stringify([{ Config: configFile, RepoTags: names, Layers: layers }])}\n`;
}

function repositories({ name, tag }: Named, images: readonly MeasuredImage[]): string {
  const top = images.at(-1)?.id ?? '';
  return `{${goText(familiar(name))}:{${goText(tag)}:${goText(top)}}}\n`;
}

/** Official images go by their name alone. */
function familiar({ namespace, name, full }: RepositoryName): string {
  return namespace === LIBRARY ? name : full;
}

function isNameToday({ name }: Named): boolean {
  return isNameOfV2(name);
}
