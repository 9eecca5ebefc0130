import { View } from '../images/view.js';
import { shortId } from '../terminal/units.js';
import type { Command } from './command.js';
import type { Context } from './context.js';
import { Failure } from './failure.js';
import { checkReference, type Name, readName } from './names.js';

/** `docker tag IMAGE NAME[:TAG]`. */
export const tagCommand: Command = {
  name: 'tag',
  synopsis: [
    ['0', '[OPTIONS] IMAGE REPOSITORY[:TAG]'],
    ['0.9', '[OPTIONS] IMAGE [REGISTRYHOST/][USERNAME/]NAME[:TAG]'],
    ['1.2', '[OPTIONS] IMAGE[:TAG] [REGISTRYHOST/][USERNAME/]NAME[:TAG]'],
    ['1.12', 'IMAGE[:TAG] IMAGE[:TAG]'],
  ],
  about: [['0', 'Tag an image into a repository']],
  least: 2,
  most: 2,
  flags: [
    {
      name: 'force',
      short: 'f',
      old: 'f',
      empty: 'false',
      before: '1.12',
      help: [['0', 'Force']],
    },
  ],
  run: async (context, { options, words: [source = '', target = ''] }) => {
    const { wording, dialect, images: graph, version } = context;
    const name = wording.checksTagNames
      ? checkReference(wording, dialect, target)
      : readName(target);
    const image = new View(graph, version, wording).find(source, readName(source));
    if (image === undefined) {
      throw new Failure('daemon', wording.noSuchTagSource.replace('%s', source));
    }
    const tag = name.tag ?? 'latest';
    refuseTaken(context, name, tag, image.stored.id, options.has('force'));
    graph.tag(name.local, tag, image.stored.id);
    await graph.save();
  },
};

/** From 1.5 to 1.9 a tag is not moved without `-f`. */
function refuseTaken(
  { wording, images: graph }: Context,
  { local }: Name,
  tag: string,
  id: string,
  isForced: boolean,
): void {
  const taken = graph.tagged(local, tag);
  if (wording.tagConflict === undefined || taken === undefined || taken === id || isForced) return;
  throw new Failure(
    'daemon',
    wording.tagConflict
      .replace('%n', local)
      .replace('%t', tag)
      .replace('%i', taken)
      .replace('%s', shortId(taken)),
  );
}
