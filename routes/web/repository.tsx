import type { RepositoryDocument } from '../../src/domain/documents.js';
import { isNameOfV2, type RepositoryName } from '../../src/domain/repositories/names.js';
import type { Note } from '../../src/web/look.js';
import { repositoryPath } from '../../src/web/paths.js';
import { Information, type TagLine } from '../../src/web/views/repository.js';
import { Tags } from '../../src/web/views/tags.js';
import { readForm } from './forms.js';
import { headOf, pageOf, repositoryOf } from './shown.js';
import { goTo, moveTo, ownVisitOf, queryOf, showPage, type Visit, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** GET /u/(ns)/(repo)/, /_/(repo)/ */
export async function getRepository(ctx: WebContext): Promise<void> {
  const visit = await visitOf(ctx);
  const { look, account } = visit;
  if (isLongSpelt(ctx)) return moveTo(ctx, repositoryPath(repositoryOf(ctx)));
  const { document } = readRepository(ctx, visit);
  const { descriptions } = await ctx.state.web.tools();
  const html = document.fullDescription ? await descriptions.htmlOf(document.fullDescription) : '';
  const isNew = queryOf(ctx, 'new') !== '';
  const note: Note | undefined = isNew
    ? { kind: 'good', text: look.words.repository.made }
    : undefined;
  const repository = headOf(document, account);
  const isForToday = ctx.state.settings.v2 !== 'off' && isNameOfV2(document);
  const shown = { look, repository, html, note, isForToday };
  showPage(ctx, <Information {...shown} />);
}

/** `/u/library/foo/` is `/_/foo/` spelt long. */
function isLongSpelt({ params }: WebContext): boolean {
  return params.namespace === 'library';
}

/** The repository that a page is about. Throws `repositoryMissing`, also where it is somebody else's. */
export function readRepository(
  ctx: WebContext,
  { caller }: Visit,
): { readonly name: RepositoryName; readonly document: RepositoryDocument } {
  const name = repositoryOf(ctx);
  return { name, document: ctx.state.domain.repositories.read(caller, name) };
}

/** GET …/tags/manage/ */
export async function getTags(ctx: WebContext): Promise<void> {
  const visit = await visitOf(ctx);
  const removed = /^\d{1,5}$/.exec(queryOf(ctx, 'removed'))?.[0];
  const { tags } = visit.look.words;
  const note: Note | undefined =
    removed === undefined ? undefined : { kind: 'good', text: tags.removed(Number(removed)) };
  showTags(ctx, visit, note);
}

/** POST …/tags/manage/: removes the chosen tags. */
export async function postTags(ctx: WebContext): Promise<void> {
  const visit = await ownVisitOf(ctx);
  const { name } = readRepository(ctx, visit);
  const chosen = new Set((await readForm(ctx)).getAll('tag'));
  if (chosen.size === 0) {
    const note: Note = { kind: 'bad', text: visit.look.words.tags.noneChosen };
    showTags(ctx, visit, note, 400);
    return;
  }
  const removed = await ctx.state.domain.tags.removeSeveral(visit.caller, name, chosen);
  const path = repositoryPath(name, 'tags/manage/');
  goTo(ctx, `${path}?removed=${removed}`);
}

function showTags(ctx: WebContext, visit: Visit, note?: Note, status = 200): void {
  const { look, account } = visit;
  const { document } = readRepository(ctx, visit);
  const byImage = new Map<string, string[]>();
  const listed = Object.entries(document.tags);
  const all: [string, PointedAt][] = [...listed, ...Object.entries(document.unlisted ?? {})];
  all.sort(latestFirst);
  for (const [tag, { image }] of listed.sort(latestFirst)) {
    const tags = byImage.get(image);
    if (tags === undefined) byImage.set(image, [tag]);
    else tags.push(tag);
  }
  const { items, page, pages } = pageOf(ctx, all);
  const { library, manifests } = ctx.state.domain;
  const lines = items.map(([tag, { image, updated, reason }]): TagLine => {
    const today = manifests.tagOfToday(document, tag);
    const ownSize = image === undefined ? 0 : library.wholeSize(image);
    return {
      tag,
      image,
      imageOfToday: today?.config,
      digest: today?.digest,
      platforms: today?.platforms ?? [],
      unlisted: reason,
      updated,
      // What came over v2 is an image of v1 only once somebody has asked for that.
      size: ownSize === 0 ? (today?.size ?? 0) : ownSize,
      also: (byImage.get(image ?? '') ?? []).filter((each) => each !== tag),
    };
  });
  const repository = headOf(document, account);
  const shown = { look, repository, note, tags: lines, page, pages };
  showPage(ctx, <Tags {...shown} />, status);
}

/** What a tag says, whether v1 lists it or not. */
interface PointedAt {
  readonly image?: string;
  readonly updated: string;
  readonly reason?: string;
}

/** `latest` before all others, which go from a to z. */
function latestFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return Number(b === 'latest') - Number(a === 'latest') || (a < b ? -1 : 1);
}
