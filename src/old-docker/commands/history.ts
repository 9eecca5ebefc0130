import { View } from '../images/view.js';
import { table } from '../terminal/table.js';
import { humanSize, shortId } from '../terminal/units.js';
import type { Command } from './command.js';
import { Failure } from './failure.js';
import { ago } from './images.js';
import { readName } from './names.js';

/** Letters of a command that are shown. */
const COMMAND = 45;

/** `docker history IMAGE`. */
export const historyCommand: Command = {
  name: 'history',
  synopsis: [['0', '[OPTIONS] IMAGE']],
  about: [['0', 'Show the history of an image']],
  least: 1,
  most: 1,
  flags: [
    { name: 'no-trunc', old: 'notrunc', empty: 'false', help: [['0', "Don't truncate output"]] },
    {
      name: 'quiet',
      short: 'q',
      old: 'q',
      empty: 'false',
      help: [
        ['0', 'only show numeric IDs'],
        ['0.9', 'Only show numeric IDs'],
      ],
    },
  ],
  run: async (context, { options, words: [reference = ''] }) => {
    const { wording, images: graph, version, terminal } = context;
    const view = new View(graph, version, wording);
    const image = view.find(reference, readName(reference));
    if (image === undefined) {
      throw new Failure('daemon', wording.noSuchImage.replace('%s', reference));
    }
    const isWhole = options.has('no-trunc');
    const lines = view.history(image);
    const shownId = (id: string): string => (isWhole || id.startsWith('<') ? id : shortId(id));
    if (options.has('quiet')) {
      await terminal.stdout.write(lines.map(({ id }) => `${shownId(id)}\n`).join(''));
      return;
    }
    const comment = (text: string): string[] => (wording.historyComment ? [text] : []);
    const header = ['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', ...comment('COMMENT')];
    const rows = lines.map((line) => [
      shownId(line.id),
      ago(context, line.created),
      isWhole ? line.command : [...line.command].slice(0, COMMAND).join(''),
      humanSize(line.size),
      ...comment(line.comment),
    ]);
    await terminal.stdout.write(table([header, ...rows], 20));
  },
};
