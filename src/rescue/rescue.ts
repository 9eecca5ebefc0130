/*
 * Images out of registries that are gone, or on their way out.
 *
 * ```
 * open-source.ts   which kind of registry a folder or an address is of
 * found.ts         what is found in one, in a folder or over HTTP
 * v1-folder.ts     a docker-registry's folder
 * v1-registry.ts   a registry of API v1 that still runs (v1-search.ts, v1-answers.ts, connection.ts, resumed-layer.ts, foreign-names.ts)
 * v2-folder.ts     a distribution's folder; v2-plan.ts, v2-taking.ts and v2-blobs.ts go with it, schema1.ts for what is of v1 in it
 * v2-registry.ts   a registry of API v2 that still runs; push-v2.ts pushes to one
 * destinations.ts  what repositories are called here
 * chains.ts        what images are built on
 * plan.ts          what is to come, and what can't
 * taking.ts        taking it in: each layer read once (checked-layer.ts)
 * target.ts        whether there is somebody to push to
 * report.ts        what came of it
 * ```
 */
import type { Domain } from '../domain/domain.js';
import { isNameOfV2, type RepositoryName } from '../domain/repositories/names.js';
import { Chains } from './chains.js';
import { Destinations, type Naming, placeNamed } from './destinations.js';
import { draftFor } from './drafts.js';
import type { V1Source } from './found.js';
import { makePlan } from './plan.js';
import type { RepositoryReport, RescueReport } from './report.js';
import { Schema1 } from './schema1.js';
import { type ProgressListener, Taking } from './taking.js';
import type { V2Source } from './v2-found.js';
import { makeV2Plan } from './v2-plan.js';
import { V2Taking } from './v2-taking.js';

export { RescueError, withFolder } from './problems.js';
export { V2Push } from './push-v2.js';
export { isPartial, type RescueReport } from './report.js';
export type { RescueProgress } from './taking.js';
export { requireTarget, targetOf } from './target.js';

/** Where things go, and how. */
export interface RescueOptions extends Naming {
  /** True: everything is read, and nothing is taken in. */
  readonly dryRun?: boolean;
  /** Whether layers are to share the source's files where the file system allows. */
  readonly link?: boolean;
  /** The repositories to take, as the old registry calls them; all without any. */
  readonly names?: readonly string[];
  /** Whether all repositories are made private. */
  readonly private?: boolean;
  /** `ns/repo` for images that belong to no repository. */
  readonly unnamed?: string | undefined;
}

/** Throws a RescueError for names that no repository can have, before anything is opened or made. */
export function checkNames(options: Naming & Pick<RescueOptions, 'unnamed'>): void {
  new Destinations(options);
  if (options.unnamed !== undefined) placeNamed(options.unnamed);
}

/**
 * Takes in what an old registry has, as far as it is whole, and says what was left out. What is here already
 * is not taken again, so that a rescue can be repeated. Rejects where it can't go on; what came until then
 * stays. A dry run changes nothing.
 */
export async function rescue(
  domain: Domain,
  source: V1Source | V2Source,
  options: RescueOptions,
  onProgress: ProgressListener = () => {},
): Promise<RescueReport> {
  const destinations = new Destinations(options);
  onProgress({ kind: 'begin', work: 'looking', bytes: 0 });
  const parts = { domain, destinations, options, onProgress };
  const report = await (source.api === 'v1'
    ? rescueV1({ ...parts, source })
    : rescueV2({ ...parts, source }));
  const repositories = [...report.repositories, ...misnamed(destinations, report)];
  return {
    ...report,
    repositories: repositories
      .map((each) => inOrder(withNoteOnName(each)))
      .sort((a, b) => (a.from < b.from ? -1 : 1)),
    images: {
      ...report.images,
      broken: report.images.broken.toSorted((a, b) => (a.image < b.image ? -1 : 1)),
    },
  };
}

interface Rescue<S> {
  readonly domain: Domain;
  readonly source: S;
  readonly destinations: Destinations;
  readonly options: RescueOptions;
  readonly onProgress: ProgressListener;
}

