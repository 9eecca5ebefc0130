import type { RepositoryDocument } from '../domain/documents.js';
import { partsOf, type Step } from '../journal/step.js';
import { manifestOf } from '../journal/v2-facts.js';

/** What is known of a reader while their lesson is looked at. */
export interface State {
  /** Their account. */
  readonly reader: string;
  /** The repository of this name in their own name space, if there is one. */
  readonly repository: (name: string) => RepositoryDocument | undefined;
}

/** Something by which a step is known to be done. Pure: the same record and state give the same answer. */
export type Fact =
  /** A request was seen since the step began. */
  | { readonly kind: 'seen'; readonly fits: (step: Step, reader: string) => boolean }
  /** Something is true now. */
  | { readonly kind: 'now'; readonly holds: (state: State) => boolean };

/**
 * Whose request it must be: the reader's, by password or token; one that named them and was refused; anybody else's; one
 * without a login.
 */
type Whose = 'reader' | 'claimed' | 'other' | 'nobody';

interface Wanted {
  /** The id of a row in routes/index.ts. */
  readonly row: string;
  readonly status: number;
  readonly by?: Whose;
  /** In the reader's name space; with a slash, anywhere: `library/static_web`, in which `{you}` is the reader. */
  readonly repository?: string;
  readonly tag?: string;
  /** True: a manifest is named by its digest. */
  readonly byDigest?: boolean;
  /** What the query (decoded) and the answer must hold; `{you}` is the reader. */
  readonly query?: string;
  readonly reply?: string;
}

/** A request with its answer. */
export function seen(wanted: Wanted): Fact {
  return { kind: 'seen', fits: (step, reader) => fits(wanted, step, reader) };
}

/** Something that holds of one of the reader's repositories. */
export function repositoryIs(
  name: string,
  holds: (repository: RepositoryDocument) => boolean,
): Fact {
  return {
    kind: 'now',
    holds: ({ repository }) => {
      const found = repository(name);
      return found !== undefined && holds(found);
    },
  };
}

/** The reader has no repository of this name. */
export function repositoryIsGone(name: string): Fact {
  return { kind: 'now', holds: ({ repository }) => repository(name) === undefined };
}

/** Two of the reader's repositories hold an image in common. */
export function repositoriesShare(one: string, other: string): Fact {
  return {
    kind: 'now',
    holds: ({ repository }) => {
      const held = new Set(repository(one)?.holds);
      return repository(other)?.holds.some((id) => held.has(id)) === true;
    },
  };
}

function fits(wanted: Wanted, step: Step, reader: string): boolean {
  const { row, status, by, repository, tag, byDigest, query = '', reply = '' } = wanted;
  if (step.operation?.row !== row || step.status !== status) return false;
  if (by !== undefined && !isBy(by, step, reader)) return false;
  const parts = partsOf(step);
  const asked = repository?.replace('{you}', reader);
  const name = asked?.includes('/') === false ? `${reader}/${asked}` : asked;
  if (name !== undefined && parts.repository !== name) return false;
  const { reference } = step.params;
  const named = reference === undefined ? parts.tag : manifestOf(step).tag;
  if (tag !== undefined && named !== tag) return false;
  if (byDigest !== undefined && reference?.includes(':') !== byDigest) return false;
  return (
    decoded(step.query).includes(query.replace('{you}', reader)) &&
    step.reply.includes(reply.replace('{you}', reader))
  );
}

function isBy(whose: Whose, { who }: Step, reader: string): boolean {
  const isReader =
    ((who.by === 'basic' || who.by === 'bearer') && who.user === reader) ||
    (who.by === 'token' && who.repository.startsWith(`${reader}/`));
  if (whose === 'nobody') return who.by === 'none' && who.claimed === undefined;
  if (whose === 'claimed') return who.by === 'none' && who.claimed === reader;
  return (whose === 'reader') === isReader;
}

function decoded(query: string): string {
  return [...new URLSearchParams(query).values()].join(' ');
}
