import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { compressionOf, HEAD, unreadable } from './compression.js';
import { ArchiveError, quote } from './errors.js';
import { chunksOf, openPlain, type ReadOptions } from './plain-file.js';
import { counted } from './progress.js';

/** The `docker save` of a whole class's images has some thousands. */
const MOST_ENTRIES = 100_000;
const LONGEST_NAME = 4096;
/** A link to a link to a link: no tool writes longer rows. */
const MOST_LINKS = 10;
/** How much of an archive is ever held in memory: its documents, not its layers. */
const MOST_IN_MEMORY = 64 * 1024 * 1024;

/** Where an entry's bytes are, or where else to look for them. */
type Place =
  | { readonly kind: 'file'; readonly offset: number; readonly size: number }
  | { readonly kind: 'link'; readonly target: string };

type FilePlace = Extract<Place, { kind: 'file' }>;

/** A header of a tar comes before the content, and has one block. */
const BLOCK = 512;
/** Tars of the format of 1979 too; its types have forgotten the option. */
const EXTRACT_OPTIONS: object = { allowUnknownFormat: true };

/**
 * A tar whose entries can be read in any order, any number of times. What is given as a stream or as
 * gzip is unpacked into a temporary file first; nothing is ever written under a name from the archive.
 */
export class TarFile {
  readonly #handle: FileHandle;
  readonly #places: ReadonlyMap<string, Place>;
  #inMemory = 0;

  private constructor(handle: FileHandle, places: ReadonlyMap<string, Place>) {
    this.#handle = handle;
    this.#places = places;
  }

  /** Reads through a tar once. Throws an ArchiveError when it is none, or not whole. */
  static async open(source: string | Readable, options: ReadOptions = {}): Promise<TarFile> {
    const { handle, onBytes } = await openPlain(source, options);
    try {
      return new TarFile(handle, await findPlaces(handle, onBytes));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Every name under which there is a file, or a link to one. */
  names(): Iterable<string> {
    return this.#places.keys();
  }

  /** Whether there is a file of this name, perhaps through links. */
  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** Length of a file in bytes. Throws an ArchiveError when it is missing. */
  size(name: string): number {
    return this.#require(name).size;
  }

  /** The name of the file that a name leads to, through links. */
  target(name: string): string {
    let current = name;
    for (let steps = 0; steps < MOST_LINKS; steps += 1) {
      const place = this.#places.get(current);
      if (place?.kind !== 'link') break;
      current = place.target;
    }
    return current;
  }

  /** A whole file, of at most `limit` bytes. Throws an ArchiveError when it is longer or missing. */
  async read(name: string, limit: number): Promise<Buffer> {
    const { offset, size } = this.#require(name);
    if (size > limit) {
      throw new ArchiveError(`${quote(name)} has ${size} bytes, and ${limit} are allowed`);
    }
    this.#inMemory += size;
    if (this.#inMemory > MOST_IN_MEMORY) {
      throw new ArchiveError(`its documents together have more than ${MOST_IN_MEMORY} bytes`);
    }
    return this.#readAt(offset, size);
  }

  /** The first bytes of a file, by which its format can be told. */
  async head(name: string): Promise<Buffer> {
    const { offset, size } = this.#require(name);
    return this.#readAt(offset, Math.min(size, HEAD));
  }

  /** A stream over a file. Throws an ArchiveError when it is missing. */
  stream(name: string): Readable {
    const { offset, size } = this.#require(name);
    return Readable.from(chunksOf(this.#handle, offset, offset + size), { objectMode: false });
  }

  /** Gives the file back; a temporary one is gone then. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  #find(name: string): FilePlace | undefined {
    const place = this.#places.get(this.target(name));
    return place?.kind === 'file' ? place : undefined;
  }

  #require(name: string): FilePlace {
    const place = this.#find(name);
    if (place !== undefined) return place;
    throw new ArchiveError(`it has no file ${quote(name)}`);
  }

  async #readAt(offset: number, size: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of chunksOf(this.#handle, offset, offset + size)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

/** Finds every file and link of a tar. The last entry of a name counts, as when it is unpacked. */
async function findPlaces(
  handle: FileHandle,
  onBytes: (bytes: number) => void,
): Promise<Map<string, Place>> {
  const { size: length } = await handle.stat();
  const head = Buffer.alloc(HEAD);
  await handle.read(head, 0, HEAD, 0);
  const compression = compressionOf(head);
  if (compression !== undefined) throw unreadable('it', compression);
  const places = new Map<string, Place>();
  const source = Readable.from(counted(chunksOf(handle, 0, length), onBytes), {
    objectMode: false,
  });
  const tar = extract(EXTRACT_OPTIONS);
  // What goes wrong on the way in is thrown by the reading below.
  pipeline(source, tar).catch(() => undefined);
  try {
    for await (const entry of tar) {
      notePlace(places, entry.header, { offset: entry.offset + BLOCK, length });
      entry.resume();
    }
  } catch (error) {
    if (error instanceof ArchiveError || isSystemError(error)) throw error;
    throw new ArchiveError(`it is no sound tar: ${(error as Error).message}`);
  } finally {
    source.destroy();
  }
  return places;
}

function isSystemError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall !== undefined;
}

/** Notes an entry whose content is at `offset` of `length` bytes. */
function notePlace(
  places: Map<string, Place>,
  { name: given, size, type, linkname }: Header,
  { offset, length }: { readonly offset: number; readonly length: number },
): void {
  if (offset + size > length) {
    throw new ArchiveError(
      `it is cut short: ${quote(given)} is said to have ${size} bytes, ` +
        `and ${Math.max(0, length - offset)} are left`,
    );
  }
  const name = insideName(given);
  if (name === '' || given.endsWith('/')) return;
  if (type === 'file' || type === 'contiguous-file') {
    places.set(name, { kind: 'file', offset, size });
  } else if (type === 'symlink' || type === 'link') {
    const base = type === 'symlink' ? posix.dirname(name) : '';
    places.set(name, { kind: 'link', target: linkTarget(name, base, linkname ?? '') });
  } else {
    // A folder or device of a name takes the place of a file that had it.
    places.delete(name);
  }
  if (places.size > MOST_ENTRIES) {
    throw new ArchiveError(`it has more than ${MOST_ENTRIES} entries`);
  }
}

/** A name without `./` and doubled slashes. Throws an ArchiveError for one that leads outside. */
function insideName(name: string): string {
  if (name.length > LONGEST_NAME)
    throw new ArchiveError(`a name in it is too long: ${quote(name)}`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..')) {
    throw new ArchiveError(`the name of an entry leads out of it: ${quote(name)}`);
  }
  return parts.join('/');
}

function linkTarget(name: string, base: string, link: string): string {
  const target = posix.join(base, link);
  if (link === '' || link.startsWith('/') || target === '..' || target.startsWith('../')) {
    throw new ArchiveError(`the link ${quote(name)} leads out of it: ${quote(link)}`);
  }
  return insideName(target);
}
