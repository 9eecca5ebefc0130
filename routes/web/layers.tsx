import type { Caller } from '../../src/domain/access/access.js';
import type { RepositoryDocument } from '../../src/domain/documents.js';
import { type LayerLine, Layers } from '../../src/web/views/layers.js';
import { readRepository } from './repository.js';
import { headOf } from './shown.js';
import { queryOf, showPage, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** docker itself took no more than 127 layers; images of other tools may have thousands. */
const MOST_LAYERS = 130;

/** GET …/layers/?tag= */
export async function getLayers(ctx: WebContext): Promise<void> {
  const visit = await visitOf(ctx);
  const { document, name } = readRepository(ctx, visit);
  const tags = Object.keys(document.tags).sort();
  const tag = queryOf(ctx, 'tag') || (tags.includes('latest') ? 'latest' : (tags[0] ?? ''));
  const image = Object.hasOwn(document.tags, tag) ? document.tags[tag]?.image : undefined;
  const own = { full: name.full, tags: tagsByImage(document.tags) };
  const stack = image && (await stackOf(ctx, visit.caller, image, own));
  const shown = {
    look: visit.look,
    repository: headOf(document, visit.account),
    tags,
    tag,
    ...(stack || { layers: undefined, count: 0, bytes: 0, shared: 0 }),
  };
  showPage(ctx, <Layers {...shown} />);
}

/** An image's layers, from the top to the base, with what their jsons say of how they were made. */
async function stackOf(
  ctx: WebContext,
  caller: Caller,
  id: string,
  own: { readonly full: string; readonly tags: ReadonlyMap<string, readonly string[]> },
) {
  const { library } = ctx.state.domain;
  const { ancestry } = library.find(caller, id);
  const measured = ancestry.map((each, index) => {
    const sharers = library.sharersOf(caller, each).filter((full) => full !== own.full);
    return { id: each, number: ancestry.length - index, bytes: library.sizeOf(each), sharers };
  });
  const total = (some: typeof measured): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
  const shown = measured.slice(0, MOST_LAYERS);
  const layers = shown.map(async ({ sharers, ...each }): Promise<LayerLine> => {
    const made = await library.describe(each.id);
    return { ...each, ...made, sharers: sharers.map(namesIn), tags: own.tags.get(each.id) ?? [] };
  });
  return {
    layers: await Promise.all(layers),
    count: ancestry.length,
    bytes: total(measured),
    shared: total(measured.filter(({ sharers }) => sharers.length > 0)),
  };
}

/** The tags of each image that has some. */
function tagsByImage(tags: RepositoryDocument['tags']): Map<string, string[]> {
  const byImage = new Map<string, string[]>();
  for (const [tag, { image }] of Object.entries(tags)) {
    byImage.set(image, [...(byImage.get(image) ?? []), tag]);
  }
  return byImage;
}

function namesIn(full: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = full.split('/');
  return { namespace, name };
}
