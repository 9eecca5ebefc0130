import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { open, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Disk } from './disk.js';

/** A file of an image: its name inside the image's folder, and its length in bytes. */
export interface StoredFile {
  readonly file: string;
  readonly size: number;
}

/** A part of a layer: from the first byte to the last, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The bytes of images: the json exactly as it was pushed, and the layer. Each upload writes files of
 * its own (`json-<random>`, `layer-<random>`), and a document says which of them count; so nothing
 * that can be read is ever rewritten, and completing an image is the writing of one document.
 */
export class ImageFiles {
  readonly #disk: Disk;
  readonly #root: string;

  /** `root` is the folder that holds one folder per image id. */
  constructor(disk: Disk, root: string) {
    this.#disk = disk;
    this.#root = root;
  }

  /** Stores an image json as it came. Durable when it resolves. */
  async writeJson(id: string, bytes: Uint8Array): Promise<StoredFile> {
    const file = newName('json');
    await this.#disk.replaceFile(this.#path(id, file), bytes);
    return { file, size: bytes.length };
  }

  /**
   * Streams a layer in, showing each chunk to `onChunk` on its way. Durable when it resolves; when
   * the source fails or ends early, or `onChunk` throws, it rejects and leaves no file.
   */
  async receiveLayer(
    id: string,
    source: Readable,
    onChunk: (chunk: Uint8Array) => void,
  ): Promise<StoredFile> {
    const file = newName('layer');
    const aside = await this.#disk.openAside(this.#path(id, file));
    let size = 0;
    try {
      for await (const chunk of source as AsyncIterable<Uint8Array>) {
        onChunk(chunk);
        await this.#disk.append(aside, chunk);
        size += chunk.length;
      }
    } catch (error) {
      await this.#disk.discard(aside);
      await this.#removeFolderIfEmpty(id);
      throw error;
    }
    await this.#disk.finish(aside, this.#path(id, file));
    return { file, size };
  }

  /** The json of an image, byte for byte. */
  readJson(id: string, file: string): Promise<Buffer> {
    return readFile(this.#path(id, file));
  }

  /** A stream over a layer or a part of it; the file is open when this resolves. */
  async openLayer(id: string, file: string, range?: ByteRange): Promise<Readable> {
    const handle = await open(this.#path(id, file));
    return handle.createReadStream({
      highWaterMark: 256 * 1024,
      ...(range === undefined ? {} : { start: range.first, end: range.last }),
    });
  }

  /** Removes files of an image, and its folder once it is empty. */
  async remove(id: string, files: readonly string[]): Promise<void> {
    await this.#disk.removeFiles(join(this.#root, id), files);
    await this.#removeFolderIfEmpty(id);
  }

  /**
   * Removes what no document names: what a killed process was still writing. `belongs` tells whether
   * a file of an image is named by a document. Runs at a start, before anybody is served.
   */
  async sweep(belongs: (id: string, file: string) => boolean): Promise<void> {
    for (const id of readdirSync(this.#root)) {
      const files = readdirSync(join(this.#root, id));
      const strays = files.filter((file) => !belongs(id, file));
      if (strays.length === 0 && files.length > 0) continue;
      for (const file of strays) await rm(join(this.#root, id, file), { force: true });
      await this.#removeFolderIfEmpty(id);
    }
  }

  /** Every file below an image's folder, for a check of the whole directory. */
  list(): { id: string; files: string[] }[] {
    return readdirSync(this.#root).map((id) => ({ id, files: readdirSync(join(this.#root, id)) }));
  }

  #path(id: string, file: string): string {
    return join(this.#root, id, file);
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

function newName(kind: 'json' | 'layer'): string {
  return `${kind}-${randomBytes(6).toString('hex')}`;
}
