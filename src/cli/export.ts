import { type Command, InvalidArgumentError } from 'commander';
import { type ExportedImage, exportImage } from '../archive/archive.js';
import { openHubToRead } from '../open-hub.js';
import { commandOption } from '../options/command-line.js';
import { ArchiveView } from './archive-view.js';
import { OutputFile } from './output-file.js';
import { requireDataDirectory } from './require-data.js';
import { note } from './terminal.js';

interface ExportFlags {
  readonly output: string;
  readonly data: string;
}

/** `hub-v1 export`: an image as a tar for `docker load`, out of a data directory, also while a hub runs on it. */
export function addExportCommand(program: Command): void {
  program
    .command('export <name>')
    .description('write the image ns/repo[:tag] as a tar that `docker load` takes')
    .option('--output <file>', 'where to write it; - is standard output', '-')
    .addOption(commandOption('data'))
    .action((name: string, flags: ExportFlags) => runExport(name, flags));
}

async function runExport(name: string, { output, data }: ExportFlags): Promise<void> {
  const isStandardOutput = output === '-';
  if (isStandardOutput && process.stdout.isTTY) {
    throw new InvalidArgumentError('a tar is nothing for a terminal: say --output FILE');
  }
  requireDataDirectory(data);
  // Before the work: an error about the path must not come after an hour.
  const file = isStandardOutput ? undefined : await OutputFile.open(output);
  // Standard output may be the tar itself.
  const show = new ArchiveView(note);
  try {
    const exported = await exportTo(file, name, data, show);
    await file?.put();
    show.say(describe(name, exported));
  } catch (error) {
    await file?.discard();
    throw error;
  } finally {
    show.end();
  }
}

async function exportTo(
  file: OutputFile | undefined,
  name: string,
  data: string,
  show: ArchiveView,
): Promise<ExportedImage> {
  const hub = await openHubToRead(data);
  try {
    const output = file?.handle.createWriteStream() ?? process.stdout;
    return await exportImage(hub, name, output, show.listener);
  } finally {
    await hub.close();
  }
}

function describe(name: string, { imageId, named }: ExportedImage): string {
  if (named) return `${name} is written; docker load makes it ${imageId}`;
  return `${name} is written; docker load makes it ${imageId}, unnamed: it allows such names no more`;
}
