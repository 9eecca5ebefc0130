import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import type { ProcessName } from './process-name.js';

/*
 * An exclusion that the system ends with the process. A process that wants a folder listens on a Unix socket in
 * it; a socket of a process that is gone refuses connections. Sockets reach across containers, as long as
 * they run on one kernel, and a copy of one is dead.
 *
 * A socket has its name, `hub.lock.<hex>.socket`, only once it listens, so that a name which refuses a
 * connection is dead for ever. Everybody lists the names after making their own, and greets each of the
 * others. Of any two at least one therefore greets the other, and its answer decides: who holds the folder
 * says so; of two that do not yet, the one whose name comes later gives way.
 */

/** How a greeting is answered: go first, or the folder is taken (or about to be). */
interface Answer {
  readonly answer: 'first' | 'taken';
  readonly owner: ProcessName;
}

/** What is found where others may be: a process that is ahead, or something that does not say who it is. */
export type Rival = ProcessName | 'unknown';

/** How often somebody who hung up is greeted: who gives way hangs up, and is gone the next time. */
const MOST_GREETINGS = 5;
/** How long a living process may take to answer, in milliseconds; then it counts as the owner. */
const PATIENCE = 5000;
/** Sockets that got no name in this time, in milliseconds, never will. */
const LONGEST_START = 60_000;
/** `sun_path` has 108 bytes on Linux and 104 elsewhere, the last of them zero. */
const LONGEST_PATH = 103;
/** Where a file system, or who runs the process, allows no sockets. */
const NO_SOCKETS = new Set(['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL', 'EAFNOSUPPORT']);
/** The code of an error of ours: the other end closed the connection, and had said nothing. */
const HUNG_UP = 'HUNG_UP';
const NAME = /^hub\.lock\.[0-9a-f]{12}\.socket$/;
const UNNAMED = /^hub\.lock\.[0-9a-f]{12}\.new$/;

/** A socket in a folder that its owner listens on, for as long as the process lives. */
export class LockSocket {
  readonly #folder: string;
  readonly #owner: ProcessName;
  readonly #name = `hub.lock.${randomBytes(6).toString('hex')}.socket`;
  readonly #server: Server;
  readonly #descriptor: number;
  readonly #dead: string[] = [];
  #state: 'asking' | 'yielded' | 'held' = 'asking';
  #yieldedTo: Rival = 'unknown';

  private constructor(folder: string, owner: ProcessName) {
    this.#folder = folder;
    this.#owner = owner;
    this.#descriptor = openFolder(folder);
    this.#server = createServer((socket) => this.#greeted(socket));
  }

