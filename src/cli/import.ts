import type { Command } from 'commander';
import {
  ArchiveError,
  type ImageArchive,
  type ImportOptions,
  importArchive,
  openSource,
} from '../archive/archive.js';
import { splitReference } from '../archive/reference.js';
import { openHub } from '../open-hub.js';
import { commandOption } from '../options/command-line.js';
import { noteOnMissingAccount } from './accountless.js';
import { ArchiveView } from './archive-view.js';
import { print } from './terminal.js';

/** `hub-v1 import`: images out of a tar of `docker save`, into the data directory of a stopped hub. */
export function addImportCommand(program: Command): void {
  program
    .command('import <file> [name]')
    .description(
      'take in the images of a `docker save` tar (of any docker, or an OCI layout; - for standard ' +
        'input), as ns/repo[:tag] or under the names they have there',
    )
    .addOption(commandOption('data'))
    .action((file: string, name: string | undefined, { data }: { data: string }) =>
      runImport(file, name, data),
    );
}

async function runImport(file: string, name: string | undefined, data: string): Promise<void> {
  const source = file === '-' ? process.stdin : file;
  const destination = name === undefined ? {} : destinationOf(name);
  const show = new ArchiveView(print);
  try {
    // Read before the data directory is opened, and perhaps made: a wrong path must not make one.
    const archive = await openSource(source, {}, show.listener);
    try {
      await importInto(data, archive, destination, show);
    } finally {
      await archive.close();
    }
  } finally {
    show.end();
  }
}

async function importInto(
  data: string,
  archive: ImageArchive,
  destination: ImportOptions,
  show: ArchiveView,
): Promise<void> {
  const hub = await openHub({ data });
  try {
    const { tags } = await importArchive(hub, archive, destination, show.listener);
    const owners = new Set(tags.map(({ repository }) => repository.split('/')[0] ?? ''));
    for (const owner of owners) {
      if (owner === 'library' || hub.domain.accounts.find(owner) !== undefined) continue;
      show.say(`note: ${noteOnMissingAccount(owner)}`);
    }
  } finally {
    await hub.close();
  }
}

function destinationOf(name: string): ImportOptions {
  if (name.includes('@')) throw new ArchiveError(`${name} must be ns/repo[:tag]`);
  return splitReference(name);
}
