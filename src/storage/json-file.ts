import { readFile } from 'node:fs/promises';
import { Memory } from 'lowdb';
import type { Disk } from './disk.js';
import type { DocumentAdapter } from './document.js';

/**
 * The lowdb adapter of a document on the disk: indented JSON that a person can read and `git diff`,
 * written aside and renamed, on the disk when `write` resolves.
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
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
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
