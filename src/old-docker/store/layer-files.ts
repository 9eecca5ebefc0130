import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { unpacked } from '../images/compression.js';
import type { Layer } from '../images/local-image.js';
import { type TarFields, TRAILER } from '../images/tar-header.js';
import { entriesOf } from '../images/tar-reader.js';
import type { Disk } from './disk.js';
import { type LayerLimits, LayerMeter } from './layer-limits.js';

/** What is known of a layer's tar. */
export interface StoredLayer {
  /** Hex SHA-256 of the tar as it came, with its end or without, as docker 1.10 names it. */
  readonly diff: string;
  /** Sum of the sizes of its files, in bytes. */
  readonly files: number;
  /** Folders in it, also those that it does not name by themselves. */
  readonly folders: number;
  /** Bytes of the tar without its end. */
  readonly tar: number;
  /** Bytes of the tar as it came; missing in older graphs, whose sums are over the tar and two blocks of zeros. */
  readonly whole?: number;
}

/** The tars of the images' layers, each once under its sum. */
export class LayerFiles {
  readonly #disk: Disk;
  readonly #meter: LayerMeter;
  readonly #inUse: () => Iterable<StoredLayer>;
  /** What layers that are being written are called until they are whole. */
  readonly #begun = new Set<string>();
  #swept: Promise<void> | undefined;

  /** @param inUse the layers that images have */
  constructor(
    disk: Disk,
    limits: Partial<LayerLimits> | undefined,
    inUse: () => Iterable<StoredLayer>,
  ) {
    this.#disk = disk;
    this.#meter = new LayerMeter(limits);
    this.#inUse = inUse;
  }

  /** Removes the layers that no image has, and what ended commands have left. */
  async sweep(): Promise<void> {
    const used = new Set([...this.#inUse()].map(layerPath));
    for (const { name } of (await this.#disk.list(FOLDER)) ?? []) {
      const path = `${FOLDER}/${name}`;
      const [begun = ''] = name.split('.', 1);
      if (!used.has(path) && !this.#begun.has(begun)) await this.#disk.remove(path);
    }
  }

  /**
   * Puts a layer on the disk while it is read: a tar, with its end or without.
   * @throws an Error if it is not a tar, or too large; nothing of it stays
   */
  add(tar: AsyncIterable<Buffer>): Promise<StoredLayer> {
    return this.#add(this.#meter.tar(tar));
  }

  /** The same for a layer as it is pulled, gzipped or bare. */
  addPacked(pieces: AsyncIterable<Buffer>): Promise<StoredLayer> {
    let received = 0;
    const packed = this.#meter.packed(pieces, (bytes) => {
      received = bytes;
    });
    return this.#add(this.#meter.tar(unpacked(packed), () => received));
  }

  async #add(tar: AsyncIterable<Buffer>): Promise<StoredLayer> {
    // What an ended command has left makes room first.
    this.#swept ??= this.sweep();
    await this.#swept;
    const begun = randomUUID();
    this.#begun.add(begun);
    const part = `${FOLDER}/${begun}.new`;
    const counts = { files: 0, folders: 0, tar: 0, whole: 0 };
    const sum = createHash('sha256');
    const folders = new Set<string>();
    try {
      await this.#disk.write(part, tar);
      const onEnd = (bytes: number): void => {
        counts.tar = bytes;
      };
      const all = tapped(this.#disk.stream(part), (piece) => {
        sum.update(piece);
        counts.whole += piece.length;
      });
      for await (const entry of entriesOf(all, onEnd)) {
        if (entry.type === '0') counts.files += entry.size;
        if (folders.size < MOST_FOLDERS) addFolders(folders, entry);
      }
      counts.folders = folders.size;
      const layer = { diff: sum.digest('hex'), ...counts };
      await this.#disk.move(part, layerPath(layer));
      return layer;
    } finally {
      this.#begun.delete(begun);
      await this.#disk.remove(part);
    }
  }

  /** A layer as a push sends it. */
  layer(stored: StoredLayer): Layer {
    const tar = (): AsyncIterable<Buffer> =>
      first(stored.tar, this.#disk.stream(layerPath(stored)));
    return {
      key: stored.diff,
      size: stored.files,
      tar,
      whole: () =>
        stored.whole === undefined
          ? ended(tar())
          : first(stored.whole, this.#disk.stream(layerPath(stored))),
      packed: (onRead = () => undefined) => gzipped(tar(), onRead),
    };
  }
}

const FOLDER = 'layers';

/** More folders than these are not counted. */
const MOST_FOLDERS = 100_000;

/** The folders that an entry is in, and itself if it is one. */
function addFolders(folders: Set<string>, { name, type }: Pick<TarFields, 'name' | 'type'>): void {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const depth = type === '5' ? parts.length : parts.length - 1;
  for (let at = 1; at <= depth; at += 1) folders.add(parts.slice(0, at).join('/'));
}

function layerPath({ diff }: Pick<StoredLayer, 'diff'>): string {
  return `${FOLDER}/${diff}.tar`;
}

function gzipped(
  tar: AsyncIterable<Buffer>,
  onRead: (bytes: number) => void,
): AsyncIterable<Buffer> {
  return Readable.from(counted()).compose(createGzip()) as AsyncIterable<Buffer>;

  async function* counted(): AsyncIterable<Buffer> {
    let bytes = 0;
    for await (const piece of tar) {
      bytes += piece.length;
      onRead(bytes);
      yield piece;
    }
  }
}

/** A tar with the end that docker's own writer gave it. */
export async function* ended(tar: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield* tar;
  yield TRAILER;
}

async function* tapped(
  pieces: AsyncIterable<Buffer>,
  onPiece: (piece: Buffer) => void,
): AsyncIterable<Buffer> {
  for await (const piece of pieces) {
    onPiece(piece);
    yield piece;
  }
}

/** The first `length` bytes: a tar without the blocks of zeros at its end. */
async function* first(length: number, pieces: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let missing = length;
  for await (const piece of pieces) {
    if (missing <= 0) return;
    const part = piece.subarray(0, missing);
    missing -= part.length;
    yield part;
  }
}
