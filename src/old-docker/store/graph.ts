import type { Layer } from '../images/local-image.js';
import { OldDockerError } from '../requests/errors.js';
import type { Disk } from './disk.js';
import { LayerFiles, type StoredLayer } from './layer-files.js';
import type { LayerLimits } from './layer-limits.js';
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
  readonly #layers: LayerFiles;

  private constructor(
    disk: Disk,
    limits: Partial<LayerLimits> | undefined,
    { images, repositories, pushed = [] }: GraphFile,
  ) {
    this.#disk = disk;
    this.#layers = new LayerFiles(disk, limits, () => this.images().map(({ layer }) => layer));
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
    await this.#layers.sweep();
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

  /** @throws OldDockerError if the image would be its own ancestor, or have too many ancestors */
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

  /** An earlier version took images that were their own ancestors: one of each circle loses its parent. */
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

  /** Puts a layer on the disk; see {@link LayerFiles.add}. */
  addLayer(tar: AsyncIterable<Buffer>): Promise<StoredLayer> {
    return this.#layers.add(tar);
  }

  /** The same for a layer as it is pulled, gzipped. */
  addPacked(pieces: AsyncIterable<Buffer>): Promise<StoredLayer> {
    return this.#layers.addPacked(pieces);
  }

  /** A layer as a push sends it. */
  layer(stored: StoredLayer): Layer {
    return this.#layers.layer(stored);
  }
}
