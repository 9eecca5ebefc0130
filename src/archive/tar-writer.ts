import type { Header, Pack } from 'tar-stream';

type NewEntry = Pick<Header, 'name' | 'type' | 'mode'> & Partial<Header>;
/** Where the content of an entry goes. */
type Sink = ReturnType<Pack['entry']>;

/** Nothing in the tar has a time of its own, so that the same image gives the same bytes. */
const TIME = new Date(0);

/**
 * Writes the entries of a tar one after the other, each when there is room. Everything rejects once
 * the tar is destroyed.
 */
export class TarWriter {
  readonly #pack: Pack;

  constructor(tar: Pack) {
    this.#pack = tar;
  }

  folder(name: string): Promise<void> {
    return this.#write({ name, type: 'directory', mode: 0o755 });
  }

  file(name: string, content: string | Buffer): Promise<void> {
    return this.#write({ name, type: 'file', mode: 0o644 }, Buffer.from(content));
  }

  link(name: string, linkname: string): Promise<void> {
    return this.#write({ name, linkname, type: 'symlink', mode: 0o777 });
  }

  /** A file of exactly this size, in pieces. */
  async stream(name: string, size: number, content: AsyncIterable<Buffer>): Promise<void> {
    const { entry, written } = this.#begin({ name, size, type: 'file', mode: 0o644 });
    let wake = (): void => {};
    entry.on('drain', () => wake());
    entry.on('close', () => wake());
    entry.on('error', () => wake());
    for await (const chunk of content) {
      if (entry.destroyed) break;
      if (entry.write(chunk)) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    entry.end(null);
    await written;
  }

  end(): void {
    this.#pack.finalize();
  }

  #write(header: NewEntry, content?: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve());
      const full = { ...header, mtime: TIME };
      if (content === undefined) this.#pack.entry(full, done);
      else this.#pack.entry(full, content, done);
    });
  }

  /** An entry whose content is still to come, and what tells when it is all written. */
  #begin(header: NewEntry): { entry: Sink; written: Promise<void> } {
    let entry: Sink | undefined;
    const written = new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null): void => (error ? reject(error) : resolve());
      entry = this.#pack.entry({ ...header, mtime: TIME }, done);
    });
    // It is looked at only at the end.
    written.catch(() => undefined);
    if (entry === undefined) throw new Error('the tar is closed');
    return { entry, written };
  }
}
