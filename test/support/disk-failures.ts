/* A disk that fails at a step of its own choosing, and what a hub on it must leave. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '../../bench/torture/client.js';
import { FolderVerifier } from '../../bench/torture/folder.js';
import { checkDirectory } from '../../src/domain/check/check.js';
import type { DiskStep } from '../../src/storage/files/disk.js';
import { DataDirectory } from '../../src/storage/folder/data-directory.js';
import { startPlainHub } from './hub.js';

/** Thousands of fsyncs whose failures are made up need no real disk, where memory can be had. */
const FAST_PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** How a disk fails: what it says, how often, and what the client is told. */
export interface DiskFailure {
  readonly name: string;
  readonly code: 'EIO' | 'ENOSPC';
  readonly lasts: 'once' | 'until mended';
  readonly status: number;
  readonly sentence: string;
}

export const DISK_FAILURES: readonly DiskFailure[] = [
  {
    name: 'a step fails once',
    code: 'EIO',
    lasts: 'once',
    status: 500,
    sentence: 'The hub could not do this, its log says why',
  },
  {
    name: 'the disk is full from one step on',
    code: 'ENOSPC',
    lasts: 'until mended',
    status: 507,
    sentence: 'The disk is full',
  },
];

/** The disk under a hub. */
class FailingDisk {
  #left = Number.POSITIVE_INFINITY;
  #failure: DiskFailure | undefined;
  steps = 0;
  /** Whether it may have failed to remove something: then that lies about until the next start. */
  mayHaveFailedToRemove = false;
  /** The first step that failed, and its path. */
  failed: string | undefined;

  /** The step of this number is the first to fail. */
  failAt(step: number, failure: DiskFailure): void {
    this.#left = step;
    this.#failure = failure;
    this.steps = 0;
    this.mayHaveFailedToRemove = false;
    this.failed = undefined;
  }

  mend(): void {
    this.#failure = undefined;
  }

  readonly onStep = (step: DiskStep, path: string): void => {
    this.steps += 1;
    this.#left -= 1;
    // A removal stands in the log first, which has room for it as soon as it is there.
    const isRemoval = step === 'remove' || (path.endsWith('.log') && step !== 'open');
    if (!this.#fails(isRemoval)) return;
    this.mayHaveFailedToRemove ||= isRemoval;
    this.failed ??= `${step} ${path}`;
    const code = this.#failure?.code;
    throw Object.assign(new Error(`${code}: injected at ${step}`), { code });
  };

  #fails(isRemoval: boolean): boolean {
    if (this.#failure === undefined || this.#left > 0) return false;
    // To remove something takes no more room.
    return this.#failure.lasts === 'once' ? this.#left === 0 : !isRemoval;
  }
}

/** A hub on a disk that can be made to fail. */
export interface FailingHub {
  readonly client: Client;
  readonly disk: FailingDisk;
  /** Its data directory. */
  readonly data: string;
  /** Where a copy of it may be. */
  readonly copy: string;
}

/** What is tried on a hub whose disk fails at one step after the other. */
export interface Trial {
  /** Brings what must outlast all of it. */
  readonly prepare: (client: Client) => Promise<unknown>;
  /** Goes through it with a disk that fails at this step; false when it is over before it comes to that step. */
  readonly failsAt: (step: number, hub: FailingHub) => Promise<boolean>;
}

/** Goes through a trial with a disk that fails at its first step, its second one, and so on. Resolves to how many there were. */
export async function failAtEachStep({ prepare, failsAt }: Trial): Promise<number> {
  const folder = await mkdtemp(join(FAST_PLACE, 'hub-v1-faults-'));
  const disk = new FailingDisk();
  try {
    const data = join(folder, 'data');
    await using hub = await startPlainHub({ data, onDiskStep: disk.onStep });
    const client = new Client(hub.port);
    try {
      await prepare(client);
      let step = 1;
      const about = { client, disk, data, copy: join(folder, 'copy') };
      while (await failsAt(step, about).catch((error) => throwAt(step, disk, error))) step += 1;
      return step - 1;
    } finally {
      client.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function throwAt(step: number, { failed }: FailingDisk, cause: unknown): never {
  throw new Error(`step ${step}, ${failed}: ${(cause as Error).message}`, { cause });
}

/** What lies in the folder that should not, and what is missing. */
export function complaintsOf(folder: string): ReadonlySet<string> {
  const complaints = new Set<string>();
  new FolderVerifier(folder, (complaint) => complaints.add(complaint)).verify();
  return complaints;
}

/** Nothing lies in the folder that should not, and nothing is missing, but what was known before. */
export function assertIsTidy(folder: string, known: ReadonlySet<string> = new Set()): void {
  const complaints = [...complaintsOf(folder)].filter((each) => !known.has(each));
  assert.deepEqual(complaints, []);
}

/**
 * What a start finds after a kill at this moment, in a copy of the folder, since the first hub is to go on. The copy must
 * be tidy and pass `hub-v1 check`; it is gone afterwards.
 */
export async function killAndStart(
  data: string,
  copy: string,
  look: (client: Client) => Promise<void>,
): Promise<void> {
  // At once: a thread for each of its files would take longer.
  cpSync(data, copy, { recursive: true, filter: (path) => !path.includes('hub.lock') });
  const hub = await startPlainHub({ data: copy });
  const client = new Client(hub.port);
  try {
    await look(client);
    assertIsTidy(copy);
  } finally {
    client.close();
    await hub.close();
  }
  await assertPassesCheck(copy);
  rmSync(copy, { recursive: true });
}

async function assertPassesCheck(folder: string): Promise<void> {
  const directory = await DataDirectory.open(folder);
  const found: unknown[] = [];
  const listener = { counted: () => {}, read: () => {}, found: (one: unknown) => found.push(one) };
  await checkDirectory(directory, false, listener);
  await directory.close();
  assert.deepEqual(found, []);
}
