import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Graph, StoredLayer } from '../store/graph.js';
import { checkParents } from '../store/parents.js';
import { entriesOf, type StreamedEntry } from './tar-reader.js';

/** What an archive brought. */
export interface Loaded {
  /** Entries in it; none is no archive. */
  readonly entries: number;
  readonly hasManifest: boolean;
  /** `name:tag` of what it tags. */
  readonly names: readonly string[];
}

/** A json in an archive is not larger than this, in bytes. */
const LARGEST_JSON = 4 * 1024 * 1024;

interface Parts {
  readonly jsons: Map<string, string>;
  readonly layers: Map<string, StoredLayer>;
  repositories: Record<string, Record<string, string>>;
  manifest: readonly ManifestEntry[];
  entries: number;
}

interface ManifestEntry {
  readonly Config?: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Layers?: readonly string[];
}

/**
 * Reads an archive of `docker save` into the graph: folders with VERSION, json and layer.tar, a file
 * `repositories`, and from 1.10 a manifest.json beside them.
 * @param ownImage the stored image that already has such a config
 */
export async function loadArchive(
  graph: Graph,
  archive: AsyncIterable<Buffer>,
  ownImage: (config: string) => string | undefined,
): Promise<Loaded> {
  const parts: Parts = {
    jsons: new Map(),
    layers: new Map(),
    repositories: {},
    manifest: [],
    entries: 0,
  };
  for await (const entry of entriesOf(archive)) {
    parts.entries += 1;
    await readEntry(graph, parts, entry);
  }
  const own = new Map<string, string>();
  for (const { Config = '', Layers = [] } of parts.manifest) {
    const stored = ownImage(Config.replace(/\.json$/, ''));
    const top = Layers.at(-1)?.split('/')[0];
    if (stored !== undefined && top !== undefined) own.set(top, stored);
  }
  addImages(graph, parts, own);
  const names: string[] = [];
  for (const [name, tags] of Object.entries(parts.repositories)) {
    for (const [tag, id] of Object.entries(tags)) {
      graph.tag(name, tag, own.get(id) ?? id);
      names.push(`${name}:${tag}`);
    }
  }
  return { entries: parts.entries, hasManifest: parts.manifest.length > 0, names };
}

async function readEntry(graph: Graph, parts: Parts, entry: StreamedEntry): Promise<void> {
  const name = entry.name.replace(/^\.\//, '');
  const [folder = '', file] = name.split('/');
  if (name === 'repositories') {
    parts.repositories = (await readJson(entry)) as Parts['repositories'];
  } else if (name === 'manifest.json') {
    parts.manifest = (await readJson(entry)) as Parts['manifest'];
  } else if (/^[0-9a-f]{64}$/.test(folder)) {
    if (file === 'json') parts.jsons.set(folder, await readText(entry));
    if (file === 'layer.tar') parts.layers.set(folder, await graph.addLayer(entry.content));
  }
}

async function readText(entry: StreamedEntry): Promise<string> {
  if (entry.size > LARGEST_JSON) throw new Error(`${entry.name} is too large`);
  return (await buffer(Readable.from(entry.content))).toString('utf8');
}

async function readJson(entry: StreamedEntry): Promise<unknown> {
  return JSON.parse(await readText(entry));
}

/** Those below first; an image without its parts is left out. */
function addImages(graph: Graph, { jsons, layers }: Parts, own: ReadonlyMap<string, string>): void {
  const isBelow = new Map<string, string>();
  for (const [id, json] of jsons) {
    const { parent } = JSON.parse(json) as { readonly parent?: string };
    if (parent !== undefined) isBelow.set(id, parent);
  }
  checkParents([...jsons.keys()], (id) => (graph.get(id) ?? { parent: isBelow.get(id) }).parent);
  const unneeded = new Set([...own.keys()].flatMap((id) => chainIds(isBelow, id)));
  for (const [id, json] of jsons) {
    const layer = layers.get(id);
    const parent = isBelow.get(id);
    if (layer === undefined || unneeded.has(id) || graph.get(id) !== undefined) continue;
    const bare = isBareJson(json) ? { bare: true as const } : {};
    graph.add({ id, ...(parent !== undefined && { parent }), json, layer, ...bare });
  }
}

function chainIds(isBelow: ReadonlyMap<string, string>, id: string): string[] {
  const ids = new Set<string>();
  for (let next: string | undefined = id; next !== undefined && !ids.has(next); ) {
    ids.add(next);
    next = isBelow.get(next);
  }
  return [...ids];
}

/** From 1.10 what is below an image has a json of two names. */
function isBareJson(json: string): boolean {
  const { id, parent, ...rest } = JSON.parse(json) as Record<string, unknown>;
  return Object.keys(rest).length === 0;
}
