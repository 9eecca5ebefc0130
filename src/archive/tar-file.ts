import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { HEAD } from '../domain/layers/compression.js';
import { LayerFormatError } from '../domain/layers/inflate.js';
import { Allowance } from '../domain/layers/layer-bounds.js';
import { type TarEntry, tarEntries } from '../domain/layers/tar-entries.js';
import { ArchiveError, quote } from './errors.js';
import { chunksOf, openPlain, type ReadOptions } from './plain-file.js';
import { counted } from './progress.js';

/** The `docker save` of a whole class's images has some thousands. */
const MOST_ENTRIES = 100_000;
const LONGEST_NAME = 4096;
/** All names are held in memory: in bytes, and what lengthens them. */
const MOST_NAMES = 16 * 1024 * 1024;
const BOUNDS = { maxEntries: MOST_ENTRIES, maxNames: MOST_NAMES };
/** A link to a link to a link: no tool writes longer rows. */
const MOST_LINKS = 10;
/** How much of an archive is ever held in memory: its documents, not its layers. */
const MOST_IN_MEMORY = 64 * 1024 * 1024;

/** Where an entry's bytes are, or where else to look for them. */
type Place =
  | { readonly kind: 'file'; readonly offset: number; readonly size: number }
  | { readonly kind: 'link'; readonly target: string };

type FilePlace = Extract<Place, { kind: 'file' }>;

/** Files of old and of new tars, and contiguous ones. */
const FILES: ReadonlySet<string> = new Set(['0', '\0', '7']);
const HARD_LINK = '1';
const SYMBOLIC_LINK = '2';

/**
 * A tar whose entries can be read in any order, any number of times. What is given as a stream or
 * compressed is unpacked into a temporary file first; nothing is ever written under a name from the archive.
 */
export class TarFile {
  readonly #handle: FileHandle;
  readonly #places: ReadonlyMap<string, Place>;
  #inMemory = 0;

  private constructor(handle: FileHandle, places: ReadonlyMap<string, Place>) {
    this.#handle = handle;
    this.#places = places;
  }

  /** Reads through a tar once. Throws an ArchiveError when it is not a tar, or not whole. */
  static async open(source: string | Readable, options: ReadOptions = {}): Promise<TarFile> {
    const { handle, onBytes } = await openPlain(source, options);
    try {
      return new TarFile(handle, await findPlaces(handle, onBytes));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The same files also under other names, by which those lead to them; it is closed with this one. */
  withNames(names: ReadonlyMap<string, string>): TarFile {
    const links = [...names].map(([name, target]) => [name, { kind: 'link', target }] as const);
    return new TarFile(this.#handle, new Map<string, Place>([...this.#places, ...links]));
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
  const places = new Map<string, Place>();
  const names = new Allowance('names', MOST_NAMES, 'bytes of names');
  try {
    const chunks = counted(chunksOf(handle, 0, length), onBytes);
    for await (const entry of tarEntries(chunks, BOUNDS)) {
      names.use(entry.name.length + entry.linkname.length);
      notePlace(places, entry, length);
    }
  } catch (error) {
    if (error instanceof LayerFormatError) throw explain(error);
    throw error;
  }
  return places;
}

function explain({ fault, message }: LayerFormatError): ArchiveError {
  if (fault === 'entries') return new ArchiveError(`it has more than ${MOST_ENTRIES} entries`);
  if (fault === 'names') return new ArchiveError('its names are too long, all together');
  return new ArchiveError(message.replace(/^Layer is/, 'it is'));
}

/** Notes an entry of an archive of `length` bytes. */
function notePlace(places: Map<string, Place>, entry: TarEntry, length: number): void {
  const { typeflag, size, contentEnd } = entry;
  const given = entry.name.toString();
  if (contentEnd > length) {
    throw new ArchiveError(
      `it is cut short: ${quote(given)} is said to have ${size} bytes, ` +
        `and ${Math.max(0, length - contentEnd + size)} are left`,
    );
  }
  // A global header, as in git archives, holds attributes of the entries that follow and is not a file.
  if (typeflag === 'g') return;
  const name = insideName(given);
  if (name === '' || given.endsWith('/')) return;
  if (FILES.has(typeflag)) {
    places.set(name, { kind: 'file', offset: contentEnd - size, size });
  } else if (typeflag === SYMBOLIC_LINK || typeflag === HARD_LINK) {
    const base = typeflag === SYMBOLIC_LINK ? posix.dirname(name) : '';
    const target = linkTarget(name, base, entry.linkname.toString());
    places.set(name, { kind: 'link', target });
  } else {
    // A folder or device of a name takes the place of a file that had it.
    places.delete(name);
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
