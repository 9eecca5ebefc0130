/*
 * The hub as people run it, the built command in a process of its own, with somebody inside who tells
 * how it is (preload.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Vitals } from './preload.js';

const COMMAND = fileURLToPath(new URL('../../../src/cli/hub-v1.cjs', import.meta.url));
const PRELOAD = new URL('./preload.js', import.meta.url).href;

/** How long it may take to tell how it is, in milliseconds. */
const PATIENCE = 60_000;

/** A hub in a process of its own. */
export class HubChild {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, url: string, folder: string) {
    this.#child = child;
    this.url = url;
    this.#folder = folder;
  }

  /** Starts the command on `folder`; `flags` are those of `hub-v1 serve`. */
  static async start(folder: string, flags: readonly string[]): Promise<HubChild> {
    await mkdir(temporaryOf(folder));
    const all = ['--expose-gc', '--import', PRELOAD, COMMAND, '--data', folder, ...flags];
    const log = await open(logOf(folder), 'a');
    const child = spawn(process.execPath, all, {
      // A file takes what it is given; a pipe would have the hub wait for its reader.
      stdio: ['ignore', 'pipe', log.fd, 'ipc'],
      env: { ...process.env, TMPDIR: temporaryOf(folder) },
    });
    await log.close();
    for await (const line of child.stdout ? createInterface(child.stdout) : []) {
      const [, url] = /^hub-v1 listening on (\S+)$/.exec(line) ?? [];
      if (url === undefined) continue;
      child.stdout?.resume();
      return new HubChild(child, url, folder);
    }
    throw new Error(`the hub ended before it listened: ${await readFile(logOf(folder), 'utf8')}`);
  }

  /** Whether the process runs. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has said on standard error that no good hub says: warnings, faults, stacks. */
  async complaints(): Promise<string[]> {
    const lines = await readFile(logOf(this.#folder), 'utf8');
    return lines.split('\n').filter((line) => line !== '' && isWorrying(line));
  }

  /** How it is: what happened since it was last asked, and what it needs now. */
  async vitals(): Promise<Vitals> {
    const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(PATIENCE) });
    this.#child.send('how are you?');
    const [vitals] = (await answer) as [Vitals];
    return vitals;
  }

  /** How many files and connections it has open; undefined where the system does not say. */
  async openFiles(): Promise<number | undefined> {
    const folder = `/proc/${this.#child.pid}/fd`;
    return readdir(folder).then(
      (names) => names.length,
      () => undefined,
    );
  }

  /** What it has left in the folder for temporary files. */
  async temporaryFiles(): Promise<string[]> {
    const folder = temporaryOf(this.#folder);
    return (await readdir(folder)).map((name) => join(folder, name));
  }

  /** Ends it as an operator does; resolves to its exit code, which is undefined after a crash. */
  async stop(): Promise<number | undefined> {
    const gone = once(this.#child, 'exit');
    if (this.isAlive) {
      this.#child.kill('SIGTERM');
      await gone;
    }
    return this.#child.exitCode ?? undefined;
  }
}

function temporaryOf(folder: string): string {
  return `${folder}-tmp`;
}

function logOf(folder: string): string {
  return `${folder}.log`;
}

/** Anything but a log line of level info or below, or that the journal is full, as it is after so many requests. */
function isWorrying(line: string): boolean {
  if (line.includes('"msg":"the journal is full')) return false;
  const level = /^\{"level":(\d+),/.exec(line)?.[1];
  return level === undefined || Number(level) > 30;
}
