import { type Saved, saveArchive } from '../images/save-archive.js';
import { View } from '../images/view.js';
import type { Command } from './command.js';
import type { Context } from './context.js';
import { Failure } from './failure.js';
import { readName } from './names.js';

/** `docker save IMAGE…`: to standard output, or with `-o`. */
export const saveCommand: Command = {
  name: 'save',
  synopsis: [
    ['0', 'IMAGE DESTINATION'],
    ['0.9', 'IMAGE'],
    ['1.0', '[OPTIONS] IMAGE'],
    ['1.4', '[OPTIONS] IMAGE [IMAGE...]'],
  ],
  about: [['0', 'Save an image to a tar archive (streamed to stdout by default)']],
  least: 1,
  most: Number.POSITIVE_INFINITY,
  flags: [
    {
      name: 'output',
      short: 'o',
      empty: '""',
      since: '0.9',
      help: [['0', 'Write to a file, instead of STDOUT']],
    },
  ],
  run: async (context, { options, words: references }) => {
    const { terminal, files, images: graph, version, wording } = context;
    const output = options.get('output');
    if (output === undefined && wording.refusesTerminal && terminal.stdout.isTerminal) {
      throw new Failure(
        'client',
        'Cowardly refusing to save to a terminal. Use the -o flag or redirect.',
      );
    }
    const view = new View(graph, version, wording);
    const saved = references.flatMap((reference) => savedBy(context, view, reference));
    const archive = saveArchive(graph, view, version, saved, wording.contentIds);
    if (output !== undefined) {
      await files.write(output, archive);
      return;
    }
    for await (const piece of archive) await terminal.stdout.write(piece);
  },
};

/** All tags of a name, one tag, or the tags of an id. */
function savedBy({ images: graph, wording }: Context, view: View, reference: string): Saved[] {
  const name = readName(reference);
  const tags = graph
    .tags(name.local)
    .filter(([tag]) => name.tag === undefined || name.tag === tag)
    .map(([tag, id]) => ({ name: name.local, tag, id }));
  if (tags.length > 0) return tags;
  const image = view.find(reference, name);
  if (image === undefined) {
    throw new Failure('stream', wording.noSuchSaved.replace('%s', reference));
  }
  return view.namesOf(image).map((each) => {
    const colon = each.lastIndexOf(':');
    return { name: each.slice(0, colon), tag: each.slice(colon + 1), id: image.stored.id };
  });
}
