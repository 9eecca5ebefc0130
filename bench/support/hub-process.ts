import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pidOf, stopChild } from './child.js';

const COMMAND = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));

/** A hub as people run it: the built command, in a process of its own, on a data directory. */
export interface HubProcess {
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the command on `data`; it has said where it listens when this resolves. */
export async function startHubProcess(
  data: string,
  more: readonly string[] = [],
): Promise<HubProcess> {
  const flags = ['--data', data, '--port', '0', '--log-level', 'warn', ...more];
  const child = spawn(process.execPath, [COMMAND, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    const [, url] = /^hub-v1 listening on (\S+)$/.exec(line) ?? [];
    // From here on nobody reads what it prints, and nothing waits to be read.
    if (url === undefined) continue;
    child.stdout.resume();
    return { pid: pidOf(child), url, stop: () => stopChild(child) };
  }
  throw new Error('the hub ended before it listened');
}
