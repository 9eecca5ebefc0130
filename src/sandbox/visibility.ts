import type { RepositoryDocument } from '../domain/documents.js';
import type { Domain } from '../domain/domain.js';
import { HubError } from '../domain/errors.js';
import { LIBRARY, parseRepositoryName, type RepositoryName } from '../domain/repositories/names.js';
import { isTokenRow, type LiveStep } from './live-step.js';

/** Where to look up whether a step is public. */
export type Looked = Pick<Domain, 'repositories' | 'lives' | 'accounts'>;

/** Who looks on; undefined: a guest. */
export type Viewer = { readonly username: string; readonly admin: boolean } | undefined;

/** How much of a step somebody may see: all, all but where it came from, or nothing. */
export type Sight = 'whole' | 'public' | 'none';

/**
 * What somebody sees of a step: an admin all; a person what they did; everybody what anybody may do without a
 * login, and what is done with a repository that is public now, by its owner or by nobody in particular.
 */
export function sightOf(step: LiveStep, viewer: Viewer, looked: Looked): Sight {
  if (viewer?.admin === true) return 'whole';
  if (viewer !== undefined && step.user === viewer.username) return 'whole';
  return isPublic(step, looked) ? 'public' : 'none';
}

/** What names nobody and nothing: a search, a ping. */
const OPEN_ROWS: ReadonlySet<string> = new Set(['search']);

function isPublic(step: LiveStep, looked: Looked): boolean {
  const { row, who, user, repository, others, hello } = step;
  if (row === undefined) return hello;
  // These say names and addresses of people.
  if (row === 'register' || row === 'logIn' || row === 'updateUser') return false;
  if (who.by === 'none' && who.claimed !== undefined) return false;
  if (isTokenRow(row) && (repository === undefined || (who.by === 'none' && user !== undefined))) {
    return false;
  }
  if (!others.every((each) => isOpen(step, each, looked))) return false;
  if (repository !== undefined) return isOpen(step, repository, looked);
  if (who.by !== 'none') return false;
  return OPEN_ROWS.has(row) || /^ping|^(?:probe|get|head)/.test(row) || /V2$/.test(row);
}

/** Milliseconds by which a request can seem to end before what it did: when it came is known to a millisecond. */
const ROUNDING = 1;

function isOpen({ who, user, ended }: LiveStep, full: string, looked: Looked): boolean {
  const name = nameOf(full);
  if (name === undefined) return false;
  const found = looked.repositories.find(name);
  if (found === undefined) {
    // A name without an owner: private repositories have, or had, one.
    const { namespace } = name;
    return who.by === 'none' && namespace !== LIBRARY && !isTaken(namespace, looked);
  }
  // What was done with a former repository of this name, which may have been private.
  if (ended + ROUNDING < looked.lives.since(found)) return false;
  return found.access === 'public' && (who.by === 'none' || isOwn(user, found));
}

function isTaken(namespace: string, { accounts }: Looked): boolean {
  return accounts.find(namespace) !== undefined;
}

/** By nobody in particular, or by its owner: what others read while logged in is not shown. */
function isOwn(user: string | undefined, { namespace }: RepositoryDocument): boolean {
  return user === undefined || user === namespace;
}

/** The repository of this name, `ns/repo`, as it is now; undefined where there is none. */
export function findRepository(
  full: string,
  { repositories }: Pick<Looked, 'repositories'>,
): RepositoryDocument | undefined {
  const name = nameOf(full);
  return name && repositories.find(name);
}

function nameOf(full: string): RepositoryName | undefined {
  const [namespace = '', repository = ''] = full.split('/');
  try {
    return parseRepositoryName(namespace, repository);
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}
