import type { UserDocument } from '../../storage/documents/documents.js';
import {
  blobsOfImage,
  blobsOfManifest,
  blobsOfRepository,
} from '../../storage/documents/references.js';
import { type Found, type Inspection, pathOfBlob } from '../../storage/folder/inspection.js';
import type { FileFaults } from './file-sums.js';
import { type Finding, outOfUse, rewritten, UNHELD, UNNAMED } from './findings.js';
import { faultOfBlobs, staleForm } from './manifest-rules.js';
import {
  faultOfFiles,
  type NamedFiles,
  namedByImages,
  namedByUploads,
  pathsOf,
  pathsWithout,
} from './named-files.js';
import { type Mended, mend } from './repository-rules.js';

/** What is wrong with documents that name files, by where they lie. */
type Faults = Map<string, string>;

/** A document that names files, by their paths; those need not be there. */
interface Naming {
  readonly path: string;
  readonly files: readonly string[];
}

/**
 * Holds a data directory against what a hub keeps true: every document is whole and the files it names
 * are there, and no others; an image has a repository that holds it, and a manifest one that has it; what a
 * repository holds and has is there; a tag names an image that is held with all it is built on, or that its manifest
 * promises; an e-mail address is one account's. Each of these is judged as it will be when the findings before it
 * are repaired.
 */
export function judge(inspected: Inspection, read: FileFaults): Finding[] {
  const soundBlobs = [...inspected.blobs].filter(([digest]) => !read.blobs.has(digest));
  const inspection: Inspection = { ...inspected, blobs: new Map(soundBlobs) };
  const faults: Faults = new Map([
    ...faultsOfFiles(inspection),
    ...read.layers,
    ...orphaned(inspection),
    ...faultsOfManifests(inspection, read),
  ]);
  const images = soundOf(inspection.images, faults, ({ id }) => id);
  const manifests = soundOf(inspection.manifests, faults, ({ digest }) => digest);
  const stored = { images, manifests: new Set(manifests.keys()), blobs: inspection.blobs };
  const repositories = inspection.repositories.map((found) => mend(found, stored));
  noteOrphans(inspection, repositories, faults);
  // In this order a repair that is cut short leaves no image without an owner, which the next start
  // would remove, and no directory that starts before its broken documents have been dealt with.
  return [
    ...[...read.blobs].map(([digest, what]) => outOfUse(pathOfBlob(digest), what)),
    ...findingsOfFiles(inspection, repositories, faults),
    ...findingsOfManifests(inspection, read, faults),
    ...repositories.flatMap(({ finding }) => finding ?? []),
    ...findingsOfAddresses(inspection.users),
    ...findingsOfDocuments(inspection),
  ];
}

/** By what they are called: documents that are not at fault. */
function soundOf<T>(
  found: readonly Found<T>[],
  faults: Faults,
  nameOf: (value: T) => string,
): Map<string, T> {
  const sound = found.filter(({ path }) => !faults.has(path));
  return new Map(sound.map(({ value }) => [nameOf(value), value]));
}

/** Images and manifests that no repository has. */
function noteOrphans(
  { images, manifests }: Inspection,
  repositories: readonly Mended[],
  faults: Faults,
): void {
  const held = new Set(repositories.flatMap(({ document }) => document.holds));
  const had = new Set(
    repositories.flatMap(({ document }) => Object.keys(document.manifests ?? {})),
  );
  for (const { path, value } of images) {
    if (!faults.has(path) && !held.has(value.id)) faults.set(path, UNHELD.image);
  }
  for (const { path, value } of manifests) {
    if (!faults.has(path) && !had.has(value.digest)) faults.set(path, UNHELD.manifest);
  }
}

/** Manifests that can't be read, or whose blobs are not there. */
function* faultsOfManifests(inspection: Inspection, read: FileFaults): Generator<[string, string]> {
  for (const { path, value } of inspection.manifests) {
    const { what, instead } = read.manifests.get(path) ?? {};
    const isUnreadable = what !== undefined && instead === undefined;
    const fault = isUnreadable ? what : faultOfBlobs(inspection, instead ?? value);
    if (fault !== undefined) yield [path, fault];
  }
}

/** What can be put right in documents of manifests and images. */
function findingsOfManifests(inspection: Inspection, read: FileFaults, faults: Faults): Finding[] {
  const disagreeing = inspection.manifests.map(({ path }) => {
    const { what, instead } = read.manifests.get(path) ?? {};
    if (what === undefined || instead === undefined || faults.has(path)) return undefined;
    return rewritten(path, instead, [{ what, remedy: 'write it by its manifest' }]);
  });
  const stale = inspection.images.map((found) =>
    faults.has(found.path) ? undefined : staleForm(found, inspection),
  );
  return [...disagreeing, ...stale].filter((each) => each !== undefined);
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
function findingsOfFiles(
  inspection: Inspection,
  repositories: readonly Mended[],
  faults: Faults,
): Finding[] {
  const all = [...namings(inspection)];
  const named = new Set(all.filter(({ path }) => !faults.has(path)).flatMap(({ files }) => files));
  for (const { document } of repositories) {
    for (const digest of blobsOfRepository(document)) named.add(pathOfBlob(digest));
  }
  const blobs = [...inspection.blobs.keys()].map(pathOfBlob);
  const free = new Set([
    ...pathsWithout(named, inspection),
    ...blobs.filter((path) => !named.has(path)),
  ]);
  const findings: Finding[] = [];
  for (const { path, files } of all) {
    const fault = faults.get(path);
    if (fault === undefined) continue;
    // Two documents may name the same file: it goes with the first.
    findings.push(
      outOfUse(
        path,
        fault,
        files.filter((file) => free.delete(file)),
      ),
    );
  }
  return [...findings, ...[...free].map((path) => outOfUse(path, UNNAMED))];
}

function* namings(inspection: Inspection): Generator<Naming> {
  const blobs = new Map(
    inspection.images.map(({ path, value }) => [path, blobsOfImage(value).map(pathOfBlob)]),
  );
  const ofFiles = (named: NamedFiles): Naming => {
    return { path: named.path, files: [...pathsOf(named), ...(blobs.get(named.path) ?? [])] };
  };
  yield* namedByImages(inspection).map(ofFiles);
  yield* namedByUploads(inspection).map(ofFiles);
  for (const { path, value } of inspection.manifests) {
    yield { path, files: blobsOfManifest(value).map(pathOfBlob) };
  }
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
    const finding = rewritten(path, { ...value, emails }, problems);
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

function byAge({ value: a }: Found<UserDocument>, { value: b }: Found<UserDocument>): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  return a.username < b.username ? -1 : 1;
}
