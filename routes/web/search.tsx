import { LIBRARY } from '../../src/domain/repositories/names.js';
import type { RepositoryLine } from '../../src/web/parts.js';
import { Official, SearchResults } from '../../src/web/views/search.js';
import { lineOf, PAGE } from './shown.js';
import { pageNumber, showPage, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** How long a question may be. */
const LONGEST = 200;

/** GET /search?q=&page=: what `docker search` finds. */
export async function getSearch(ctx: WebContext): Promise<void> {
  const { caller, look: found } = await visitOf(ctx);
  const look = { ...found, query: found.query.slice(0, LONGEST) };
  const { search, repositories } = ctx.state.domain;
  const page = pageNumber(ctx);
  const { results, num_pages, num_results } = search.find({ text: look.query, size: PAGE, page });
  const hits = results.flatMap(({ name }): RepositoryLine[] => {
    const [namespace = '', own] = name.includes('/') ? name.split('/') : [LIBRARY, name];
    const full = `${namespace}/${own}`;
    const document = repositories.find({ namespace, name: own ?? '', full });
    // It may have been made private since the index was last told.
    const isSeen = document?.access === 'public' || caller.kind === 'account';
    return document !== undefined && isSeen ? [lineOf(document)] : [];
  });
  const shown = { look, hits, count: num_results, page, pages: num_pages };
  showPage(ctx, <SearchResults {...shown} />);
}

/** GET /official/ */
export async function getOfficial(ctx: WebContext): Promise<void> {
  const { caller, look } = await visitOf(ctx);
  const all = ctx.state.domain.repositories.visible(caller, LIBRARY).map(lineOf);
  const sorted = all.sort((a, b) => b.stars - a.stars || (a.name < b.name ? -1 : 1));
  showPage(ctx, <Official look={look} repositories={sorted} />);
}
