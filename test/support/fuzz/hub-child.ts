/*
 * The hub as people run it, the built command in a process of its own, with somebody inside who tells
 * how it is (preload.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Vitals } from './preload.js';

const COMMAND = fileURLToPath(new URL('../../../src/cli.js', import.meta.url));
const PRELOAD = new URL('./preload.js', import.meta.url).href;

/** How long it may take to tell how it is, in milliseconds. */
const PATIENCE = 60_000;

/** A hub in a process of its own. */
export class HubChild {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #errors: string[];
  readonly #temporary: string;

  private constructor(child: ChildProcess, url: string, errors: string[], temporary: string) {
    this.#child = child;
    this.url = url;
    this.#errors = errors;
    this.#temporary = temporary;
  }

  /** Starts the command on `folder`; `flags` are those of `hub-v1 serve`. */
  static async start(folder: string, flags: readonly string[]): Promise<HubChild> {
    const temporary = `${folder}-tmp`;
    await mkdir(temporary);
    const all = ['--expose-gc', '--import', PRELOAD, COMMAND, '--data', folder, ...flags];
    const child = spawn(process.execPath, all, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, TMPDIR: temporary },
    });
    const errors: string[] = [];
    const note = (line: string): unknown => isWorrying(line) && errors.push(line);
    if (child.stderr) createInterface(child.stderr).on('line', note);
    for await (const line of child.stdout ? createInterface(child.stdout) : []) {
      const [, url] = /^hub-v1 listening on (\S+)$/.exec(line) ?? [];
      if (url === undefined) continue;
      child.stdout?.resume();
      return new HubChild(child, url, errors, temporary);
    }
    throw new Error(`the hub ended before it listened: ${errors.join('\n')}`);
  }

  /** Whether the process runs. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it said on standard error that no good hub says: warnings, faults, stacks. */
  get errors(): readonly string[] {
    return this.#errors;
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
    return (await readdir(this.#temporary)).map((name) => join(this.#temporary, name));
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

/** Anything but a log line of level info or below. */
function isWorrying(line: string): boolean {
  const level = /^\{"level":(\d+),/.exec(line)?.[1];
  return level === undefined || Number(level) > 30;
}
