import type { Caller } from '../../src/domain/access/access.js';
import type { RepositoryDocument } from '../../src/domain/documents.js';
import { readerOf } from '../../src/domain/layers/layer-readings.js';
import { type LayerLine, Layers } from '../../src/web/views/layers.js';
import { readRepository } from './repository.js';
import { headOf } from './shown.js';
import { queryOf, showPage, type Visit, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** docker itself took no more than 127 layers; images of other tools may have thousands. */
const MOST_LAYERS = 130;

/** GET …/layers/?tag= */
export async function getLayers(ctx: WebContext): Promise<void> {
  const visit = await visitOf(ctx);
  const { tag } = shownOf(ctx, readRepository(ctx, visit).document);
  await seeToImage(ctx, visit, tag);
  const { document, name } = readRepository(ctx, visit);
  const { tags } = shownOf(ctx, document);
  const image = Object.hasOwn(document.tags, tag) ? document.tags[tag]?.image : undefined;
  const own = { full: name.full, tags: tagsByImage(document.tags) };
  const stack = image && (await stackOf(ctx, visit.caller, image, own));
  const shown = {
    look: visit.look,
    repository: headOf(document, visit.account),
    tags,
    tag,
    unlisted: Object.hasOwn(document.unlisted ?? {}, tag)
      ? document.unlisted?.[tag]?.reason
      : undefined,
    ...(stack || { layers: undefined, count: 0, bytes: 0, shared: 0 }),
  };
  showPage(ctx, <Layers {...shown} />);
}

/** The tags of a repository, and the one that is wanted. */
function shownOf(
  ctx: WebContext,
  { tags, unlisted = {} }: RepositoryDocument,
): { readonly tags: readonly string[]; readonly tag: string } {
  const all = [...Object.keys(tags), ...Object.keys(unlisted)].sort();
  const first = all.includes('latest') ? 'latest' : (all[0] ?? '');
  return { tags: all, tag: queryOf(ctx, 'tag') || first };
}

/** What was pushed over v2 becomes an image of v1 when it is first asked for, also by this page. Throws `busy`. */
async function seeToImage(ctx: WebContext, visit: Visit, tag: string): Promise<void> {
  const { toV1 } = ctx.state.domain;
  const { tags } = readRepository(ctx, visit).document;
  const image = Object.hasOwn(tags, tag) ? tags[tag]?.image : undefined;
  if (image === undefined || !toV1.isAwaited(image)) return;
  await toV1.ensure(
    visit.caller,
    image,
    readerOf(visit.caller, ctx.state.clients.networkOf(ctx.req)),
  );
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
    const known = byImage.get(image);
    if (known === undefined) byImage.set(image, [tag]);
    else known.push(tag);
  }
  return byImage;
}

function namesIn(full: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = full.split('/');
  return { namespace, name };
}
