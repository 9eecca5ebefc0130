import { Readable } from 'node:stream';
import type { ArchivedLayer, Contents } from './contents.js';
import { EMPTY_LAYER, EMPTY_TAR } from './conversion.js';
import { MANIFEST, readDockerLayout } from './docker-layout.js';
import { ArchiveError, asArchiveError } from './errors.js';
import { INDEX, readOciLayout } from './oci-layout.js';
import { readOldLayout } from './old-layout.js';
import type { ReadOptions } from './plain-file.js';
import { TarFile } from './tar-file.js';

/** An archive that was understood; its layers are still to be read, and to be checked. */
export interface ImageArchive extends Contents {
  /** What errors call it: its path, if it has one. */
  readonly path: string | undefined;
  /** The first bytes of a layer, by which its compression can be told. */
  headOf(layer: ArchivedLayer): Promise<Buffer>;
  /** The bytes of a layer, as they stand in the archive. */
  openLayer(layer: ArchivedLayer): Readable;
  close(): Promise<void>;
}

/**
 * Reads an image archive, compressed or not: the path of one, or its bytes. Layers are not looked into.
 * Throws an ArchiveError: one line, naming the file if a path was given.
 */
export async function readArchive(
  source: string | Readable,
  options: ReadOptions = {},
): Promise<ImageArchive> {
  const path = typeof source === 'string' ? source : undefined;
  try {
    const tar = await TarFile.open(source, options);
    try {
      return openArchive(path, tar, await readContents(tar));
    } catch (error) {
      await tar.close();
      throw error;
    }
  } catch (error) {
    throw explain(error, path);
  }
}

/** Says which file an error is about. */
export function explain(thrown: unknown, path: string | undefined): unknown {
  const error = asArchiveError(thrown);
  if (!(error instanceof ArchiveError) || path === undefined) return error;
  return new ArchiveError(`${path}: ${error.message}`);
}

async function readContents(tar: TarFile): Promise<Contents> {
  const contents = await readLayout(tar);
  if (contents.images.length === 0) throw new ArchiveError('it holds no image');
  return contents;
}

/** An archive of several layouts says the same in each, and `manifest.json` says most. */
function readLayout(tar: TarFile): Promise<Contents> {
  if (tar.has(MANIFEST)) return readDockerLayout(tar);
  return tar.has(INDEX) ? readOciLayout(tar) : readOldLayout(tar);
}

function openArchive(path: string | undefined, tar: TarFile, contents: Contents): ImageArchive {
  return {
    path,
    ...contents,
    headOf: async (layer) => (layer === EMPTY_LAYER ? EMPTY_TAR : tar.head(layer.file)),
    openLayer: (layer) =>
      layer === EMPTY_LAYER ? Readable.from([EMPTY_TAR]) : tar.stream(layer.file),
    close: () => tar.close(),
  };
}
