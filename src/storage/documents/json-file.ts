import { Memory } from 'lowdb';
import type { Disk, WholeFile } from '../files/disk.js';
import { readIfThere } from '../files/read-if-there.js';
import type { DocumentAdapter } from './document.js';

/**
 * The lowdb adapter of a document on the disk: indented JSON that a person can read and `git diff`,
 * durable when `write` resolves.
 */
export class JsonFile<T> implements DocumentAdapter<T> {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #isPassing: boolean;
  /** What the next write makes durable too. */
  #brought: readonly WholeFile[] = [];

  constructor(disk: Disk, path: string, { isPassing = false }: { readonly isPassing?: boolean }) {
    this.#disk = disk;
    this.#path = path;
    this.#isPassing = isPassing;
  }

  async read(): Promise<T | null> {
    const bytes = readIfThere(this.#path);
    return bytes === undefined ? null : (JSON.parse(bytes.toString()) as T);
  }

  async write(value: T): Promise<void> {
    const brought = this.#brought;
    this.#brought = [];
    const own = this.#disk.beginWhole(this.#path, documentText(value));
    await this.#disk.finishWholes([...brought, own]);
  }

  bring(files: readonly WholeFile[]): void {
    this.#brought = files;
  }

  async put(files: readonly WholeFile[]): Promise<void> {
    await this.#disk.finishWholes(files);
  }

  async remove(): Promise<void> {
    if (this.#isPassing) await this.#disk.dropFiles([this.#path]);
    else await this.#disk.removeFile(this.#path);
  }
}

/** A document as it stands in its file. */
export function documentText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The adapter of a document that lives as long as the process: lowdb's own, and a way to end it. */
export class JsonInMemory<T> extends Memory<T> implements DocumentAdapter<T> {
  readonly #disk: Disk;
  #brought: readonly WholeFile[] = [];

  /** `disk` takes the files that come with it. */
  constructor(disk: Disk) {
    super();
    this.#disk = disk;
  }

  override async write(value: T): Promise<void> {
    const brought = this.#brought;
    this.#brought = [];
    await this.#disk.finishWholes(brought);
    await super.write(value);
  }

  bring(files: readonly WholeFile[]): void {
    this.#brought = files;
  }

  async put(files: readonly WholeFile[]): Promise<void> {
    await this.#disk.finishWholes(files);
  }

  async remove(): Promise<void> {
    // The document drops its value itself; there is nothing else to free.
  }
}
