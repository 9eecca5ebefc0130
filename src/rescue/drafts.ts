import type { FoundFault } from './found.js';
import type { RepositoryReport, TagReport, UntaggedReport } from './report.js';

/** A report of a repository that is being written. */
export interface RepositoryDraft extends RepositoryReport {
  skipped?: string;
  readonly problems: string[];
  readonly notes: string[];
  readonly tags: TagReport[];
  readonly untagged: UntaggedReport[];
}

/** A report that begins with what could not be read. */
export function draftFor(
  name: string,
  isPrivate: boolean,
  faults: readonly FoundFault[],
): RepositoryDraft {
  const tags = faults.flatMap(({ tag, reason }): TagReport[] =>
    tag === undefined ? [] : [{ tag, state: 'skipped', reason }],
  );
  const problems = faults.filter(({ tag }) => tag === undefined).map(({ reason }) => reason);
  return { from: name, private: isPrivate, problems, notes: [], tags, untagged: [] };
}

/** A name without an owner is that of an official repository. */
export function fullName(name: string): string {
  return name.includes('/') ? name : `library/${name}`;
}
