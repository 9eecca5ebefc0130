import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { PATTERNS } from '../domain/repositories/names.js';
import { checkShape, InvalidInput, withinAsync } from '../input/invalid-input.js';
import type { ShapeOf } from '../input/shape-of.js';
import { readFault } from '../storage/files/read-fault.js';
import { newUser } from './accounts.js';
import type { DataState } from './data-state.js';
import type { NewImage } from './image-content.js';
import { seedImage } from './image-shapes.js';
import { newRepository, parseFullName } from './repositories.js';
import type { Seed } from './seed-content.js';
import { type ArchiveFinder, anyFile } from './seed-files.js';
import { checkOwners, checkSeed, imagesInOrder } from './seed-rules.js';
import { parseSeed, type SeedFormat, type SeedText } from './seed-text.js';

/** The domain says what is wrong with the name of a tag. */
const tagName = z.string().meta({ pattern: PATTERNS.tag.source });

export const seedRepository = newRepository.extend({
  /** Images by tag: made from files, perhaps on another one of the seed or of the hub. */
  tags: z.record(tagName, seedImage).optional(),
  /** A tar of `docker save`, beside the seed file; its images and tags become the repository's. */
  archive: z
    .string()
    .min(1)
    .max(4096)
    .refine((path) => !path.includes('\0'), 'expected the path of a file')
    .optional(),
});

export const seedShape = z.strictObject({
  users: z.array(newUser).optional(),
  repositories: z.array(seedRepository).optional(),
}) satisfies ShapeOf<Seed>;

export type { Seed };

/** What can take a seed in. */
export interface SeedTarget {
  hasUser(username: string): boolean;
  hasRepository(name: string): boolean;
  createUser(user: z.output<typeof newUser>): Promise<unknown>;
  createRepository(repository: z.output<typeof newRepository>): Promise<unknown>;
  createImage(image: NewImage): Promise<unknown>;
  importArchive(path: string, repository: string): Promise<unknown>;
}

/** A seed that was found good, and where its archives are looked for. */
export interface CheckedSeed {
  readonly seed: z.output<typeof seedShape>;
  /** The file it came from, to be named in messages. */
  readonly source: string | undefined;
  readonly findArchive: ArchiveFinder;
  readonly lineOf: SeedText['lineOf'];
}

export interface PlantOptions {
  /**
   * What becomes of users and repositories that the hub has already: a user is an error and a
   * repository is changed, unless it is `keep`.
   */
  readonly known: 'change' | 'keep';
  /** Who will be a user although neither the hub nor the seed has them yet. */
  readonly owners?: readonly string[];
}

/**
 * Reads the seed of the person who starts the hub: an object, or the path of a JSON or YAML file. Throws an
 * InvalidInput that names the file, the line, the field and what was expected.
 */
export function readSeed(given: Seed | string): CheckedSeed {
  if (typeof given !== 'string') return readSeedObject(given, anyFile('.'));
  return checkText(readFile(given), { source: given, findArchive: anyFile(dirname(given)) });
}

function readFile(path: string): SeedText {
  try {
    return parseSeed(readFileSync(path, 'utf8'), path.endsWith('.json') ? 'json' : 'yaml');
  } catch (error) {
    throw fromFile(path, error);
  }
}

/** Reads a seed that is here as a text. Throws an InvalidInput that names the line and the field. */
export function readSeedText(
  text: string,
  format: SeedFormat,
  findArchive: ArchiveFinder,
): CheckedSeed {
  return checkText(parseSeed(text, format), { source: undefined, findArchive });
}

function checkText(
  { value, lineOf }: SeedText,
  { source, findArchive }: Pick<CheckedSeed, 'source' | 'findArchive'>,
): CheckedSeed {
  try {
    return { ...readSeedObject(value, findArchive), source, lineOf };
  } catch (error) {
    throw inText({ source, lineOf }, error);
  }
}

function readSeedObject(given: unknown, findArchive: ArchiveFinder): CheckedSeed {
  const seed = checkShape(seedShape, given);
  checkSeed(seed);
  return { seed, source: undefined, findArchive, lineOf: () => undefined };
}

/**
 * Puts a seed in, all of it or, when something in it can't be had, nothing; what others do meanwhile
 * stays. Throws an InvalidInput that names the entry.
 */
export async function plantSeed(
  target: SeedTarget,
  data: DataState,
  checked: CheckedSeed,
  options: PlantOptions = { known: 'change' },
): Promise<void> {
  const before = data.capture();
  try {
    await plant(target, { ...checked, ...options });
  } catch (error) {
    await data.undo(before, namesIn(checked.seed));
    throw inText(checked, error);
  } finally {
    await data.release(before);
  }
}

/** The accounts and repositories that a seed names, as the keys of their documents. */
function namesIn({ users = [], repositories = [] }: CheckedSeed['seed']) {
  return {
    users: new Set(users.map(({ username }) => username)),
    repositories: new Set(repositories.map(({ name }) => parseFullName(name).full)),
  };
}

async function plant(
  target: SeedTarget,
  {
    seed,
    findArchive,
    known,
    owners = [],
  }: Pick<CheckedSeed, 'seed' | 'findArchive'> & PlantOptions,
): Promise<void> {
  const { users = [], repositories = [] } = seed;
  const isKept = (isThere: boolean): boolean => known === 'keep' && isThere;
  const missing = [...users.entries()].filter(([, user]) => !isKept(target.hasUser(user.username)));
  const kept = repositories.filter(({ name }) => isKept(target.hasRepository(name)));
  const keptNames = new Set(kept.map(({ name }) => name));
  const isUser = (name: string): boolean => owners.includes(name) || target.hasUser(name);
  checkOwners(seed, keptNames, isUser);
  await eightAtATime(missing, ([place, user]) =>
    withinAsync(`users[${place}]`, () => target.createUser(user)),
  );
  for (const [place, { tags: _, archive, ...repository }] of repositories.entries()) {
    if (keptNames.has(repository.name)) continue;
    await withinAsync(`repositories[${place}]`, () => target.createRepository(repository));
    if (archive === undefined) continue;
    await withinAsync(`repositories[${place}].archive`, async () =>
      target.importArchive(await findArchive(archive), repository.name),
    );
  }
  for (const { field, image } of imagesInOrder(repositories)) {
    if (keptNames.has(image.repository)) continue;
    await withinAsync(field, () => target.createImage(image));
  }
}

/** Passwords are hashed in several threads. After a failure it rejects once the others have ended. */
async function eightAtATime<T>(all: readonly T[], work: (one: T) => Promise<unknown>) {
  for (let at = 0; at < all.length; at += 8) {
    const ends = await Promise.allSettled(all.slice(at, at + 8).map(work));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

/** Lets an error say where in the text it is. */
function inText(
  { source, lineOf }: Pick<CheckedSeed, 'source' | 'lineOf'>,
  error: unknown,
): unknown {
  if (!(error instanceof InvalidInput)) return fromFile(source, error);
  return new InvalidInput(error.field, error.problem, { source, line: lineOf(error.field) });
}

/** Lets an error say which file it is about. */
function fromFile(source: string | undefined, error: unknown): unknown {
  if (source === undefined) return error;
  if (error instanceof InvalidInput)
    return new InvalidInput(error.field, error.problem, { source });
  const isTheFiles = error instanceof SyntaxError || 'syscall' in (error as object);
  return isTheFiles ? new InvalidInput('', readFault(error), { source }) : error;
}
