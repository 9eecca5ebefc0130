import bunzip from 'seek-bzip';
import type { Inlet, Outlet } from './decompression-worker.js';

const CHUNK = 64 * 1024;

/** Decodes bzip2 streams, one after the other. Throws an Error for invalid bytes. */
export async function bunzip2(next: Inlet, put: Outlet): Promise<void> {
  const output = new Output(put);
  bunzip.decode(new Input(next), output, true);
  output.flush();
}

/** Bytes, one by one. */
class Input {
  readonly #next: Inlet;
  #bytes: Uint8Array | undefined;
  #at = 0;

  constructor(next: Inlet) {
    this.#next = next;
    this.#bytes = next();
  }

  eof(): boolean {
    while (this.#bytes !== undefined && this.#at === this.#bytes.length) {
      this.#bytes = this.#next();
      this.#at = 0;
    }
    return this.#bytes === undefined;
  }

  readByte(): number {
    const byte = this.eof() ? undefined : this.#bytes?.[this.#at];
    // The decoder would read on for ever.
    if (byte === undefined) throw new Error('it is cut short');
    this.#at += 1;
    return byte;
  }

  read(buffer: Uint8Array, offset: number, length: number): number {
    for (let at = 0; at < length; at += 1) buffer[offset + at] = this.readByte();
    return length;
  }
}

/** Takes bytes one by one, and hands them on in larger pieces. */
class Output {
  readonly #put: Outlet;
  #bytes = new Uint8Array(CHUNK);
  #length = 0;

  constructor(put: Outlet) {
    this.#put = put;
  }

  writeByte(byte: number): void {
    this.#bytes[this.#length] = byte;
    this.#length += 1;
    if (this.#length === CHUNK) this.flush();
  }

  flush(): void {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.#put(bytes);
  }
}
