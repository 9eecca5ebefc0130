import { contentOf } from '../images/content.js';
import type { SeenImage } from '../images/view.js';
import type { Graph } from '../store/graph.js';

/**
 * Takes an image out of the graph. From 1.10 on, layers exist by themselves: those that no other image
 * has any more go as well, and each is said, top first.
 */
export function removeLayers(graph: Graph, image: SeenImage): string[] {
  const { content, stored } = image;
  if (content === undefined) {
    graph.delete(stored.id);
    return [];
  }
  const chain = graph.chain(stored.id);
  graph.delete(stored.id);
  for (const { id, bare } of chain.slice(1)) {
    const isUsed = graph.images().some(({ parent }) => parent === id);
    if (bare === true && !isUsed) graph.delete(id);
  }
  const used = chainsIn(graph);
  return [...content.layers]
    .reverse()
    .filter((layer) => !used.has(layer.chain))
    .map((layer) => `Deleted: sha256:${layer.chain}`);
}

/** The layers that the images of a graph have, each with what is below it. */
function chainsIn(graph: Graph): Set<string> {
  const images = graph.images().map(({ id }) => contentOf('1.10', graph.chain(id).reverse()));
  return new Set(images.flatMap(({ layers }) => layers.map(({ chain }) => chain)));
}
