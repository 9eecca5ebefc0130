import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isatty } from 'node:tty';

/** Bytes of lines that wait for a reader; what comes beyond is dropped, and counted. */
const MOST_WAITING = 1024 * 1024;
/** How much is offered to the system at once, in bytes. */
const PIECE = 64 * 1024;
/** Milliseconds between two attempts while nobody reads: soon at first, then seldom. */
const RETRY = { first: 5, most: 200 };
/** Milliseconds that an end waits for a reader. */
const PATIENCE = 500;

/** No room at the moment; anything else means that nobody will ever read. */
const FULL = new Set(['EAGAIN', 'ENOSPC', 'EDQUOT']);

/** A descriptor to write to; `isOwn` when it was opened for this. */
interface Target {
  readonly fd: number;
  readonly isOwn: boolean;
}

/**
 * Writes lines to standard output or standard error and never waits for their reader: a parent
 * that leaves a pipe unread, or Ctrl-S on a terminal, must hold up no answer and no end. A line goes out at
 * once while there is room; then up to a megabyte of them wait, and more are dropped and counted.
 *
 * Not by pino's own destination: in its synchronous mode it sleeps until there is room, and in the other one
 * the last lines before a crash are lost.
 */
export class LineWriter {
  readonly #fd: 1 | 2;
  readonly #tellLoss: (lines: number) => void;
  /** From the first line on. */
  #target: Target | undefined;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #lost = 0;
  #isDead = false;
  #pause = RETRY.first;
  #timer: NodeJS.Timeout | undefined;

  /** `tellLoss` is called once there is room again for lines that say how many were dropped. */
  constructor(fd: 1 | 2, tellLoss: (lines: number) => void = () => undefined) {
    this.#fd = fd;
    this.#tellLoss = tellLoss;
  }

  /** Writes one or more whole lines, each with its newline; never throws. */
  write(lines: string): void {
    if (this.#isDead) return;
    const bytes = Buffer.from(lines);
    if (this.#bytes === 0) this.#offer(bytes);
    else if (this.#bytes + bytes.length > MOST_WAITING) this.#lost += 1;
    else this.#keep(bytes);
  }

  /** Resolves once everything is written, or nobody has read for half a second. */
  async close(): Promise<void> {
    let deadline = performance.now() + PATIENCE;
    while (this.#bytes > 0 && performance.now() < deadline) {
      const before = this.#bytes;
      await sleep(RETRY.first);
      this.#drain();
      if (this.#bytes < before) deadline = performance.now() + PATIENCE;
    }
    if (!this.#isDead) this.#die();
  }

  /** Writes as much as there is room for; the rest waits. */
  #offer(bytes: Buffer): void {
    const written = this.#writeSome(bytes);
    if (written < bytes.length) this.#keep(bytes.subarray(written));
  }

  #keep(bytes: Buffer): void {
    if (this.#isDead) return;
    // What is left at a sudden end is offered once more.
    if (this.#bytes === 0) process.once('exit', this.#drain);
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#timer ??= setTimeout(this.#drain, this.#pause).unref();
  }

  readonly #drain = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const before = this.#bytes;
    while (this.#bytes > 0 && this.#drainPiece());
    const isRead = this.#bytes < before;
    this.#pause = isRead ? RETRY.first : Math.min(this.#pause * 2, RETRY.most);
    if (this.#bytes > 0) this.#timer = setTimeout(this.#drain, this.#pause).unref();
    else this.#tellOfLoss();
  };

  /** False when there was no room for all of it. */
  #drainPiece(): boolean {
    let [bytes, count] = [0, 0];
    while (count < this.#waiting.length && bytes < PIECE) {
      bytes += this.#waiting[count]?.length ?? 0;
      count += 1;
    }
    const piece = Buffer.concat(this.#waiting.slice(0, count));
    const written = this.#writeSome(piece);
    if (this.#isDead || written === 0) return false;
    const rest = written < piece.length ? [piece.subarray(written)] : [];
    this.#waiting = [...rest, ...this.#waiting.slice(count)];
    this.#bytes -= written;
    return rest.length === 0;
  }

  #tellOfLoss(): void {
    process.off('exit', this.#drain);
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.#tellLoss(lost);
  }

  /** How many bytes the system took. */
  #writeSome(bytes: Buffer): number {
    try {
      this.#target ??= withoutWaiting(this.#fd);
      return writeSync(this.#target.fd, bytes);
    } catch (error) {
      if (!FULL.has((error as NodeJS.ErrnoException).code ?? '')) this.#die();
      return 0;
    }
  }

  /** The reader is gone, or nothing more is to be said. */
  #die(): void {
    this.#isDead = true;
    clearTimeout(this.#timer);
    process.off('exit', this.#drain);
    this.#waiting = [];
    this.#bytes = 0;
    if (this.#target?.isOwn) closeSync(this.#target.fd);
  }
}

/**
 * A descriptor that says EAGAIN rather than wait. A pipe and a terminal are opened once more, since the
 * programs that share this one (`make`, a shell) do not expect that of theirs; where that can't be had, a
 * pipe or a socket is made so itself, as Node does with its own streams. A file and /dev/null are always
 * ready. What is left is the terminal of somebody else, on systems without /proc: that one waits.
 */
function withoutWaiting(fd: 1 | 2): Target {
  const isTerminal = isatty(fd);
  if (!isTerminal && !isPipe(fd)) return { fd, isOwn: false };
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    const flags = O_WRONLY | O_NONBLOCK | O_NOCTTY;
    return { fd: openSync(`/proc/self/fd/${fd}`, flags), isOwn: true };
  } catch {
    // Asking for the stream makes Node set up its descriptor.
    if (!isTerminal) void (fd === 1 ? process.stdout : process.stderr).writable;
    return { fd, isOwn: false };
  }
}

/** Whether it is a pipe or a socket: Node's own `spawn` makes sockets. */
function isPipe(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false;
  }
}
