/*
 * What a check finds, and what a repair does about it.
 */

/** What a repair does about a finding. */
export type Cure =
  | { readonly kind: 'set-aside'; readonly paths: readonly string[] }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'rewrite'; readonly path: string; readonly document: object };

/** What is wrong with a file of an image, or a blob, that is nobody's, or not yet. */
export const UNNAMED = 'no document names it';

/** What is wrong with an image or a manifest that is nobody's, or not yet. */
export const UNHELD = {
  image: 'no repository holds it',
  manifest: 'no repository has it',
} as const;

/** One thing that is wrong, and what a repair does about it: two clauses of a sentence. */
export interface Problem {
  readonly what: string;
  readonly remedy: string;
}

/** What is wrong with one file. */
export interface Finding {
  readonly path: string;
  readonly problems: readonly Problem[];
  readonly cure: Cure;
}

/** What is odd and not wrong: about the document that lies at `path`, a clause. */
export interface Note {
  readonly path: string;
  readonly what: string;
}

/** A file that is of no use, with those that only it named. */
export function outOfUse(path: string, what: string, files: readonly string[] = []): Finding {
  const remedy = files.length === 0 ? 'set it aside' : 'set it aside with its files';
  return {
    path,
    problems: [{ what, remedy }],
    cure: { kind: 'set-aside', paths: [path, ...files] },
  };
}

/** A document to be written again; undefined where nothing is wrong with it. */
export function rewritten(
  path: string,
  document: object,
  problems: readonly Problem[],
): Finding | undefined {
  if (problems.length === 0) return undefined;
  return { path, problems, cure: { kind: 'rewrite', path, document } };
}

/** Whether a hub that is at work may just be about to put it right. */
export function mayPass({ cure, problems }: Finding): boolean {
  const passing: readonly string[] = [UNNAMED, UNHELD.image, UNHELD.manifest];
  return cure.kind === 'remove' || problems.some(({ what }) => passing.includes(what));
}
