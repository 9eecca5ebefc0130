/*
 * A client that is not well-behaved: it says single bytes when it likes, stops in the middle, and closes
 * one half of its connection.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long anything may take before a test says that it hangs, in milliseconds. */
const PATIENCE = 20_000;

/** One connection, and all that came back on it. */
export class RawClient {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #chunks: Buffer[] = [];
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#chunks.push(chunk));
    // Being cut off is what many of these tests are about.
    socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true;
        resolve();
      });
    });
  }

  /** Connects; `paused` ones read nothing until `resume`. */
  static async to(
    { port }: { readonly port: number },
    { paused = false } = {},
  ): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const client = new RawClient(socket);
    if (paused) socket.pause();
    return client;
  }

  /** What came so far. */
  get received(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  say(bytes: string | Uint8Array): this {
    this.#socket.write(bytes);
    return this;
  }

  /** Says bytes one after the other, with a pause before each, until the other side hangs up. */
  async dribble(bytes: string | Uint8Array, pause: number): Promise<void> {
    for (const byte of Buffer.from(bytes)) {
      await sleep(pause);
      if (this.#isClosed || this.#socket.readableEnded) return;
      this.#socket.write(Buffer.of(byte));
    }
  }

  /** Sends as fast as it is taken; resolves once all is out, or the other side has hung up. */
  async pour(bytes: number): Promise<void> {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    for (let left = bytes; left > 0 && !this.#isClosed; left -= chunk.length) {
      const isRoom = this.#socket.write(chunk.subarray(0, Math.min(left, chunk.length)));
      if (isRoom) continue;
      const drained = new Promise<void>((resolve) => this.#socket.once('drain', resolve));
      await Promise.race([drained, this.#closed]);
    }
  }

  /** Says that no more comes, and goes on listening. */
  endSaying(): this {
    this.#socket.end();
    return this;
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Waits until what came matches; fails when the connection closes without, or after 20 s. */
  async until(wanted: RegExp): Promise<string> {
    const end = performance.now() + PATIENCE;
    while (!wanted.test(this.received)) {
      if (this.#isClosed) throw new Error(`closed without ${wanted}; received: ${this.received}`);
      if (performance.now() > end) throw new Error(`no ${wanted}; received: ${this.received}`);
      await sleep(5);
    }
    return this.received;
  }

  /** Waits until the other side has closed the connection, and gives all that came. */
  async untilClosed(): Promise<string> {
    const late = new AbortController();
    const timeout = sleep(PATIENCE, undefined, { signal: late.signal }).then(() => {
      throw new Error(`still open; received: ${this.received}`);
    });
    try {
      await Promise.race([this.#ended(), timeout]);
    } finally {
      late.abort();
      timeout.catch(() => undefined);
    }
    return this.received;
  }

  /** Goes, without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  async #ended(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (this.#socket.readableEnded) resolve();
      else this.#socket.once('end', resolve);
    });
    await Promise.race([ended, this.#closed]);
    this.#socket.end();
    await this.#closed;
  }
}
