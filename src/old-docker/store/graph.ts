import { createHash, randomUUID } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { Layer } from '../images/local-image.js';
import { type TarFields, TRAILER } from '../images/tar-header.js';
import { entriesOf } from '../images/tar-reader.js';
import { OldDockerError } from '../requests/errors.js';
import type { Disk } from './disk.js';
import { type LayerLimits, LayerMeter } from './layer-limits.js';
import { checkParents, walkParents } from './parents.js';

/** An image as API v1 has it. */
export interface StoredImage {
  /** 64 hex digits. */
  readonly id: string;
  readonly parent?: string;
  /** The json as it was read, to the byte. */
  readonly json: string;
  readonly layer: StoredLayer;
  /** From 1.10: a layer below an image that was pulled, and no image by itself. */
  readonly bare?: true;
  /** From 1.10: a step that made no layer. */
  readonly empty?: true;
}

/** What is known of a layer's tar. */
export interface StoredLayer {
  /** Hex SHA-256 of the tar with its end-of-archive blocks, as docker 1.10 names it. */
  readonly diff: string;
  /** Sum of the sizes of its files, in bytes. */
  readonly files: number;
  /** Folders in it, also those that it does not name by themselves. */
  readonly folders: number;
  /** Bytes of the tar without its end. */
  readonly tar: number;
}

/** Repository to tag to image. */
type Repositories = Record<string, Record<string, string>>;

interface GraphFile {
  readonly format: 1;
  readonly images: readonly StoredImage[];
  readonly repositories: Repositories;
  /** From 1.10: names of layers at a registry, under which they were pushed. */
  readonly pushed?: readonly string[];
}

const FILE = 'graph.json';

/**
 * The images of a played docker: graph.json has what they are and their names, layers/ their tars, each
 * once under its sum. A change is kept by {@link save}, the file being replaced at once.
 */
export class Graph {
  readonly #disk: Disk;
  readonly #images: Map<string, StoredImage>;
  readonly #repositories: Map<string, Map<string, string>>;
  readonly #pushed: Set<string>;

  readonly #meter: LayerMeter;
  /** What layers that are being written are called until they are whole. */
  readonly #begun = new Set<string>();
  #swept: Promise<void> | undefined;

