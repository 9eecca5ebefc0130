/*
 * Images out of registries that are gone, or on their way out.
 *
 * ```
 * open-source.ts   which kind of registry a folder or an address is of
 * found.ts         what is found in one, in a folder or over HTTP
 * v1-folder.ts     a docker-registry's folder
 * v1-registry.ts   a registry of API v1 that still runs (connection.ts, resumed-layer.ts)
 * destinations.ts  what repositories are called here
 * chains.ts        what images are built on
 * plan.ts          what is to come, and what can't
 * taking.ts        taking it in: each layer read once (checked-layer.ts)
 * report.ts        what came of it
 * ```
 */
import type { Domain } from '../domain/domain.js';
import type { RepositoryName } from '../domain/repositories/names.js';
import { Chains } from './chains.js';
import { Destinations, type Naming, placeNamed } from './destinations.js';
import type { V1Source } from './found.js';
import { makePlan } from './plan.js';
import type { RepositoryReport, RescueReport } from './report.js';
import { type RescueProgress, Taking } from './taking.js';

export { RescueError } from './problems.js';
export { isPartial, type RescueReport } from './report.js';
export type { RescueProgress } from './taking.js';

/** Where things go, and how. */
export interface RescueOptions extends Naming {
  /** True: everything is read, and nothing is taken in. */
  readonly dryRun?: boolean;
  /** Whether layers are to share the source's files where the file system allows. */
  readonly link?: boolean;
  /** The repositories to take, as the old registry calls them; all without any. */
  readonly names?: readonly string[];
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
  source: V1Source,
  options: RescueOptions,
  onProgress: (progress: RescueProgress) => void = () => {},
): Promise<RescueReport> {
  const { dryRun = false, link = false, unnamed } = options;
  const isHere = (id: string): boolean => domain.imports.has(id);
  const chains = new Chains(source, isHere);
  onProgress({ kind: 'begin', work: 'looking', bytes: 0 });
  const plan = await makePlan({
    source,
    chains,
    destinations: new Destinations(options),
    here: { image: isHere, repository: (name: RepositoryName) => domain.repositories.find(name) },
    names: options.names ?? [],
    unnamed: unnamed === undefined ? undefined : placeNamed(unnamed),
  });
  const taking = new Taking({
    ...{ imports: domain.imports, source, chains, dryRun, link, onProgress },
  });
  await taking.run(plan);
  const broken = [...chains.broken].map(([image, reason]) => ({ image, reason }));
  const tagged = plan.repositories.flatMap(({ tags }) => tags);
  const known = tagged.flatMap(({ state, image = '' }) => (state === 'here' ? [image] : []));
  const here = new Set([...chains.here, ...known]).size;
  return {
    kind: source.kind,
    source: source.place,
    dryRun,
    repositories: plan.repositories.map(inOrder),
    images: { ...taking.result, here, broken, unnamed: plan.unnamed },
  };
}

/** Tags by name, however the work went. */
function inOrder(repository: RepositoryReport): RepositoryReport {
  const tags = repository.tags.toSorted((a, b) => (a.tag < b.tag ? -1 : 1));
  const untagged = repository.untagged.toSorted((a, b) => (a.image < b.image ? -1 : 1));
  return { ...repository, tags, untagged };
}
