import type { Graph } from '../store/graph.js';
import { ended } from '../store/layer-files.js';
import type { LocalImage } from './local-image.js';
import { pushable } from './pushable.js';
import { BLOCK, FOLDER_MODE, packHeader, padding, TRAILER } from './tar-header.js';
import type { View } from './view.js';

/** A tag of a repository, and the stored image that it names. */
export interface Saved {
  readonly name: string;
  readonly tag: string;
  readonly id: string;
}

/** The archive of `docker save`; the layers are read while it is written. */
export async function* saveArchive(
  graph: Graph,
  view: View,
  version: string,
  saved: readonly Saved[],
  withManifest: boolean,
): AsyncIterable<Buffer> {
  const written = new Set<string>();
  const repositories: Record<string, Record<string, string>> = {};
  const manifest: unknown[] = [];
  for (const { name, tag, id } of saved) {
    const { images, tags } = pushable(view, graph, version, [[tag, id]]);
    for (const image of images) {
      if (!written.has(image.id)) yield* imageFolder(image, withManifest);
      written.add(image.id);
    }
    const top = tags[tag] ?? id;
    repositories[name] = { ...repositories[name], [tag]: top };
    const config = view.ofStored(id)?.content;
    if (!withManifest || config === undefined) continue;
    const path = `${config.id}.json`;
    if (!written.has(path)) yield* file(path, Buffer.from(config.config));
    written.add(path);
    const Layers = images.map((image) => `${image.id}/layer.tar`);
    manifest.push({ Config: path, RepoTags: [`${name}:${tag}`], Layers });
  }
  if (withManifest) yield* file('manifest.json', Buffer.from(`${JSON.stringify(manifest)}\n`));
  yield* file('repositories', Buffer.from(`${JSON.stringify(repositories)}\n`));
  yield TRAILER;
}

/** @param asItCame whether the layer has the end that it came with, over which its sum is, or docker's own */
async function* imageFolder(
  { id, json, layer }: LocalImage,
  asItCame: boolean,
): AsyncIterable<Buffer> {
  const tar = (): AsyncIterable<Buffer> => (asItCame ? layer.whole() : ended(layer.tar()));
  yield packHeader({ name: `${id}/`, type: '5', mode: FOLDER_MODE });
  yield* file(`${id}/VERSION`, Buffer.from('1.0'));
  yield* file(`${id}/json`, json);
  let size = 0;
  for await (const piece of tar()) size += piece.length;
  yield packHeader({ name: `${id}/layer.tar`, size });
  yield* tar();
  yield padding(size % BLOCK);
}

function* file(name: string, content: Buffer): Iterable<Buffer> {
  yield packHeader({ name, size: content.length });
  yield content;
  yield padding(content.length);
}
