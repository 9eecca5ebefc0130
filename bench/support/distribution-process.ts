import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pidOf, stopChild } from './child.js';
import type { HubProcess } from './hub-process.js';

/** The program, as Debian's package of that name installs it. */
const PROGRAM = 'docker-registry';

/** Whether a distribution is installed here. */
export function hasDistribution(): boolean {
  return spawnSync(PROGRAM, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Starts one in its fastest form: nobody logs in, what it knows of blobs is in memory, and it logs errors only. */
export async function startDistribution(folder: string): Promise<HubProcess> {
  mkdirSync(folder, { recursive: true });
  const settings = join(folder, 'settings.yml');
  const filesystem = { rootdirectory: join(folder, 'storage'), maxthreads: 100 };
  // JSON is YAML too.
  const written = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem, cache: { blobdescriptor: 'inmemory' } },
    http: { addr: '127.0.0.1:0' },
  };
  writeFileSync(settings, JSON.stringify(written));
  const child = spawn(PROGRAM, ['serve', settings], { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface(child.stderr)) {
    const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(line) ?? [];
    if (address === undefined) continue;
    child.stderr.resume();
    return { pid: pidOf(child), url: `http://${address}`, stop: () => stopChild(child) };
  }
  throw new Error('the distribution ended before it listened');
}
