import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild } from '../support/child.js';
import { measure, type Run, type Side } from '../support/compare.js';
import { ratiosOf, type Sample, summarise } from '../support/figures.js';
import { type FolderKind, writeOldRegistry } from '../support/old-registry.js';
import { memory } from '../support/proc.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

/** As many as the command has for what waits for the disk (hub-v1.cts). */
const COMMANDS_THREADS = 16;
const LAYER = 10 * 1024 * 1024;
const KINDS: Readonly<Record<FolderKind, string>> = {
  v1: "docker-registry's folder",
  'v1-unsummed': "docker-registry's folder without checksums",
  v2: "distribution's folder",
};

/** What an old registry left, taken in; of how many images, `--images` says. */
export const rescues: readonly Row[] = (['v1', 'v1-unsummed', 'v2'] as const).flatMap((kind) =>
  [false, true].map((link): Row => {
    return {
      name: `rescue-${kind}${link ? '-link' : ''}`,
      work: `rescue of a ${KINDS[kind]}, images of 10 MB, by ${link ? 'links' : 'copies'}`,
      baseline: 'the same layers read and summed up with SHA-256 once, in a thread for each core',
      targets: [
        { of: 'ratio', figure: 'each', atMost: 1.3 },
        { of: 'hub', figure: 'added', atMost: 150 },
      ],
      run: (options) => run(options, kind, link),
    };
  }),
);

interface Task {
  readonly source: string;
  readonly data: string;
  readonly link: boolean;
}

async function run(
  { folder, rounds, images }: BenchOptions,
  kind: FolderKind,
  link: boolean,
): Promise<Outcome> {
  const source = join(folder, 'old');
  const paths = writeOldRegistry(source, kind, { images, size: LAYER });
  const baseline = await startChild<{ paths: readonly string[] }, Run>('read-files');
  const reading: Side = { pid: baseline.pid, run: () => baseline.ask({ paths }) };
  const task = { source, data: join(folder, 'data'), link };
  try {
    // What was just written comes to the disk, and all of it into memory.
    await measure(reading);
    const [ours, theirs]: [Sample[], Sample[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await rescueOnce(task));
      theirs.push(await measure(reading));
    }
    return { hub: summarise(ours), baseline: summarise(theirs), ratios: ratiosOf(ours, theirs) };
  } finally {
    await baseline.stop();
  }
}

/** In a new process, as the command is one. */
async function rescueOnce(task: Task): Promise<Sample> {
  await rm(task.data, { recursive: true, force: true });
  const rescuer = await startChild<Task | { readonly kind: 'ready' }, Run>('rescue-folder', {
    threads: COMMANDS_THREADS,
  });
  try {
    await rescuer.ask({ kind: 'ready' });
    const before = memory(rescuer.pid)?.now;
    const sample = await measure({ pid: rescuer.pid, run: () => rescuer.ask(task) });
    const { peak } = sample;
    return before === undefined || peak === undefined
      ? sample
      : { ...sample, added: peak - before };
  } finally {
    await rescuer.stop();
  }
}
