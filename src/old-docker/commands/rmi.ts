import type { SeenImage } from '../images/view.js';
import { View } from '../images/view.js';
import { shortId } from '../terminal/units.js';
import type { Command } from './command.js';
import type { Context } from './context.js';
import { Exit, Failure, words } from './failure.js';
import { readName } from './names.js';
import { removeLayers } from './remove-layers.js';

/** `docker rmi IMAGE…`. */
export const rmiCommand: Command = {
  name: 'rmi',
  synopsis: [
    ['0', 'IMAGE [IMAGE...]'],
    ['1.2', '[OPTIONS] IMAGE [IMAGE...]'],
  ],
  about: [['0', 'Remove one or more images']],
  least: 1,
  most: Number.POSITIVE_INFINITY,
  flags: [
    {
      name: 'force',
      short: 'f',
      empty: 'false',
      since: '0.9',
      help: [
        ['0', 'Force'],
        ['1.0', 'Force removal of the image'],
      ],
    },
    {
      name: 'no-prune',
      empty: 'false',
      since: '1.0',
      help: [['0', 'Do not delete untagged parents']],
    },
  ],
  run: async (context, { options, words: references }) => {
    const { terminal, wording, images: graph } = context;
    const missed: string[] = [];
    for (const reference of references) {
      try {
        const lines = await remove(context, reference, {
          force: options.has('force'),
          prune: !options.has('no-prune'),
        });
        await graph.save();
        await terminal.stdout.write(lines.map((line) => `${line}\n`).join(''));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        missed.push(reference);
        const said = words(wording, error);
        const text = wording.rmiList ? `Failed to remove image (${reference}): ${said}` : said;
        await terminal.stderr.write(`${text}\n`);
      }
    }
    if (missed.length === 0) return;
    if (wording.rmiFailed === undefined) throw new Exit(1);
    throw new Failure('client', wording.rmiFailed.replace('%s', missed.join(' ')));
  },
};

interface How {
  readonly force: boolean;
  readonly prune: boolean;
}

/** Removes a name or an image; returns the lines that say so. */
async function remove(context: Context, reference: string, how: How): Promise<string[]> {
  const { wording, images: graph, version } = context;
  const view = new View(graph, version, wording);
  const name = readName(reference);
  const image = view.find(reference, name);
  if (image === undefined) {
    const hasTag = name.tag !== undefined && wording.rmi === 'content';
    const text = hasTag ? 'No such image: %s' : wording.noSuchRmi;
    throw new Failure('daemon', text.replace('%s', reference));
  }
  const tag = name.tag ?? 'latest';
  const isName = graph.tagged(name.local, tag) !== undefined;
  const names = isName ? [`${name.local}:${tag}`] : view.namesOf(image);
  if (!isName) await refuse(context, view, image, reference, names, how);
  for (const each of names) untag(graph, each);
  const untagged = names.map((each) => `Untagged: ${wording.untagsById ? image.id : each}`);
  return [...untagged, ...removeImage(context, image, how)];
}

function untag(graph: Context['images'], name: string): void {
  const colon = name.lastIndexOf(':');
  graph.untag(name.slice(0, colon), name.slice(colon + 1));
}

/** An id that several repositories have, or that others are made on. */
async function refuse(
  { wording, images: graph }: Context,
  view: View,
  image: SeenImage,
  reference: string,
  names: readonly string[],
  { force }: How,
): Promise<void> {
  const repositories = new Set(names.map((name) => name.slice(0, name.lastIndexOf(':'))));
  const isOld = wording.rmi === 'old' || wording.rmi === 'with force';
  if (!isOld && view.hasChildren(image)) {
    // 1.8 and 1.9 had removed a single name by then.
    const [only, ...more] = names;
    if (wording.rmi === 'conflict' && only !== undefined && more.length === 0) {
      untag(graph, only);
      await graph.save();
    }
    throw new Failure(
      'daemon',
      `conflict: unable to delete ${shortId(image.id)} (cannot be forced) - image has dependent child images`,
    );
  }
  if (repositories.size < 2 || force) return;
  throw new Failure('daemon', conflict(wording, reference, shortId(image.id)));
}

function conflict({ rmi, display }: Context['wording'], reference: string, id: string): string {
  if (display === 'escapes') return `Conflict, ${reference} wasn't deleted`;
  const many = `Conflict, cannot delete image ${reference} because it is tagged in multiple repositories`;
  switch (rmi) {
    case 'old':
      return many;
    case 'with force':
      return `${many}, use -f to force`;
    default:
      return `conflict: unable to delete ${id} (must be forced) - image is referenced in one or more repositories`;
  }
}

/** An image without a name goes, and so do those below that only it needed. */
function removeImage(context: Context, image: SeenImage, { force, prune }: How): string[] {
  const { images: graph, wording, version } = context;
  const lines: string[] = [];
  for (let next: SeenImage | undefined = image; next !== undefined; ) {
    const view = new View(graph, version, wording);
    const isFirst = next === image;
    const isKept = view.namesOf(next).length > 0 || view.hasChildren(next);
    if (isKept || (!isFirst && !prune && !force)) break;
    const parent: SeenImage | undefined = view.get(next.parent);
    lines.push(`Deleted: ${next.fullId}`);
    lines.push(...removeLayers(graph, next));
    next = prune ? parent : undefined;
  }
  return lines;
}
