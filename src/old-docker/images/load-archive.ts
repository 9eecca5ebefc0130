import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Dialect } from '../eras/dialect.js';
import { OldDockerError } from '../requests/errors.js';
import { checkId, checkLocalName, checkTag } from '../requests/names.js';
import type { Graph } from '../store/graph.js';
import type { StoredLayer } from '../store/layer-files.js';
import { checkParents, type ParentOf } from '../store/parents.js';
import {
  type ManifestEntry,
  readManifest,
  readRepositories,
  type Tagged,
} from './archive-files.js';
import { type ImageJson, readImageJson } from './image-json.js';
import { entriesOf, type StreamedEntry } from './tar-reader.js';

/** What an archive brought. */
export interface Loaded {
  /** How many entries it has; without any it is not an archive. */
  readonly entries: number;
  readonly hasManifest: boolean;
  /** `name:tag` of what it tags. */
  readonly names: readonly string[];
}

/** A json in an archive is not larger than this, in bytes. */
const LARGEST_JSON = 4 * 1024 * 1024;

/** All of them together, which are in memory until the archive ends. */
const LARGEST_TEXTS = 64 * 1024 * 1024;

interface Parts {
  readonly images: Map<string, LoadedImage>;
  readonly layers: Map<string, StoredLayer>;
  tagged: readonly Tagged[];
  manifest: readonly ManifestEntry[];
  entries: number;
  /** Bytes of all json. */
  texts: number;
}

interface LoadedImage {
  readonly text: string;
  readonly json: ImageJson;
}

/**
 * Reads an archive of `docker save` into the graph: folders with VERSION, json and layer.tar, a file
 * `repositories`, and from 1.10 a manifest.json beside them.
 * @param ownImage the stored image that already has such a config
 */
export async function loadArchive(
  graph: Graph,
  dialect: Dialect,
  archive: AsyncIterable<Buffer>,
  ownImage: (config: string) => string | undefined,
): Promise<Loaded> {
  const parts: Parts = {
    images: new Map(),
    layers: new Map(),
    tagged: [],
    manifest: [],
    entries: 0,
    texts: 0,
  };
  for await (const entry of entriesOf(archive)) {
    parts.entries += 1;
    await readEntry(graph, parts, entry);
  }
  for (const { name, tag, id } of parts.tagged) {
    checkLocalName(name);
    checkTag(dialect, tag);
    checkId(id);
  }
  const own = new Map<string, string>();
  for (const { config, layers } of parts.manifest) {
    const stored = ownImage(config.replace(/\.json$/, ''));
    const top = layers.at(-1)?.split('/')[0];
    if (stored !== undefined && top !== undefined) own.set(top, stored);
  }
  addImages(graph, parts, own);
  for (const { name, tag, id } of parts.tagged) graph.tag(name, tag, own.get(id) ?? id);
  return {
    entries: parts.entries,
    hasManifest: parts.manifest.length > 0,
    names: parts.tagged.map(({ name, tag }) => `${name}:${tag}`),
  };
}

async function readEntry(graph: Graph, parts: Parts, entry: StreamedEntry): Promise<void> {
  const name = entry.name.replace(/^\.\//, '');
  const [folder = '', file] = name.split('/');
  if (name === 'repositories') parts.tagged = readRepositories(await readText(parts, entry));
  else if (name === 'manifest.json') parts.manifest = readManifest(await readText(parts, entry));
  else if (/^[0-9a-f]{64}$/.test(folder)) {
    if (file === 'json') {
      const text = await readText(parts, entry);
      parts.images.set(folder, { text, json: readImageJson(text) });
    }
    if (file === 'layer.tar') parts.layers.set(folder, await graph.addLayer(entry.content));
  }
}

async function readText(parts: Parts, entry: StreamedEntry): Promise<string> {
  parts.texts += entry.size;
  if (entry.size > LARGEST_JSON || parts.texts > LARGEST_TEXTS) {
    throw new OldDockerError(`${entry.name} is too large`);
  }
  return (await buffer(Readable.from(entry.content))).toString('utf8');
}

/** Those below first; an image without its parts is left out. */
function addImages(
  graph: Graph,
  { images, layers }: Parts,
  own: ReadonlyMap<string, string>,
): void {
  const below = (id: string): string | undefined => images.get(id)?.json.parent || undefined;
  checkParents([...images.keys()], (id) => (graph.get(id) ?? { parent: below(id) }).parent);
  const unneeded = new Set([...own.keys()].flatMap((id) => chainIds(below, id)));
  for (const [id, { text, json }] of images) {
    const layer = layers.get(id);
    const parent = below(id);
    if (layer === undefined || unneeded.has(id) || graph.get(id) !== undefined) continue;
    const bare = isBareJson(json) ? { bare: true as const } : {};
    graph.add({ id, ...(parent !== undefined && { parent }), json: text, layer, ...bare });
  }
}

function chainIds(below: ParentOf, id: string): string[] {
  const ids = new Set<string>();
  for (let next: string | undefined = id; next !== undefined && !ids.has(next); ) {
    ids.add(next);
    next = below(next);
  }
  return [...ids];
}

/** From 1.10 what is below an image has a json of two names. */
function isBareJson({ id, parent, ...rest }: ImageJson): boolean {
  return Object.keys(rest).length === 0;
}
