import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { BlobFiles } from './blob-files.js';
import { digestFile, isDigest } from './digests.js';
import { type Disk, isUnfinished } from './disk.js';
import { eachChunk } from './each-chunk.js';
import { type ByteRange, LayerPieces } from './layer-pieces.js';
import { type FileTwin, takeFile } from './linked-file.js';
import { type OpenLayer, openWholeFile } from './open-layer.js';
import { PieceMemory } from './piece-memory.js';
import { StreamedFile } from './streamed-file.js';

/** A file of an image: its name inside the image's folder, and its length in bytes. */
export interface StoredFile {
  readonly file: string;
  readonly size: number;
}

/**
 * The bytes of images: the json exactly as it was pushed, and the layer. Each upload writes files of
 * its own (`json-<random>`, `layer-<random>`), and a document says which of them count; so nothing
 * that can be read is ever rewritten, and completing an image is the writing of one document. A layer can also
 * be a blob: then its name is the digest, and it is not removed here.
 */
export class ImageFiles {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #blobs: BlobFiles;
  readonly #elsewhere: ReadonlyMap<string, string>;
  readonly #memory = new PieceMemory();
  /** How often each file is kept. */
  readonly #kept = new Map<string, number>();

  /**
   * `root` is the folder that holds one folder per image id; `elsewhere` tells where files are to be read
   * that are not in their places.
   */
  constructor(
    disk: Disk,
    root: string,
    blobs: BlobFiles,
    elsewhere: ReadonlyMap<string, string> = new Map(),
  ) {
    this.#disk = disk;
    this.#root = root;
    this.#blobs = blobs;
    this.#elsewhere = elsewhere;
  }

  /** Stores an image json as it came. Durable before any document that is written after it. */
  async writeJson(id: string, bytes: Uint8Array): Promise<StoredFile> {
    const file = newName('json');
    await this.#orNothing(id, file, () => this.#disk.replaceFile(this.#path(id, file), bytes));
    return { file, size: bytes.length };
  }

