import { Memory } from 'lowdb';
import type { Disk } from '../files/disk.js';
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
    await this.#disk.replaceFile(this.#path, documentText(value));
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
  async remove(): Promise<void> {
    // The document drops its value itself; there is nothing else to free.
  }
}
