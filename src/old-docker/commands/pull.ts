import { readImageJson } from '../images/image-json.js';
import { View } from '../images/view.js';
import { LoginRequired, OldDockerError } from '../requests/errors.js';
import type { Described } from '../requests/layers.js';
import { type PullGraph, type PullResult, pull } from '../requests/pull.js';
import type { PullEvent } from '../requests/pull-events.js';
import type { StoredLayer } from '../store/layer-files.js';
import type { Message } from '../terminal/messages.js';
import { shortId } from '../terminal/units.js';
import type { Command } from './command.js';
import { type Context, clientFor, displayOf, shownName } from './context.js';
import { Failure } from './failure.js';
import { logIn } from './login.js';
import { checkReference, type Name, readName } from './names.js';

const LEGACY =
  'this image was pulled from a legacy registry.  Important: This registry version will not be ' +
  'supported in future versions of docker.';

/** `docker pull NAME[:TAG]`. */
export const pullCommand: Command = {
  name: 'pull',
  synopsis: [
    ['0', 'NAME'],
    ['1.0', 'NAME[:TAG]'],
    ['1.3', '[OPTIONS] NAME[:TAG]'],
    ['1.6', '[OPTIONS] NAME[:TAG|@DIGEST]'],
  ],
  about: [
    ['0', 'Pull an image or a repository from the registry'],
    ['1.7', 'Pull an image or a repository from a registry'],
  ],
  least: 1,
  most: 1,
  flags: [
    {
      name: 'all-tags',
      short: 'a',
      empty: 'false',
      since: '1.3',
      help: [['0', 'Download all tagged images in the repository']],
    },
    {
      name: 'tag',
      short: 't',
      empty: '""',
      before: '1.5',
      hiddenFrom: '1.0',
      help: [['0', 'Download tagged image in repository']],
    },
  ],
  run: async (context, { options, words: [word = ''] }) => {
    const { wording, dialect, terminal } = context;
    const isBare = !options.has('all-tags') && readName(word).tag === undefined;
    const saysTag = wording.saysDefaultTag && isBare;
    if (saysTag && wording.badName !== 'reference') await sayDefault(context);
    const name = checkReference(wording, dialect, word);
    if (saysTag && wording.badName === 'reference') await sayDefault(context);
    const asked = name.tag ?? (options.get('tag') || undefined);
    const tag = asked ?? (wording.pullsOneTag && isBare ? 'latest' : undefined);
    try {
      await pullName(context, name, tag);
    } catch (error) {
      if (!(error instanceof LoginRequired) || !wording.prompts401) throw error;
      await terminal.stdout.write('\nPlease login prior to pull:\n');
      await logIn(context, name.host, {}, true);
      await pullName(context, name, tag);
    }
  },
};

async function sayDefault({ terminal }: Context): Promise<void> {
  await terminal.stdout.write('Using default tag: latest\n');
}

/** Pulls one tag, or all of them, into the graph, and shows it. */
export async function pullName(
  context: Context,
  name: Name,
  tag: string | undefined,
): Promise<void> {
  const { wording, images: graph } = context;
  const display = displayOf(context);
  const shown = shownName(context, name);
  await display.show({ status: `Pulling repository ${shown}` });
  const tell = async (event: PullEvent): Promise<void> => {
    for (const message of messagesOf(context, shown, event)) await display.show(message);
  };
  const own = ownOf(context);
  const result = await fetchAll(context, name, tag, { shown, tell, own });
  for (const [each, id] of Object.entries(result.tags)) {
    const { bare, ...image } = graph.get(id) ?? { id: undefined };
    if (bare === true && image.id !== undefined) graph.add(image);
    graph.tag(name.local, each, graph.get(id) === undefined ? (own.tops.get(id) ?? id) : id);
  }
  await graph.save();
  if (!wording.saysStatus) return;
  const what = tag === undefined ? name.local : `${name.local}:${tag}`;
  const news = result.fetched.length > 0 ? 'Downloaded newer image' : 'Image is up to date';
  await display.show({ status: `Status: ${news} for ${what}` });
  if (wording.warnsOfLegacy) await display.show({ status: `${shown}: ${LEGACY}` });
}

