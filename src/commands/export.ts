import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { type ExportedImage, exportImage } from '../archive/archive.js';
import { type OpenHub, openHub } from '../open-hub.js';
import { ArchiveView } from './archive-view.js';
import { dataOption, requireDataDirectory } from './data-option.js';

interface ExportFlags {
  readonly output?: string;
  readonly data: string;
}

/** `hub-v1 export`: an image as a tar for `docker load`, out of the data directory of a stopped hub. */
export function addExportCommand(program: Command): void {
  program
    .command('export <name>')
    .description('write the image ns/repo[:tag] as a tar that `docker load` takes')
    .option('--output <file>', 'where to write it (default: standard output)')
    .addOption(dataOption())
    .action((name: string, flags: ExportFlags) => runExport(name, flags));
}

async function runExport(name: string, { output, data }: ExportFlags): Promise<void> {
  if (output === undefined && process.stdout.isTTY) {
    throw new InvalidArgumentError('a tar is nothing for a terminal: say --output FILE');
  }
  requireDataDirectory(data);
  const hub = await openHub({ data });
  // Standard output may be the tar itself.
  const show = new ArchiveView((line) => process.stderr.write(`${line}\n`));
  try {
    const exported = await (output === undefined
      ? exportImage(hub, name, process.stdout, show.listener)
      : exportToFile(hub, name, output, show));
    show.say(describe(name, exported));
  } finally {
    show.end();
    await hub.close();
  }
}

/** The file appears when it is whole. */
async function exportToFile(
  hub: OpenHub,
  name: string,
  output: string,
  show: ArchiveView,
): Promise<ExportedImage> {
  const aside = `${output}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(aside, 'wx').catch((error: Error) => {
    throw new Error(`cannot write ${output}: ${error.message}`);
  });
  try {
    const exported = await exportImage(hub, name, handle.createWriteStream(), show.listener);
    await rename(aside, output);
    return exported;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(aside, { force: true });
    throw error;
  }
}

function describe(name: string, { imageId, named }: ExportedImage): string {
  if (named) return `${name} is written; docker load makes it ${imageId}`;
  return `${name} is written; docker load makes it ${imageId}, unnamed: it allows such names no more`;
}
