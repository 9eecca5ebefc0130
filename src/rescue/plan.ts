import type { RepositoryName } from '../domain/repositories/names.js';
import type { RepositoryDocument } from '../storage/documents/documents.js';
import { type Chains, short } from './chains.js';
import { type Destinations, requireTag } from './destinations.js';
import { draftFor, fullName, type RepositoryDraft } from './drafts.js';
import type { FoundRepository, FoundTag, V1Source } from './found.js';
import { reasonOf } from './problems.js';
import type { TagReport } from './report.js';

/** What is here, before anything comes. */
export interface Here {
  image(id: string): boolean;
  repository(name: RepositoryName): RepositoryDocument | undefined;
}

/** An image that comes into a repository in a piece, with all that it is built on and its tags. */
export interface Unit {
  readonly name: RepositoryName;
  readonly isPrivate: boolean;
  readonly image: string;
  /** What has to come for it, the lowest first. */
  readonly chain: readonly string[];
  /** None for an image that is only listed. */
  readonly tags: readonly FoundTag[];
  readonly draft: RepositoryDraft;
}

export interface Plan {
  readonly units: readonly Unit[];
  readonly repositories: readonly RepositoryDraft[];
  /** Bytes of all layers that are to come, as far as they are known. */
  readonly bytes: number;
  /** Images of the source that belong to no repository. */
  readonly unnamed: readonly string[];
}

export interface PlanParts {
  readonly source: V1Source;
  readonly chains: Chains;
  readonly destinations: Destinations;
  readonly here: Here;
  /** Whether all repositories are made private. */
  readonly isPrivate: boolean;
  /** The repositories that are wanted; all without any. */
  readonly names: readonly string[];
  /** Where images go that belong to no repository; they are left out without it. */
  readonly unnamed?: RepositoryName | undefined;
}

/** What the report calls the images that belong to no repository. */
const NO_NAME = '(no repository)';

/** Looks through an old registry for what is to come, and notes what can't. Reads no layer. */
export async function makePlan(parts: PlanParts): Promise<Plan> {
  const { source, chains } = parts;
  const units: Unit[] = [];
  const repositories: RepositoryDraft[] = [];
  const missing = new Set(parts.names.map(fullName));
  for await (const found of source.repositories()) {
    if (parts.names.length > 0 && !missing.delete(fullName(found.name))) continue;
    const draft = draftFor(found.name, found.isPrivate || parts.isPrivate, found.faults);
    repositories.push(draft);
    try {
      const name = parts.destinations.of(found.name);
      units.push(...(await planRepository(parts, found, name, draft)));
    } catch (error) {
      draft.skipped = reasonOf(error);
    }
  }
  for (const name of missing) {
    repositories.push({ ...draftFor(name, false, []), skipped: 'it is not there' });
  }
  const unnamed = parts.names.length > 0 ? [] : await unnamedOf(parts);
  if (parts.unnamed !== undefined && unnamed.length > 0) {
    const found = asRepository(unnamed);
    const draft = draftFor(found.name, found.isPrivate || parts.isPrivate, found.faults);
    repositories.push(draft);
    units.push(...(await planRepository(parts, found, parts.unnamed, draft)));
  }
  let bytes = 0;
  for (const id of new Set(units.flatMap(({ chain }) => chain))) bytes += await chains.sizeOf(id);
  return { units, repositories, bytes, unnamed: parts.unnamed === undefined ? unnamed : [] };
}

/** What deleted repositories left, as one repository whose images are named by their ids. */
function asRepository(unnamed: readonly string[]): FoundRepository {
  return { name: NO_NAME, isPrivate: true, tags: [], listed: unnamed, faults: [] };
}

function namesIn({ tags, listed }: FoundRepository): string[] {
  return [...tags.map(({ image }) => image), ...listed];
}

async function planRepository(
  parts: PlanParts,
  found: FoundRepository,
  name: RepositoryName,
  draft: RepositoryDraft,
): Promise<Unit[]> {
  Object.assign(draft, { to: name.full });
  const before = parts.here.repository(name);
  if (draft.private && before?.access === 'public') {
    draft.notes.push(`${name.full} was public here, and becomes private`);
  }
  const units = new Map<string, Unit>();
  const unitFor = (image: string, chain: readonly string[], tags: readonly FoundTag[]): void => {
    const more = [...(units.get(image)?.tags ?? []), ...tags];
    units.set(image, { name, isPrivate: draft.private, image, chain, tags: more, draft });
  };
  const covered = new Set<string>(before?.holds);
  for (const tag of found.tags) {
    const state = await tagState(parts, tag, before);
    if (state.kind === 'wanted') {
      unitFor(tag.image, state.chain, [tag]);
      for (const id of await wholeChain(parts.chains, tag.image)) covered.add(id);
    } else draft.tags.push({ tag: tag.tag, image: tag.image, ...state.report });
  }
  for (const { image, chain } of await untagged(parts, found, covered, draft)) {
    unitFor(image, chain, found.name === NO_NAME ? [{ tag: short(image), image }] : []);
  }
  const isEmpty = namesIn(found).length === 0 && draft.tags.length === 0;
  if (isEmpty) draft.skipped = draft.problems.shift() ?? 'it is empty';
  return [...units.values()];
}

type TagState =
  | { readonly kind: 'wanted'; readonly chain: readonly string[] }
  | { readonly kind: 'not wanted'; readonly report: Omit<TagReport, 'tag' | 'image'> };

async function tagState(
  { chains }: PlanParts,
  { tag, image }: FoundTag,
  before: RepositoryDocument | undefined,
): Promise<TagState> {
  try {
    requireTag(tag);
    const own = before?.tags[tag]?.image;
    if (own === image) return { kind: 'not wanted', report: { state: 'here' } };
    if (own === undefined) return { kind: 'wanted', chain: await chains.of(image) };
    const reason = 'the tag is here already, with another image';
    return { kind: 'not wanted', report: { state: 'skipped', reason } };
  } catch (error) {
    return { kind: 'not wanted', report: { state: 'skipped', reason: reasonOf(error) } };
  }
}

/** Images that are listed, sound, and not part of what comes or is here; those that others are built on come with them. */
async function untagged(
  { chains }: PlanParts,
  found: FoundRepository,
  covered: ReadonlySet<string>,
  draft: RepositoryDraft,
): Promise<{ readonly image: string; readonly chain: readonly string[] }[]> {
  const ready = new Map<string, readonly string[]>();
  const below = new Set<string>();
  for (const image of found.listed) {
    if (covered.has(image)) continue;
    try {
      ready.set(image, await chains.of(image));
      for (const id of (await wholeChain(chains, image)).slice(1)) below.add(id);
    } catch (error) {
      draft.untagged.push({ image, state: 'skipped', reason: reasonOf(error) });
    }
  }
  return [...ready].flatMap(([image, chain]) => (below.has(image) ? [] : [{ image, chain }]));
}

/** An image and what it is built on, as far as the old registry has it. */
async function wholeChain(chains: Chains, id: string): Promise<string[]> {
  const chain = new Set<string>();
  let next: string | undefined = id;
  while (next !== undefined && !chain.has(next)) {
    chain.add(next);
    next = await chains.parentOf(next);
  }
  return [...chain];
}

/** Those of its images that nothing asked for so far, and that are not here either. */
async function unnamedOf({ source, chains, here }: PlanParts): Promise<string[]> {
  const found: string[] = [];
  for await (const id of source.images?.() ?? []) {
    if (!chains.isKnown(id) && !here.image(id)) found.push(id);
  }
  return found;
}
