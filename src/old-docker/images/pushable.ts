import { compareVersions } from '../eras/versions.js';
import { goJson } from '../requests/go.js';
import type { Graph, StoredImage } from '../store/graph.js';
import { type ContentImage, jsonOf, pushedJson } from './content.js';
import { wholeImage } from './json-shapes.js';
import type { LocalImage } from './local-image.js';
import type { View } from './view.js';

/** What a push sends: images and the tags on them, under the names that the version gives them. */
export interface Pushable {
  /** Tag by tag, lower ones first. */
  readonly images: readonly LocalImage[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The images of these tags (tag and stored image) as a version pushes them. */
export function pushable(
  view: View,
  graph: Graph,
  version: string,
  tags: readonly (readonly [tag: string, id: string])[],
): Pushable {
  const images = new Map<string, LocalImage>();
  const pushed = tags.map(([tag, id]) => {
    const content = view.ofStored(id)?.content;
    const chain =
      content === undefined
        ? graph.chain(id).map((image) => oldImage(graph, version, image))
        : contentImages(graph, content);
    for (const image of [...chain].reverse()) images.set(image.id, image);
    return [tag, chain[0]?.id ?? id] as const;
  });
  return { images: [...images.values()], tags: Object.fromEntries(pushed) };
}

/** Before 1.10. The json is rewritten from 1.2 on, with a newline at its end up to 1.7. */
function oldImage(graph: Graph, version: string, stored: StoredImage): LocalImage {
  const { id, parent, layer } = stored;
  const isAnew = compareVersions(version, '1.2') >= 0;
  const end = compareVersions(version, '1.8') < 0 ? '\n' : '';
  const json = isAnew
    ? `${goJson(wholeImage(version, jsonOf(stored), layer.files))}${end}`
    : stored.json;
  return { id, parent, json: Buffer.from(json), layer: graph.layer(layer) };
}

/** From 1.10: the top with its whole json, below it names alone; top first. */
function contentImages(graph: Graph, content: ContentImage): LocalImage[] {
  const chain: LocalImage[] = [];
  for (const [at, { chain: id, stored }] of content.layers.entries()) {
    const parent = content.layers[at - 1]?.chain;
    const layer = graph.layer(stored.layer);
    const isTop = at === content.layers.length - 1;
    chain.unshift(
      isTop
        ? { id: content.id, parent, json: pushedJson(content, parent), layer }
        : { id, parent, json: Buffer.from(goJson({ id, parent })), layer },
    );
  }
  return chain;
}
