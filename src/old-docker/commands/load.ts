import { loadArchive } from '../images/load-archive.js';
import { View } from '../images/view.js';
import type { Command } from './command.js';
import { Failure } from './failure.js';

/** `docker load`: an archive of `docker save`, from standard input or with `-i`. */
export const loadCommand: Command = {
  name: 'load',
  synopsis: [
    ['0', 'SOURCE'],
    ['0.9', ''],
    ['1.0', '[OPTIONS]'],
  ],
  about: [['0', 'Load an image from a tar archive on STDIN']],
  least: 0,
  most: 0,
  flags: [
    {
      name: 'input',
      short: 'i',
      empty: '""',
      since: '0.9',
      help: [['0', 'Read from a tar archive file, instead of STDIN']],
    },
  ],
  run: async (context, { options }) => {
    const { terminal, files, images: graph, wording, version, dialect } = context;
    const input = options.get('input');
    if (input !== undefined && (await files.stat(input)) === undefined) {
      throw new Failure('client', `open ${input}: no such file or directory`);
    }
    const archive = input === undefined ? terminal.stdin.bytes() : files.stream(input);
    const view = new View(graph, version, wording);
    const isKnown = (config: string): string | undefined => view.get(config)?.stored.id;
    try {
      const loaded = await loadArchive(graph, dialect, archive, isKnown);
      if (loaded.entries === 0) throw new Failure('stream', wording.emptyLoad);
      if (!wording.saysLoaded || !loaded.hasManifest) return;
      const lines = loaded.names.map((name) => `Loaded image: ${name}\n`);
      await terminal.stdout.write(lines.join(''));
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure('stream', (error as Error).message);
    } finally {
      await graph.save();
    }
  },
};