async function rescueV1({
  domain,
  source,
  destinations,
  options,
  onProgress,
}: Rescue<V1Source>): Promise<RescueReport> {
  const { dryRun = false, link = false, unnamed } = options;
  const isHere = (id: string): boolean => domain.imports.has(id);
  const chains = new Chains(source, isHere);
  const plan = await makePlan({
    source,
    chains,
    destinations,
    here: { image: isHere, repository: (name) => domain.repositories.find(name) },
    isPrivate: options.private === true,
    names: options.names ?? [],
    unnamed: unnamed === undefined ? undefined : placeNamed(unnamed),
  });
  const { imports } = domain;
  const taking = new Taking({ imports, source, chains, dryRun, link, onProgress });
  await taking.run(plan);
  const broken = [...chains.broken].map(([image, reason]) => ({ image, reason }));
  return {
    kind: source.kind,
    source: source.place,
    dryRun,
    problems: source.problems ?? [],
    notes: source.notes ?? [],
    repositories: plan.repositories,
    images: {
      ...taking.result,
      here: new Set([...chains.here, ...hereIn(plan.repositories)]).size,
      broken,
      unnamed: plan.unnamed,
    },
  };
}

async function rescueV2(rescue: Rescue<V2Source>): Promise<RescueReport> {
  const { domain, source, destinations, options, onProgress } = rescue;
  const { dryRun = false, link = false, names = [] } = options;
  const isPrivate = options.private === true;
  const repository = (name: RepositoryName) => domain.repositories.find(name);
  const plan = await makeV2Plan({ source, destinations, repository, names, isPrivate });
  const taking = new V2Taking({ domain, source, dryRun, isPrivate, link, onProgress });
  await taking.run(plan);
  const { taken, bytes } = taking.result;
  const own: RescueReport = {
    kind: source.kind,
    source: source.place,
    dryRun,
    problems: source.problems ?? [],
    notes: source.notes ?? [],
    repositories: plan.repositories,
    images: { taken, bytes, here: hereIn(plan.repositories).size, broken: [], unnamed: [] },
  };
  if (plan.historic.length === 0) return own;
  const historic = new Schema1(source, plan.historic);
  const images = await rescueV1({
    ...rescue,
    source: historic,
    options: { ...options, names: [], unnamed: undefined },
  });
  return joined(own, images);
}

/** The images of tags that were here before. */
function hereIn(repositories: RescueReport['repositories']): ReadonlySet<string> {
  const tags = repositories.flatMap((each) => each.tags);
  return new Set(tags.flatMap(({ state, image = '' }) => (state === 'here' ? [image] : [])));
}

/** Two reports of one source: what a repository has of either is told with it. */
function joined(one: RescueReport, other: RescueReport): RescueReport {
  const others = new Map(other.repositories.map((each) => [each.from, each]));
  return {
    ...one,
    repositories: one.repositories.map((each) => {
      const { tags = [], notes = [] } = others.get(each.from) ?? {};
      return { ...each, tags: [...each.tags, ...tags], notes: [...each.notes, ...notes] };
    }),
    images: {
      taken: one.images.taken + other.images.taken,
      here: one.images.here + other.images.here,
      bytes: one.images.bytes + other.images.bytes,
      broken: other.images.broken,
      unnamed: [],
    },
  };
}

/** What `--rename` names, and nothing is called; of what could not come otherwise, the report says so already. */
function misnamed({ unused }: Destinations, { repositories }: RescueReport): RepositoryReport[] {
  const told = new Set(repositories.map(({ from }) => from));
  const skipped = 'nothing that was to come is called so (--rename)';
  return unused
    .filter((from) => !told.has(from))
    .map((from) => ({ ...draftFor(from, false, []), skipped }));
}

/** v1 has names that v2 has not, so that what came can't be reached by everybody. */
function withNoteOnName(repository: RepositoryReport): RepositoryReport {
  const { to, skipped, notes } = repository;
  const [namespace = '', name = ''] = to?.split('/') ?? [];
  if (to === undefined || skipped !== undefined || isNameOfV2({ namespace, name }))
    return repository;
  const note = `dockers of today can't pull ${to}, since API v2 has no such names: --rename gives it another`;
  return { ...repository, notes: [...notes, note] };
}

/** Tags by name, however the work went. */
function inOrder(repository: RepositoryReport): RepositoryReport {
  const tags = repository.tags.toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
  const untagged = repository.untagged.toSorted((a, b) => (a.image < b.image ? -1 : 1));
  return { ...repository, tags, untagged };
}
