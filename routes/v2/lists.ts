import { errors } from '../../src/domain/errors.js';
import { LIBRARY } from '../../src/domain/repositories/names.js';
import { answerV2 } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identifyScoped } from '../../src/wire/credentials.js';
import { isOpenWith, pathOf, visitToPull } from './visit.js';

/** GET /v2/(name)/tags/list, from a to z. */
export async function getTagsList(ctx: HubContext): Promise<void> {
  const { caller, name } = await visitToPull(ctx);
  const tags = ctx.state.domain.manifests.tags(caller, name);
  const path = pathOf(ctx);
  answerV2(ctx, 200, {
    name: path.slice('/v2/'.length),
    tags: pageOf(ctx, tags, `${path}/tags/list`),
  });
}

/** GET /v2/_catalog: what the caller may read, by the token's scopes too, from a to z; official repositories by their short names. */
export async function getCatalog(ctx: HubContext): Promise<void> {
  const { caller, scopes } = await identifyScoped(ctx);
  const names = ctx.state.domain.manifests
    .catalog(caller)
    .filter((each) => isOpenWith(scopes, each))
    .map(({ namespace, name }) => (namespace === LIBRARY ? name : `${namespace}/${name}`))
    .sort();
  answerV2(ctx, 200, { repositories: pageOf(ctx, names, '/v2/_catalog') });
}

/** The part of a sorted list that `n` and `last` ask for; where more follows, `Link` says how to go on. */
function pageOf(ctx: HubContext, all: readonly string[], path: string): readonly string[] {
  const query = new URLSearchParams(ctx.querystring);
  const [n, last] = [query.get('n'), query.get('last')];
  if (n !== null && !/^\d{1,9}$/.test(n)) throw errors.pageSize();
  const rest = last === null ? all : all.filter((each) => each > last);
  if (n === null) return rest;
  const page = rest.slice(0, Number(n));
  const end = page.at(-1);
  if (end !== undefined && page.length < rest.length) {
    const next = new URLSearchParams({ last: end, n });
    ctx.set('Link', `<${path}?${next}>; rel="next"`);
  }
  return page;
}