  /**
   * Streams a layer in, showing each chunk to `onChunk` on its way. Durable as `writeJson`; when the
   * source fails or ends early, or `onChunk` throws, it rejects and leaves no file.
   */
  async receiveLayer(
    id: string,
    source: Readable,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<StoredFile> {
    const file = newName('layer');
    const size = await this.#orNothing(id, file, () =>
      receive(new StreamedFile(this.#disk, this.#memory, this.#path(id, file)), source, onChunk),
    );
    return { file, size };
  }

  /** Takes in a layer that another thread reads (`takeFile`). Resolves to the name of its file and to what `read` does. */
  async takeLayer<R>(
    id: string,
    twin: FileTwin | undefined,
    read: (copy: string | undefined) => Promise<R>,
  ): Promise<readonly [file: string, result: R]> {
    const file = newName('layer');
    const path = this.#path(id, file);
    return [file, await this.#orNothing(id, file, () => takeFile(this.#disk, path, twin, read))];
  }

  /** The json of an image, byte for byte: short, and so read at once (see NewFile). */
  async readJson(id: string, file: string): Promise<Buffer> {
    return readFileSync(this.#path(id, file));
  }

  /** A stream over a layer or a part of it; the file is open when this resolves. */
  async openLayer(id: string, file: string, range?: ByteRange): Promise<Readable> {
    const handle = await open(this.#path(id, file));
    return handle.createReadStream({
      highWaterMark: 256 * 1024,
      ...(range === undefined ? {} : { start: range.first, end: range.last }),
    });
  }

  /**
   * A layer or a part of it, to be sent; the file is open when this resolves. It takes a third of what a
   * stream does, as its memory is used over and over.
   */
  openPieces(id: string, file: string, range: ByteRange): Promise<LayerPieces> {
    return LayerPieces.open(this.#path(id, file), range, this.#memory);
  }

  /** A layer as a place in a file, for a thread that reads it from end to end. */
  openWhole(id: string, file: string): Promise<OpenLayer> {
    return openWholeFile(this.#path(id, file));
  }

  /**
   * Keeps what was listed of a layer beside it, gzipped JSON, until the layer is removed. If that was before this
   * resolves the caller removes it.
   */
  async writeListing(id: string, layer: string, bytes: Uint8Array): Promise<void> {
    const file = listingOf(layer);
    await this.#orNothing(id, file, () =>
      receive(
        new StreamedFile(this.#disk, this.#memory, this.#path(id, file)),
        Readable.from([bytes], { objectMode: true }),
        () => {},
      ),
    );
  }

  /** What is kept of `writeListing`, if anything. */
  async openListing(id: string, layer: string): Promise<Readable | undefined> {
    if (!this.has(id, listingOf(layer))) return undefined;
    return this.openLayer(id, listingOf(layer));
  }

  /** Removes what is kept of layers that are gone, and the image's folder once it is empty. */
  async removeListings(id: string, files: readonly string[]): Promise<void> {
    const layers = files.filter((file) => file.startsWith('layer-') || isDigest(file));
    const listings = layers.map(listingOf).filter((file) => this.has(id, file));
    await this.#disk.dropFiles(listings.map((file) => this.#path(id, file)));
    await this.#removeFolderIfEmpty(id);
  }

  /** Whether a file of an image is there. */
  has(id: string, file: string): boolean {
    return existsSync(this.#path(id, file));
  }

  /** Keeps a file on the disk until it is released, even if it is removed: a snapshot needs it. */
  keep(id: string, file: string): void {
    if (isDigest(file)) {
      this.#blobs.keep(file);
      return;
    }
    const key = `${id}/${file}`;
    this.#kept.set(key, (this.#kept.get(key) ?? 0) + 1);
  }

  /** Ends one `keep`. The file stays; the caller removes it, once no document names it. */
  release(id: string, file: string): void {
    if (isDigest(file)) {
      this.#blobs.release(file);
      return;
    }
    const key = `${id}/${file}`;
    const left = (this.#kept.get(key) ?? 0) - 1;
    if (left > 0) this.#kept.set(key, left);
    else this.#kept.delete(key);
  }

  /** Removes files of an image unless they are kept, and its folder once it is empty. */
  async remove(id: string, files: readonly string[]): Promise<void> {
    const free = files.filter((file) => isDigest(file) || !this.#kept.has(`${id}/${file}`));
    const own = free.filter((file) => !isDigest(file));
    await this.#disk.dropFiles(own.map((file) => this.#path(id, file)));
    await this.removeListings(id, free);
  }

  /**
   * Removes those of our files that no document names: what a killed process was still writing.
   * `belongs` tells whether a file of an image is named by a document; a list belongs to its layer.
   * Runs before anybody is served, or after. What people put there stays.
   */
  async sweep(belongs: (id: string, file: string) => boolean): Promise<void> {
    for (const entry of readdirSync(this.#root, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const id = entry.name;
      const files = readdirSync(join(this.#root, id));
      const strays = files.filter((file) => isOurs(file) && !belongs(id, file));
      if (strays.length === 0 && files.length > 0) continue;
      await this.#disk.dropFiles(strays.map((file) => join(this.#root, id, file)));
      await this.#removeFolderIfEmpty(id);
    }
  }

  /** Where a file of an image lies. */
  path(id: string, file: string): string {
    return this.#path(id, file);
  }

  #path(id: string, file: string): string {
    if (isDigest(file)) return this.#blobs.path(file);
    const path = join(this.#root, id, file);
    return this.#elsewhere.get(path) ?? path;
  }

  /** Runs work that writes one file; when it fails, nothing of the file is left. */
  async #orNothing<R>(id: string, file: string, work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      await this.#disk.erase(this.#path(id, file));
      await this.#removeFolderIfEmpty(id).catch(() => undefined);
      throw error;
    }
  }

  async #removeFolderIfEmpty(id: string): Promise<void> {
    try {
      await rmdir(join(this.#root, id));
    } catch (error) {
      // Another upload of the same image still has its files there, or the folder is gone already.
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
    }
  }
}

/** Writes what a source gives, showing it to `onChunk`; resolves to the number of its bytes. */
async function receive(
  file: StreamedFile,
  source: Readable,
  onChunk: (chunk: Uint8Array) => void,
): Promise<number> {
  let size = 0;
  try {
    await eachChunk(source, (chunk) => {
      onChunk(chunk);
      size += chunk.length;
      return file.write(chunk);
    });
    await file.finish();
  } catch (error) {
    await file.discard();
    throw error;
  }
  return size;
}

/** Whether a name is one that `newName` gives. */
export function isImageFile(file: string): boolean {
  return /^(?:json|layer)-[0-9a-f]{12}$/.test(file);
}

/** Whether a name is that of a list of a layer's files. */
export function isListing(file: string): boolean {
  return /^files-[0-9a-f]{12}$/.test(file);
}

/** The name of the list of a layer's files. */
export function listingOf(layer: string): string {
  if (!isDigest(layer)) return layer.replace('layer', 'files');
  const hex = digestFile(layer).split('-')[1] ?? '';
  return `files-${hex.slice(0, NAME_DIGITS)}`;
}

function isOurs(file: string): boolean {
  return isImageFile(file) || isListing(file) || isUnfinished(file);
}

const NAME_DIGITS = 12;

function newName(kind: 'json' | 'layer'): string {
  return `${kind}-${randomBytes(NAME_DIGITS / 2).toString('hex')}`;
}
