import { type Caller, owns } from '../../src/domain/access/access.js';
import type { RepositoryDocument, UserDocument } from '../../src/domain/documents.js';
import { errors, HubError } from '../../src/domain/errors.js';
import {
  LIBRARY,
  parseRepositoryName,
  type RepositoryName,
} from '../../src/domain/repositories/names.js';
import type { RepositoryLine } from '../../src/web/parts.js';
import type { ListPage, Order } from '../../src/web/views/lists.js';
import type { RepositoryHead, TagToPull } from '../../src/web/views/repository.js';
import { pageNumber, queryOf } from './visit.js';
import type { WebContext } from './web.js';

/* What views are given of documents. */

/** How many lines a page of a list has. */
export const PAGE = 50;

/** The repository that a path names. Throws `repositoryMissing` for what can't be one. */
export function repositoryOf({ params }: WebContext): RepositoryName {
  const { namespace = LIBRARY, repository = '' } = params;
  try {
    return parseRepositoryName(namespace, repository);
  } catch (error) {
    // To a browser an impossible name is one of nothing.
    throw error instanceof HubError ? errors.repositoryMissing() : error;
  }
}

export function lineOf(document: RepositoryDocument): RepositoryLine {
  const { namespace, name, description, access, updated, stars } = document;
  const isPrivate = access === 'private';
  return {
    namespace,
    name,
    description,
    isPrivate,
    updated,
    stars,
    tags: Object.keys({ ...document.tags, ...document.unlisted }).length,
  };
}

/** The tag to offer for a pull: one that v1 can carry before all others. */
function tagToPull({ tags, unlisted = {} }: RepositoryDocument): TagToPull | undefined {
  const listed = preferred(tags);
  const tag = listed ?? preferred(unlisted);
  return tag === undefined ? undefined : { tag, isForV1: listed !== undefined };
}

/** `latest`, or else the tag that was set last. */
function preferred(
  tags: Readonly<Record<string, { readonly updated: string }>>,
): string | undefined {
  if (Object.hasOwn(tags, 'latest')) return 'latest';
  let newest: { readonly tag: string; readonly updated: string } | undefined;
  for (const [tag, { updated }] of Object.entries(tags)) {
    if (newest === undefined || updated > newest.updated) newest = { tag, updated };
  }
  return newest?.tag;
}

/** A repository at the head of its pages. */
export function headOf(
  document: RepositoryDocument,
  account: UserDocument | undefined,
): RepositoryHead {
  return {
    ...lineOf(document),
    created: document.created,
    images: document.holds.length,
    isOwn: account !== undefined && owns(account, document),
    pull: tagToPull(document),
  };
}

/** In the order in which they last changed. */
export function newestFirst(documents: readonly RepositoryDocument[]): RepositoryDocument[] {
  return documents.toSorted((a, b) => compare(b.updated, a.updated));
}

/** The part of a namespace that the query asks for, as far as the caller may see it. */
export function listOf(ctx: WebContext, caller: Caller, namespace: string): ListPage {
  const filter = queryOf(ctx, 'filter').trim().slice(0, 128);
  const order: Order = queryOf(ctx, 'sort') === 'name' ? 'name' : 'updated';
  const wanted = filter.toLowerCase();
  const fitting = ctx.state.domain.repositories
    .visible(caller, namespace)
    .filter(({ name }) => name.toLowerCase().includes(wanted));
  const sorted =
    order === 'name' ? fitting.toSorted((a, b) => compare(a.name, b.name)) : newestFirst(fitting);
  const { items, page, pages } = pageOf(ctx, sorted);
  return { repositories: items.map(lineOf), count: sorted.length, page, pages, filter, order };
}

/** The page of a list that `?page=` asks for; the last one where there are not so many. */
export function pageOf<T>(
  ctx: WebContext,
  all: readonly T[],
): { readonly items: readonly T[]; readonly page: number; readonly pages: number } {
  const pages = Math.max(1, Math.ceil(all.length / PAGE));
  const page = Math.min(pageNumber(ctx), pages);
  return { items: all.slice((page - 1) * PAGE, page * PAGE), page, pages };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