  private constructor(
    disk: Disk,
    limits: Partial<LayerLimits> | undefined,
    { images, repositories, pushed = [] }: GraphFile,
  ) {
    this.#disk = disk;
    this.#meter = new LayerMeter(limits);
    this.#pushed = new Set(pushed);
    this.#images = new Map(images.map((image) => [image.id, image]));
    this.#openCircles();
    this.#repositories = new Map(
      Object.entries(repositories).map(([name, tags]) => [name, new Map(Object.entries(tags))]),
    );
  }

  /** Reads the graph on this disk, or begins one. */
  static async open(disk: Disk, limits?: Partial<LayerLimits>): Promise<Graph> {
    const file = await disk.read(FILE);
    if (file === undefined) {
      return new Graph(disk, limits, { format: 1, images: [], repositories: {} });
    }
    try {
      const content = JSON.parse(file.toString('utf8')) as GraphFile;
      if (content.format !== 1) throw new Error('not of a format that this hub-v1 knows');
      return new Graph(disk, limits, content);
    } catch (error) {
      throw new OldDockerError(`${FILE} cannot be read: ${(error as Error).message}`);
    }
  }

  /** Keeps what has changed, and forgets the layers that no image has any more. */
  async save(): Promise<void> {
    const repositories = Object.fromEntries(
      [...this.#repositories].map(([name, tags]) => [name, Object.fromEntries(tags)]),
    );
    const pushed = [...this.#pushed];
    const file: GraphFile = { format: 1, images: [...this.#images.values()], repositories, pushed };
    await this.#disk.write(FILE, `${JSON.stringify(file)}\n`);
    await this.#sweep();
  }

  /** Removes the layers that no image has, and what ended commands have left. */
  async #sweep(): Promise<void> {
    const used = new Set([...this.#images.values()].map(({ layer }) => layerPath(layer)));
    for (const { name } of (await this.#disk.list('layers')) ?? []) {
      const path = `layers/${name}`;
      const [begun = ''] = name.split('.', 1);
      if (!used.has(path) && !this.#begun.has(begun)) await this.#disk.remove(path);
    }
  }

  /** Remembers under which names images and layers are at a registry. */
  notePushed(ids: readonly string[]): void {
    for (const id of ids) this.#pushed.add(id);
  }

  wasPushed(id: string): boolean {
    return this.#pushed.has(id);
  }

  /** All images, in the order in which they came. */
  images(): StoredImage[] {
    return [...this.#images.values()];
  }

  get(id: string): StoredImage | undefined {
    return this.#images.get(id);
  }

  /** @throws OldDockerError where the image would then be below itself, or too many below it */
  add(image: StoredImage): void {
    const { id, parent } = image;
    checkParents([id], (each) => (each === id ? parent : this.get(each)?.parent));
    this.#images.set(id, image);
  }

  delete(id: string): void {
    this.#images.delete(id);
  }

  /** The image and what is below it, top first. */
  chain(id: string): StoredImage[] {
    const chain: StoredImage[] = [];
    for (let next = this.get(id); next !== undefined; next = this.get(next.parent ?? '')) {
      chain.push(next);
    }
    return chain;
  }

  /** An earlier version took images that were below themselves: one of each circle loses its parent. */
  #openCircles(): void {
    const { closing } = walkParents(this.#images.keys(), (id) => this.get(id)?.parent);
    const images = closing.map((id) => this.get(id)).filter((image) => image !== undefined);
    for (const { parent, ...image } of images) this.#images.set(image.id, image);
  }

  /** The names of all repositories, sorted. */
  repositories(): string[] {
    return [...this.#repositories.keys()].sort();
  }

  /** Tag to image, by tag. */
  tags(name: string): [tag: string, id: string][] {
    return [...(this.#repositories.get(name) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  tagged(name: string, tag: string): string | undefined {
    return this.#repositories.get(name)?.get(tag);
  }

  tag(name: string, tag: string, id: string): void {
    const tags = this.#repositories.get(name) ?? new Map<string, string>();
    this.#repositories.set(name, tags.set(tag, id));
  }

  untag(name: string, tag: string): boolean {
    const tags = this.#repositories.get(name);
    const was = tags?.delete(tag) ?? false;
    if (tags?.size === 0) this.#repositories.delete(name);
    return was;
  }

  /**
   * Puts a layer on the disk while it is read: a tar, with its end or without.
   * @throws an Error for what is no tar or too large; nothing of it stays
   */
  addLayer(tar: AsyncIterable<Buffer>): Promise<StoredLayer> {
    return this.#addLayer(this.#meter.tar(tar));
  }

  /** The same for a layer as it is pulled, gzipped. */
  addPacked(pieces: AsyncIterable<Buffer>): Promise<StoredLayer> {
    let received = 0;
    const packed = this.#meter.packed(pieces, (bytes) => {
      received = bytes;
    });
    // What goes wrong is seen where the tar is read.
    const tar = pipeline(packed, createGunzip(), () => undefined);
    return this.#addLayer(this.#meter.tar(tar, () => received));
  }

  async #addLayer(tar: AsyncIterable<Buffer>): Promise<StoredLayer> {
    // What an ended command has left makes room first.
    this.#swept ??= this.#sweep();
    await this.#swept;
    const begun = randomUUID();
    this.#begun.add(begun);
    const part = `layers/${begun}.new`;
    const counts = { files: 0, folders: 0, tar: 0 };
    const folders = new Set<string>();
    try {
      await this.#disk.write(part, tar);
      const onEnd = (bytes: number): void => {
        counts.tar = bytes;
      };
      for await (const entry of entriesOf(this.#disk.stream(part), onEnd)) {
        if (entry.type === '0') counts.files += entry.size;
        if (folders.size < MOST_FOLDERS) addFolders(folders, entry);
      }
      counts.folders = folders.size;
      const sum = createHash('sha256');
      for await (const piece of first(counts.tar, this.#disk.stream(part))) sum.update(piece);
      const layer = { diff: sum.update(TRAILER).digest('hex'), ...counts };
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
      packed: (onRead = () => undefined) => gzipped(tar(), onRead),
    };
  }
}

/** More folders than these are not counted. */
const MOST_FOLDERS = 100_000;

/** The folders that an entry is in, and itself if it is one. */
function addFolders(folders: Set<string>, { name, type }: Pick<TarFields, 'name' | 'type'>): void {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const depth = type === '5' ? parts.length : parts.length - 1;
  for (let at = 1; at <= depth; at += 1) folders.add(parts.slice(0, at).join('/'));
}

function layerPath({ diff }: Pick<StoredLayer, 'diff'>): string {
  return `layers/${diff}.tar`;
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
