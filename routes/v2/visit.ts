import type { Caller, PushRight } from '../../src/domain/access/access.js';
import type { Action, Scope, ScopedCaller } from '../../src/domain/access/scoped-tokens.js';
import type { Reference } from '../../src/domain/bridge/manifests.js';
import { isDigest, type RepositoryDocument } from '../../src/domain/documents.js';
import { errors, HubError } from '../../src/domain/errors.js';
import {
  checkTagName,
  isPartOfV2,
  PATTERNS,
  parseRepositoryName,
  type RepositoryName,
} from '../../src/domain/repositories/names.js';
import type { Handler, HubContext } from '../../src/wire/context.js';
import { identifyScoped } from '../../src/wire/credentials.js';
import { rightsOf } from '../../src/wire/rights.js';
import { isDockerOfV1, isUnnamedGo } from '../../src/wire/user-agent.js';
import { isAskedAsHub, notV2 } from './probe.js';

/** A request for a repository of v2, by somebody who may make it. */
export interface Visit {
  readonly caller: Caller;
  readonly name: RepositoryName;
}

/** The same, to change what is in it. */
export interface PushVisit extends Visit {
  readonly right: PushRight;
  readonly scopes: ScopedCaller['scopes'];
}

/** A handler for those who get v2; others find nothing there (v2.md §1). */
export function forV2(handler: Handler, otherwise: Handler = notV2): Handler {
  return (ctx) => (speaksV2(ctx) ? handler(ctx) : otherwise(ctx));
}

/** Whether who asks gets v2. */
export function speaksV2(ctx: HubContext): boolean {
  const { v2 } = ctx.state.settings;
  if (v2 !== 'auto') return v2 === 'always';
  const userAgent = ctx.get('User-Agent');
  if (isDockerOfV1(userAgent)) return false;
  // Who asks the Hub so for /v2/ is docker 1.5, as recorded; under other names it can't be told from tools of today.
  return !(isUnnamedGo(userAgent) && isAskedAsHub(ctx));
}

/**
 * Who may read. Throws as `Manifests.readable`, or `scopeMissing`; with `orMissing` a repository that is still to
 * come passes to those whose it would be.
 */
export async function visitToPull(ctx: HubContext, { orMissing = false } = {}): Promise<Visit> {
  const name = nameOf(ctx);
  const { caller, scopes } = await visitor(ctx, name, 'pull');
  try {
    const { access } = ctx.state.domain.manifests.readable(caller, name);
    // What is everybody's those get too who show no token, or another.
    if (access === 'private') requireScope(scopes, name, 'pull');
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    if (error.id === 'loginRequired' && scopes !== undefined) throw errors.loginToPull(name.full);
    if (error.id !== 'repositoryMissing' || !orMissing) throw error;
  }
  return { caller, name };
}

/** Who may push. Throws as `Rights.requirePush`, or `scopeMissing`. */
export async function visitToPush(ctx: HubContext): Promise<PushVisit> {
  const name = nameOf(ctx);
  const { caller, scopes } = await visitor(ctx, name, 'pull,push');
  const right = asKnown(scopes, () => rightsOf(ctx).requirePush(caller, name));
  requireScope(scopes, name, 'push');
  return { caller, name, right, scopes };
}

/** Who may delete. Throws as `Rights.requireOwner`, or `scopeMissing`. */
export async function visitToDelete(ctx: HubContext): Promise<Visit> {
  const name = nameOf(ctx);
  const { caller, scopes } = await visitor(ctx, name, 'delete');
  asKnown(scopes, () => rightsOf(ctx).requireOwner(caller, name, 'delete'));
  requireScope(scopes, name, 'delete');
  return { caller, name };
}

/**
 * The repository that a path names. Throws `badName` (400), also for names that only v1 has, and `nameNotHere` (404) for
 * those that only other registries have.
 */
export function nameOf(ctx: HubContext): RepositoryName {
  const { namespace, repository = '' } = ctx.params;
  return nameOfParts(namespace, repository);
}

/** As `nameOf`. */
function nameOfParts(namespace: string | undefined, repository: string): RepositoryName {
  for (const part of [namespace ?? repository, repository]) {
    if (!isPartOfV2(part))
      throw errors.badName('name', 'lower case letters and digits, with single . _ or - between');
  }
  if (namespace !== undefined && !PATTERNS.namespace.test(namespace)) {
    throw errors.nameNotHere('its first part is 2 to 255 of a-z, 0-9, _ and -');
  }
  if (!PATTERNS.repository.test(repository)) {
    throw errors.nameNotHere('its last part has 128 letters at most');
  }
  return parseRepositoryName(namespace, repository);
}

/** The repository that somebody else names, such as `alice/app`; undefined where no repository can have that name. */
export function nameIn(full: string): RepositoryName | undefined {
  const [first = '', second, more] = full.split('/');
  if (full === '' || more !== undefined) return undefined;
  try {
    return second === undefined ? nameOfParts(undefined, first) : nameOfParts(first, second);
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}

/** What stands in the path for the name, for those who go on from there. */
export function pathOf(ctx: HubContext): string {
  const { namespace, repository = '' } = ctx.params;
  return namespace === undefined ? `/v2/${repository}` : `/v2/${namespace}/${repository}`;
}

/** The digest that a path names. Throws `digestFormat` (400). */
export function digestIn(text: string | undefined): string {
  if (text === undefined || !isDigest(text)) throw errors.digestFormat();
  return text;
}

/** The manifest that a path names. Throws `digestFormat` or `tagName` (400). */
export function referenceOf(ctx: HubContext): Reference {
  const { reference = '' } = ctx.params;
  if (reference.includes(':')) return { digest: digestIn(reference) };
  checkTagName(reference);
  return { tag: reference };
}

async function visitor(
  ctx: HubContext,
  name: RepositoryName,
  actions: string,
): Promise<ScopedCaller> {
  ctx.state.scope = `repository:${name.full}:${actions}`;
  return identifyScoped(ctx);
}

/**
 * Who shows a token is known, and is told no: a docker that is asked for a password then prompts for one, or tries
 * again (v2.md §0.7).
 */
function asKnown<R>(scopes: ScopedCaller['scopes'], work: () => R): R {
  try {
    return work();
  } catch (error) {
    const isUnknown = error instanceof HubError && error.id === 'loginRequired';
    throw isUnknown && scopes !== undefined ? errors.loginToPush() : error;
  }
}

/**
 * Whether what the request shows is for pulls from this repository: what is private a token opens only where it is in
 * its scopes. What the caller may read is asked elsewhere.
 */
export function isOpenWith(
  scopes: ScopedCaller['scopes'],
  { namespace, name, access }: RepositoryDocument,
): boolean {
  const full = `${namespace}/${name}`;
  return scopes === undefined || access !== 'private' || isCovered(scopes, full, 'pull');
}

function requireScope(scopes: ScopedCaller['scopes'], name: RepositoryName, action: Action): void {
  if (scopes === undefined || isCovered(scopes, name.full, action)) return;
  throw errors.scopeMissing();
}

/** Who may push may delete too: clients ask for the one, the other or all. */
function isCovered(scopes: readonly Scope[], full: string, action: Action): boolean {
  const enough: readonly Action[] = action === 'delete' ? ['*', 'delete', 'push'] : ['*', action];
  return scopes.some(
    ({ repository, actions }) =>
      repository === full && actions.some((each) => enough.includes(each)),
  );
}
