import type { RepositoryName } from '../domain/repositories/names.js';
import type { RepositoryDocument } from '../storage/documents/documents.js';
import { type Destinations, requireTag } from './destinations.js';
import { draftFor, fullName, type RepositoryDraft } from './drafts.js';
import { BrokenError, reasonOf } from './problems.js';
import type { HistoricTag } from './schema1.js';
import type { FoundV2Repository, StoredManifest, V2Source } from './v2-found.js';
import { type ManifestParts, readParts } from './v2-manifest.js';

/** How many manifests one tag may lead to. */
const MOST_MANIFESTS = 1000;

/** A manifest on its way, and what it names. */
export interface ComingManifest extends StoredManifest {
  readonly digest: string;
  readonly parts: Exclude<ManifestParts, { kind: 'schema 1' }>;
}

/** A tag, or a manifest without one, that comes in a piece with all that it names. */
export interface V2Unit {
  /** What the repository is called there. */
  readonly there: string;
  readonly name: RepositoryName;
  readonly tag: string | undefined;
  readonly digest: string;
  /** What the manifest names before itself; read again when it comes, as many would be too long to hold. */
  readonly draft: RepositoryDraft;
}

export interface V2Plan {
  readonly units: readonly V2Unit[];
  /** Tags of schema 1, which come as images of v1. */
  readonly historic: readonly HistoricTag[];
  readonly repositories: readonly RepositoryDraft[];
  /** Bytes of all blobs that are to come, each once. */
  readonly bytes: number;
}

export interface V2PlanParts {
  readonly source: V2Source;
  readonly destinations: Destinations;
  readonly repository: (name: RepositoryName) => RepositoryDocument | undefined;
  /** The repositories that are wanted; all without any. */
  readonly names: readonly string[];
  readonly isPrivate: boolean;
}

/** Looks through a registry of API v2 for what is to come, and notes what can't. Reads no blob but manifests. */
export async function makeV2Plan(parts: V2PlanParts): Promise<V2Plan> {
  const units: V2Unit[] = [];
  const historic: HistoricTag[] = [];
  const repositories: RepositoryDraft[] = [];
  const sizes = new Map<string, number>();
  const missing = new Set(parts.names);
  for await (const found of parts.source.repositories()) {
    const asked = [found.name, shortName(found.name)].filter((name) => missing.delete(name));
    if (parts.names.length > 0 && asked.length === 0) continue;
    const draft = draftFor(fullName(found.name), parts.isPrivate, found.faults);
    repositories.push(draft);
    try {
      const name = parts.destinations.of(fullName(found.name));
      Object.assign(draft, { to: name.full });
      await planRepository({ ...parts, found, name, draft, units, historic, sizes });
    } catch (error) {
      draft.skipped = reasonOf(error);
    }
  }
  for (const name of missing) {
    repositories.push({ ...draftFor(name, false, []), skipped: 'it is not there' });
  }
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  return { units, historic, repositories, bytes };
}

/** The names that may mean `library/x`. */
function shortName(name: string): string {
  return name.replace(/^library\//, '');
}

interface Planning extends V2PlanParts {
  readonly found: FoundV2Repository;
  readonly name: RepositoryName;
  readonly draft: RepositoryDraft;
  readonly units: V2Unit[];
  readonly historic: HistoricTag[];
  readonly sizes: Map<string, number>;
}

async function planRepository(planning: Planning): Promise<void> {
  const { found, name, draft, units, historic, source } = planning;
  const before = planning.repository(name);
  const there = found.name;
  const reached = new Set(Object.keys(before?.manifests ?? {}));
  for (const { tag, digest } of found.tags) {
    try {
      requireTag(tag);
      if (isNamedAlready(draft, before, tag, digest)) continue;
      const closure = await closureOf(source, there, digest);
      if (closure.kind === 'schema 1') historic.push({ repository: there, tag, ...closure });
      else {
        note(planning, closure.manifests, reached);
        units.push({ there, name, tag, digest, draft });
      }
      reached.add(digest);
    } catch (error) {
      draft.tags.push({ tag, image: digest, state: 'skipped', reason: reasonOf(error) });
    }
  }
  await planUntagged(planning, reached);
  const isEmpty = found.tags.length + found.revisions.length + draft.tags.length === 0;
  if (isEmpty) draft.skipped = draft.problems.shift() ?? 'it is empty';
}

/** Manifests that no tag leads to: those that indexes name come with them. */
async function planUntagged(planning: Planning, reached: Set<string>): Promise<void> {
  const { found, name, draft, units, source } = planning;
  const ready: string[] = [];
  for (const digest of found.revisions) {
    if (reached.has(digest)) continue;
    try {
      const closure = await closureOf(source, found.name, digest);
      if (closure.kind === 'schema 1') throw new BrokenError('it is of schema 1, and has no tag');
      const below = new Set<string>();
      note(planning, closure.manifests, below);
      for (const each of below) if (each !== digest) reached.add(each);
      ready.push(digest);
    } catch (error) {
      draft.untagged.push({ image: digest, state: 'skipped', reason: reasonOf(error) });
    }
  }
  for (const digest of ready) {
    if (reached.has(digest)) continue;
    units.push({ there: found.name, name, tag: undefined, digest, draft });
  }
}

/** Whether a tag is here already; noted in the draft. */
function isNamedAlready(
  draft: RepositoryDraft,
  before: RepositoryDocument | undefined,
  tag: string,
  digest: string,
): boolean {
  const own = before?.tags[tag] ?? before?.unlisted?.[tag];
  if (own === undefined) return false;
  if (own.manifest === digest) draft.tags.push({ tag, image: digest, state: 'here' });
  else {
    const reason = 'the tag is here already, with another image';
    draft.tags.push({ tag, image: digest, state: 'skipped', reason });
  }
  return true;
}

function note(
  { sizes }: Planning,
  manifests: readonly ComingManifest[],
  reached: Set<string>,
): void {
  for (const { digest, parts } of manifests) {
    reached.add(digest);
    if (parts.kind === 'index') continue;
    for (const blob of parts.blobs) sizes.set(blob.digest, blob.size);
  }
}

type Closure =
  | { readonly kind: 'v2'; readonly manifests: readonly ComingManifest[] }
  | Extract<ManifestParts, { kind: 'schema 1' }>;

/** A manifest and all that it names, what is named before what names it. Throws a BrokenError. */
export async function closureOf(source: V2Source, name: string, digest: string): Promise<Closure> {
  const root = await source.manifest(name, digest);
  const parts = readParts(root.bytes);
  if (parts.kind === 'schema 1') return parts;
  const manifests = new Map<string, ComingManifest>();
  const visit = async (each: string, way: readonly string[]): Promise<void> => {
    if (manifests.has(each)) return;
    if (way.includes(each)) throw new BrokenError('its manifests name each other');
    if (manifests.size + way.length >= MOST_MANIFESTS) {
      throw new BrokenError(`it has more than ${MOST_MANIFESTS} manifests`);
    }
    const stored = each === digest ? root : await source.manifest(name, each);
    const own = readParts(stored.bytes);
    if (own.kind === 'schema 1') throw new BrokenError('it has a manifest of schema 1 in a list');
    const below = own.kind === 'index' ? own.manifests : [];
    for (const next of below) await visit(next, [...way, each]);
    manifests.set(each, { ...stored, digest: each, parts: own });
  };
  await visit(digest, []);
  return { kind: 'v2', manifests: [...manifests.values()] };
}