async function fetchAll(
  context: Context,
  { host, path }: Name,
  tag: string | undefined,
  { shown, tell, own }: { shown: string; tell: (event: PullEvent) => Promise<void>; own: Own },
): Promise<PullResult> {
  const { wording } = context;
  try {
    const client = await clientFor(context, host);
    return await pull(client, graphOf(context, own), path, { tag, shownName: shown, tell });
  } catch (error) {
    // Complete layers stay.
    await context.images.save();
    const asks = error instanceof LoginRequired && wording.prompts401;
    if (!(error instanceof OldDockerError) || asks) throw error;
    throw new Failure('client', error.message);
  }
}

/** What this docker, from 1.10 on, has pushed under names of its own. */
interface Own {
  /** Name at the registry to the stored image. */
  readonly tops: ReadonlyMap<string, string>;
  readonly layers: ReadonlyMap<string, StoredLayer>;
}

function ownOf({ images: graph, wording, version }: Context): Own {
  const images = new View(graph, version, wording).images();
  const contents = images.flatMap(({ stored, content }) =>
    content === undefined ? [] : [{ stored, content }],
  );
  return {
    tops: new Map(
      contents
        .filter(({ content }) => graph.wasPushed(content.id))
        .map(({ stored, content }) => [content.id, stored.id]),
    ),
    layers: new Map(
      contents.flatMap(({ content }) =>
        content.layers
          .filter(({ chain }) => graph.wasPushed(chain))
          .map(({ chain, stored }) => [chain, stored.layer] as const),
      ),
    ),
  };
}

function graphOf({ images: graph, wording }: Context, own: Own): PullGraph {
  const add = ({ id, json }: Pick<Described, 'id' | 'json'>, layer: StoredLayer): void => {
    const text = json.toString('utf8');
    const { parent } = readImageJson(text);
    const below = parent ? { parent } : {};
    const bare = wording.contentIds ? { bare: true as const } : {};
    graph.add({ id, ...below, json: text, layer, ...bare });
  };
  return {
    has: (id) => graph.get(id) !== undefined || own.tops.has(id) || own.layers.has(id),
    describe: (image) => {
      const layer = own.layers.get(image.id);
      if (layer !== undefined && graph.get(image.id) === undefined) add(image, layer);
    },
    add: async (image, packed) => {
      readImageJson(image.json);
      try {
        add(image, await graph.addPacked(packed));
      } catch (error) {
        if (error instanceof OldDockerError) throw error;
        const why = (error as Error).message;
        throw new OldDockerError(`Untar ${image.id}: ${why}`, { cause: error });
      }
    },
  };
}

/** What a version says of what happens. */
function* messagesOf({ wording }: Context, shown: string, event: PullEvent): Iterable<Message> {
  const id = shortId(event.id);
  const step = (status: string): Message => ({ id, status, progress: 'none' });
  switch (event.kind) {
    case 'image': {
      const from = event.endpoint === undefined ? '' : `, endpoint: ${event.endpoint}`;
      yield step(`Pulling image (${event.tag}) from ${shown}${from}`);
      return;
    }
    case 'dependents':
      yield step('Pulling dependent layers');
      return;
    case 'metadata':
      yield step('Pulling metadata');
      return;
    case 'layer':
      yield step('Pulling fs layer');
      return;
    case 'received': {
      const progress = { current: event.bytes, total: Math.max(0, event.size) };
      yield { id, status: 'Downloading', progress };
      return;
    }
    case 'here':
      yield step(wording.contentIds ? 'Already exists' : 'Download complete');
      return;
    case 'complete':
    case 'done':
      yield step('Download complete');
      return;
    case 'unpacked': {
      const size = Math.max(1, event.size);
      const progress = { current: size, total: size };
      yield { id, status: 'Extracting', progress };
      yield { id, status: 'Extracting', progress };
      for (let count = 0; count < wording.pullComplete; count += 1) yield step('Pull complete');
    }
  }
}
