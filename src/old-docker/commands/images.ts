import { type SeenImage, View } from '../images/view.js';
import { table } from '../terminal/table.js';
import { humanDuration, humanSize, shortId } from '../terminal/units.js';
import type { Command } from './command.js';
import type { Context } from './context.js';
import type { Given } from './flags.js';

/** `docker images [NAME]`. */
export const imagesCommand: Command = {
  name: 'images',
  synopsis: [
    ['0', '[OPTIONS] [NAME]'],
    ['1.5', '[OPTIONS] [REPOSITORY]'],
    ['1.9', '[OPTIONS] [REPOSITORY[:TAG]]'],
  ],
  about: [['0', 'List images']],
  least: 0,
  most: 1,
  flags: [
    {
      name: 'all',
      short: 'a',
      old: 'a',
      empty: 'false',
      help: [
        ['0', 'show all images (by default filter out the intermediate images used to build)'],
        ['0.9', 'Show all images (by default filter out the intermediate images used to build)'],
        ['1.0', 'Show all images (by default filter out the intermediate image layers)'],
      ],
    },
    {
      name: 'filter',
      short: 'f',
      empty: '[]',
      since: '1.0',
      help: [['0', "Provide filter values (i.e. 'dangling=true')"]],
    },
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
    {
      name: 'tree',
      short: 't',
      old: 'tree',
      empty: 'false',
      before: '1.0',
      help: [
        ['0', 'output graph in tree format'],
        ['0.9', 'Output graph in tree format'],
      ],
    },
    {
      name: 'viz',
      short: 'v',
      old: 'viz',
      empty: 'false',
      before: '1.0',
      help: [
        ['0', 'output graph in graphviz format'],
        ['0.9', 'Output graph in graphviz format'],
      ],
    },
  ],
  run: async (context, given) => {
    const { terminal } = context;
    const lines = linesOf(context, given);
    const id = (image: SeenImage): string =>
      given.options.has('no-trunc') ? image.fullId : shortId(image.id);
    if (given.options.has('quiet')) {
      await terminal.stdout.write(lines.map(({ image }) => `${id(image)}\n`).join(''));
      return;
    }
    const last = context.wording.sizeColumn;
    const header = [
      'REPOSITORY',
      'TAG',
      'IMAGE ID',
      'CREATED',
      last === 'size and virtual' ? 'SIZE' : last,
    ];
    const rows = lines.map(({ image, repository, tag }) => [
      repository,
      tag,
      id(image),
      ago(context, image.created),
      sizeOf(context, image),
    ]);
    await terminal.stdout.write(table([header, ...rows], 20));
  },
};

interface Line {
  readonly image: SeenImage;
  readonly repository: string;
  readonly tag: string;
}

/** The newest images first; images without a name are the last made of a chain, or all with `-a`. */
function linesOf(context: Context, { options, words: [wanted] }: Given): Line[] {
  const { images: graph, version, wording } = context;
  const view = new View(graph, version, wording);
  const dangling = /^dangling=(true|1)$/.test(options.get('filter') ?? '');
  const named = graph.repositories().flatMap((repository) =>
    graph.tags(repository).flatMap(([tag, id]) => {
      const image = view.ofStored(id);
      return image === undefined ? [] : [{ image, repository, tag }];
    }),
  );
  const isNamed = new Set(named.map(({ image }) => image.id));
  const nameless = view
    .images()
    .filter((image) => !isNamed.has(image.id))
    .filter((image) => options.has('all') || !view.hasChildren(image))
    .map((image) => ({ image, repository: '<none>', tag: '<none>' }));
  if (wanted?.split('/')[0]?.includes(':') && !wording.listsPorts) return [];
  const shown = dangling ? nameless : wanted === undefined ? [...named, ...nameless] : named;
  return shown
    .filter(({ repository, tag }) => matches(wanted, repository, tag))
    .sort((a, b) => b.image.created - a.image.created);
}

/** A name as it is, with its tag or without, or with `*` for some letters of a part. */
function matches(wanted: string | undefined, repository: string, tag: string): boolean {
  if (wanted === undefined || wanted === repository) return true;
  if (wanted === `${repository}:${tag}`) return true;
  const parts = wanted.split('*');
  if (parts.length === 1) return false;
  const [first = '', ...rest] = parts;
  if (!repository.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const next = repository.indexOf(part, at);
    if (next < 0 || repository.slice(at, next).includes('/')) return false;
    at = next + part.length;
  }
  return at === repository.length || parts.at(-1) === '';
}

/** When something was made, in the words of the version. */
export function ago({ now, wording }: Context, created: number): string {
  return `${humanDuration(now() - created, wording.exactYears)} ago`;
}

function sizeOf({ wording }: Context, { size, virtualSize }: SeenImage): string {
  return wording.sizeColumn === 'size and virtual'
    ? `${humanSize(size)} (virtual ${humanSize(virtualSize)})`
    : humanSize(virtualSize);
}
