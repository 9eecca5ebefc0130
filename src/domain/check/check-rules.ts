import type {
  ImageDocument,
  RepositoryDocument,
  UserDocument,
} from '../../storage/documents/documents.js';
import type { Found, Inspection } from '../../storage/folder/inspection.js';
import {
  faultOfFiles,
  namedByImages,
  namedByUploads,
  pathsOf,
  pathsWithout,
} from './named-files.js';

/** What a repair does about a finding. */
export type Cure =
  | { readonly kind: 'set-aside'; readonly paths: readonly string[] }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'rewrite'; readonly path: string; readonly document: object };

/** What is wrong with a file of an image that is nobody's, or not yet. */
export const UNNAMED = 'no document names it';

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

/** What is wrong with layers, by where the documents lie that name them. */
export type LayerFaults = ReadonlyMap<string, string>;

/**
 * Holds a data directory against what a hub keeps true: every document is whole and the files it names
 * are there, and no others; an image has a repository that holds it; what a repository holds is there;
 * a tag names an image that is held with all it is built on; an e-mail address is one account's.
 * Each of these is judged as it will be when the findings before it are repaired.
 */
export function judge(inspection: Inspection, layerFaults: LayerFaults): Finding[] {
  const faults = new Map([...layerFaults, ...faultsOfFiles(inspection), ...orphaned(inspection)]);
  const sound = new Map(
    inspection.images.filter(({ path }) => !faults.has(path)).map(({ value }) => [value.id, value]),
  );
  const repositories = inspection.repositories.map((found) => mend(found, sound));
  const held = new Set(repositories.flatMap(({ document }) => document.holds));
  for (const { path, value } of inspection.images) {
    if (sound.has(value.id) && !held.has(value.id)) faults.set(path, 'no repository holds it');
  }
  // In this order a repair that is cut short leaves no image without an owner, which the next start
  // would remove, and no directory that starts before its broken documents have been dealt with.
  return [
    ...findingsOfImageFiles(inspection, faults),
    ...repositories.flatMap(({ finding }) => (finding === undefined ? [] : [finding])),
    ...findingsOfAddresses(inspection.users),
    ...findingsOfDocuments(inspection),
  ];
}

/** By where they lie: documents of images and uploads whose files are not as they must be. */
function* faultsOfFiles(inspection: Inspection): Generator<[string, string]> {
  for (const named of [...namedByImages(inspection), ...namedByUploads(inspection)]) {
    const fault = faultOfFiles(inspection, named);
    if (fault !== undefined) yield [named.path, fault];
  }
}

/** Uploads to a repository that is not there. */
function* orphaned({ repositories, uploads }: Inspection): Generator<[string, string]> {
  const names = new Set(repositories.map(({ value }) => `${value.namespace}/${value.name}`));
  for (const { path, value } of uploads) {
    if (!names.has(value.repository)) yield [path, `its repository ${value.repository} is gone`];
  }
}

function findingsOfDocuments({ broken, unfinished, foreign }: Inspection): Finding[] {
  return [
    ...broken.map(({ path, reason }) => outOfUse(path, `it is not a document: ${reason}`)),
    ...foreign.map((path) => outOfUse(path, 'it is nothing that a hub writes')),
    ...unfinished.map((path): Finding => {
      const problem = { what: 'it was never written to its end', remedy: 'remove it' };
      return { path, problems: [problem], cure: { kind: 'remove', path } };
    }),
  ];
}

/** Documents that are at fault, with the files that they alone name, and files that none names. */
function findingsOfImageFiles(inspection: Inspection, faults: ReadonlyMap<string, string>) {
  const all = [...namedByImages(inspection), ...namedByUploads(inspection)];
  const named = new Set(all.filter(({ path }) => !faults.has(path)).flatMap(pathsOf));
  const free = new Set(pathsWithout(named, inspection));
  const findings: Finding[] = [];
  for (const each of all) {
    const fault = faults.get(each.path);
    if (fault === undefined) continue;
    // Two documents may name the same file: it goes with the first.
    const files = pathsOf(each).filter((path) => free.delete(path));
    findings.push(outOfUse(each.path, fault, files));
  }
  return [...findings, ...[...free].map((path) => outOfUse(path, UNNAMED))];
}

function outOfUse(path: string, what: string, files: readonly string[] = []): Finding {
  const remedy = files.length === 0 ? 'set it aside' : 'set it aside with its files';
  return {
    path,
    problems: [{ what, remedy }],
    cure: { kind: 'set-aside', paths: [path, ...files] },
  };
}

/** A repository without what is gone; a push brings it back. */
function mend(
  { path, value }: Found<RepositoryDocument>,
  images: ReadonlyMap<string, ImageDocument>,
): { document: RepositoryDocument; finding: Finding | undefined } {
  const lost = value.holds.filter((id) => !images.has(id));
  const holds = value.holds.filter((id) => images.has(id));
  const kept = new Set(holds);
  const isWhole = (id: string): boolean =>
    kept.has(id) && images.get(id)?.ancestry.every((each) => kept.has(each)) === true;
  const tags = Object.entries(value.tags);
  const broken = tags.filter(([, { image }]) => !isWhole(image));
  if (lost.length === 0 && broken.length === 0) return { document: value, finding: undefined };
  const whole = tags.filter(([, { image }]) => isWhole(image));
  const document = { ...value, holds, tags: Object.fromEntries(whole) };
  const problems = [
    ...lost.map((id) => ({
      what: `the image ${id} it holds is not there`,
      remedy: 'let go of it',
    })),
    ...broken.map(([tag, { image }]) => ({
      what: `its tag ${tag} names ${image}, which it does not hold with all that it is built on`,
      remedy: 'remove the tag',
    })),
  ];
  return { document, finding: { path, problems, cure: { kind: 'rewrite', path, document } } };
}

/** Of several accounts with one address, the oldest keeps it (accounts.ts never lets it come so far). */
function findingsOfAddresses(users: readonly Found<UserDocument>[]): Finding[] {
  const owners = new Map<string, string>();
  const findings: Finding[] = [];
  for (const { path, value } of users.toSorted(byAge)) {
    const taken = value.emails.filter((email) => owners.has(email.toLowerCase()));
    const emails = value.emails.filter((email) => !taken.includes(email));
    for (const email of emails) owners.set(email.toLowerCase(), value.username);
    if (taken.length === 0) continue;
    const problems = taken.map((email) => ({
      what: `its address ${email} is that of ${owners.get(email.toLowerCase())}, who came before`,
      remedy: 'take it from this account',
    }));
    findings.push({
      path,
      problems,
      cure: { kind: 'rewrite', path, document: { ...value, emails } },
    });
  }
  return findings;
}

function byAge({ value: a }: Found<UserDocument>, { value: b }: Found<UserDocument>): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  return a.username < b.username ? -1 : 1;
}