  /** Listens in `folder`; undefined where it can have no sockets. Rejects with the error of the system. */
  static async open(folder: string, owner: ProcessName): Promise<LockSocket | undefined> {
    const lock = new LockSocket(resolve(folder), owner);
    try {
      await lock.#listen();
      return lock;
    } catch (error) {
      lock.close();
      if (NO_SOCKETS.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }

  /** Takes the folder, unless somebody is ahead, who is returned. */
  async hold(): Promise<Rival | undefined> {
    for (const name of namesIn(this.#folder)) {
      if (name === this.#name) continue;
      const rival = await greet(pathTo(this.#folder, this.#descriptor, name), {
        name: this.#name,
        owner: this.#owner,
      });
      if (rival === 'dead') this.#dead.push(name);
      else if (rival !== undefined) return rival;
    }
    if (this.#state === 'yielded') return this.#yieldedTo;
    this.#state = 'held';
    return undefined;
  }

  /** Removes the sockets of processes that are gone. */
  tidy(): void {
    for (const name of this.#dead) rmSync(join(this.#folder, name), { force: true });
    for (const name of readdirSync(this.#folder)) {
      if (!UNNAMED.test(name)) continue;
      const path = join(this.#folder, name);
      const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - made > LONGEST_START) rmSync(path, { force: true });
    }
  }

  /** Gives the folder back. */
  close(): void {
    this.#server.close();
    rmSync(join(this.#folder, this.#name), { force: true });
    closeSync(this.#descriptor);
  }

  async #listen(): Promise<void> {
    const unnamed = this.#name.replace('.socket', '.new');
    const path = pathTo(this.#folder, this.#descriptor, unnamed);
    await new Promise<void>((listening, failed) => {
      this.#server.once('error', failed);
      // Its own also in a worker of node:cluster, which would otherwise share it with others.
      this.#server.listen({ path, exclusive: true }, listening);
    });
    // A connection that could not be accepted has not been answered, which counts as held.
    this.#server.on('error', () => undefined);
    // A hub that somebody forgot to close must not keep the process.
    this.#server.unref();
    renameSync(join(this.#folder, unnamed), join(this.#folder, this.#name));
  }

  #greeted(socket: Socket): void {
    socket.unref();
    readLine(socket).then(
      (line) => socket.end(`${JSON.stringify(this.#answer(line))}\n`),
      () => socket.destroy(),
    );
  }

  /** At once, so that nothing comes between the question and the answer. */
  #answer(line: string): Answer {
    const greeting = parse<Greeting>(line);
    const isAhead =
      greeting !== undefined && NAME.test(greeting.name ?? '') && greeting.name < this.#name;
    if (this.#state === 'asking' && isAhead) {
      this.#state = 'yielded';
      this.#yieldedTo = greeting.owner;
    }
    return { answer: this.#state === 'yielded' ? 'first' : 'taken', owner: this.#owner };
  }
}

/** Whether a living process listens in a folder; changes nothing there. */
export async function isListenedIn(folder: string): Promise<boolean> {
  const descriptor = openFolder(folder);
  try {
    for (const name of namesIn(folder)) {
      const found = await greet(pathTo(resolve(folder), descriptor, name), undefined);
      if (found !== 'dead' && found !== undefined) return true;
    }
    return false;
  } finally {
    closeSync(descriptor);
  }
}

/** What somebody says who wants the folder; who only looks says nothing. */
interface Greeting {
  readonly name: string;
  readonly owner: ProcessName;
}

/** Resolves to who is ahead, to 'dead' if nobody listens there, or to undefined if the greeting is. */
async function greet(
  path: string,
  greeting: Greeting | undefined,
): Promise<Rival | 'dead' | undefined> {
  for (let greetings = 1; greetings <= MOST_GREETINGS; greetings += 1) {
    const answer = await greetOnce(path, greeting);
    if (answer !== 'hung up') return answer;
  }
  return 'unknown';
}

async function greetOnce(
  path: string,
  greeting: Greeting | undefined,
): Promise<Rival | 'dead' | 'hung up' | undefined> {
  const socket = connect(path);
  try {
    socket.end(`${JSON.stringify(greeting ?? null)}\n`);
    const answer = parse<Answer>(await readLine(socket));
    return answer?.answer === 'first' ? undefined : (answer?.owner ?? 'unknown');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // A copy of a socket may be no socket any more.
    if (['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(code)) return 'dead';
    return ['ECONNRESET', 'EPIPE', HUNG_UP].includes(code) ? 'hung up' : 'unknown';
  } finally {
    socket.destroy();
  }
}

function readLine(socket: Socket): Promise<string> {
  return new Promise((read, failed) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer')));
    socket.on('error', failed);
    socket.on('close', () => failed(Object.assign(new Error('no line came'), { code: HUNG_UP })));
    socket.on('data', (piece: string) => {
      text += piece;
      if (text.includes('\n')) read(text.slice(0, text.indexOf('\n')));
      else if (text.length > 4096) socket.destroy(new Error('too long a line'));
    });
  });
}

function parse<T extends object>(line: string): T | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => NAME.test(name));
}

function openFolder(folder: string): number {
  return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
}

/** A path to a file that is short enough for a socket, where the system has a way. */
function pathTo(folder: string, descriptor: number, name: string): string {
  const path = join(folder, name);
  return Buffer.byteLength(path) <= LONGEST_PATH ? path : `/proc/self/fd/${descriptor}/${name}`;
}
