import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { isScalar, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { newUser } from './accounts.js';
import type { DataState } from './data-state.js';
import { newImage } from './images.js';
import { checkShape, InvalidInput, withinAsync } from './invalid-input.js';
import { newRepository, parseFullName } from './repositories.js';
import { checkSeed, imagesInOrder } from './seed-rules.js';

const seedImage = newImage.omit({ repository: true, tag: true });

export const seedRepository = newRepository.extend({
  /** Images by tag: made from files, perhaps on another one of the seed or of the hub. */
  tags: z.record(z.string(), seedImage).optional(),
  /** A tar of `docker save`, beside the seed file; its images and tags become the repository's. */
  archive: z.string().min(1).optional(),
});

const seedSchema = z.strictObject({
  users: z.array(newUser).optional(),
  repositories: z.array(seedRepository).optional(),
});

/** What a hub begins with. */
export type Seed = z.input<typeof seedSchema>;

/** What can take a seed in. */
export interface SeedTarget {
  hasUser(username: string): boolean;
  hasRepository(name: string): boolean;
  createUser(user: z.output<typeof newUser>): Promise<unknown>;
  createRepository(repository: z.output<typeof newRepository>): Promise<unknown>;
  createImage(image: z.output<typeof newImage>): Promise<unknown>;
  importArchive(path: string, repository: string): Promise<unknown>;
}

/** A seed that was found good, and where its archives are looked for. */
export interface CheckedSeed {
  readonly seed: z.output<typeof seedSchema>;
  /** The file it came from, to be named in messages. */
  readonly source: string | undefined;
  readonly folder: string;
}

export interface PlantOptions {
  /**
   * What becomes of users and repositories that the hub has already: a user is an error and a
   * repository is changed, unless it is `keep`.
   */
  readonly known: 'change' | 'keep';
}

/**
 * Reads a seed: an object, or the path of a JSON or YAML file. Throws an InvalidInput that names the
 * file, the field and what was expected.
 */
export function readSeed(given: Seed | string): CheckedSeed {
  if (typeof given !== 'string') return readSeedObject(given);
  try {
    return { ...readSeedObject(readSeedFile(given)), source: given, folder: dirname(given) };
  } catch (error) {
    throw fromFile(given, error);
  }
}

/** Reads a seed that is here already; archives are looked for in the working directory. */
export function readSeedObject(given: unknown): CheckedSeed {
  const seed = checkShape(seedSchema, given);
  checkSeed(seed);
  return { seed, source: undefined, folder: '.' };
}

/** Reads the text of a seed. Throws an error that says what is wrong with it. */
function parseSeed(given: string, format: 'json' | 'yaml'): unknown {
  const text = given.replace(/^\ufeff/, '');
  return format === 'json' ? parseSeedJson(text) : parseSeedYaml(text);
}

/** Without the words of the parser, which repeat the text around, and perhaps a password. */
function parseSeedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const [, place] = /at position (\d+)/.exec((error as Error).message) ?? [];
    throw new InvalidInput(
      '',
      `this is no JSON${place ? `, from ${lineOf(text, +place)} on` : ''}`,
    );
  }
}

function lineOf(text: string, place: number): string {
  return `line ${text.slice(0, place).split('\n').length}`;
}

function parseSeedYaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new InvalidInput('', `${problem.message} (${lineOf(text, problem.pos[0])})`);
  }
  // A tag such as 1.0 is no number.
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.source !== undefined) key.value = key.source;
    },
  });
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // An alias of nothing, or too many of them.
    throw new InvalidInput('', (error as Error).message);
  }
}

/**
 * Puts a seed in, all of it or, when something in it can't be had, nothing; what others do meanwhile
 * stays. Throws an InvalidInput that names the entry.
 */
export async function plantSeed(
  target: SeedTarget,
  data: DataState,
  { seed, source, folder }: CheckedSeed,
  { known }: PlantOptions = { known: 'change' },
): Promise<void> {
  const before = data.capture();
  try {
    await plant(target, { seed, folder, known });
  } catch (error) {
    await data.undo(before, namesIn(seed));
    throw fromFile(source, error);
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
  { seed, folder, known }: Omit<CheckedSeed, 'source'> & PlantOptions,
): Promise<void> {
  const { users = [], repositories = [] } = seed;
  const isKept = (isThere: boolean): boolean => known === 'keep' && isThere;
  const missing = [...users.entries()].filter(([, user]) => !isKept(target.hasUser(user.username)));
  const kept = repositories.filter(({ name }) => isKept(target.hasRepository(name)));
  const keptNames = new Set(kept.map(({ name }) => name));
  await eightAtATime(missing, ([place, user]) =>
    withinAsync(`users[${place}]`, () => target.createUser(user)),
  );
  for (const [place, { tags: _, archive, ...repository }] of repositories.entries()) {
    if (keptNames.has(repository.name)) continue;
    await withinAsync(`repositories[${place}]`, () => target.createRepository(repository));
    if (archive === undefined) continue;
    const path = isAbsolute(archive) ? archive : resolve(folder, archive);
    await withinAsync(`repositories[${place}].archive`, () =>
      target.importArchive(path, repository.name),
    );
  }
  for (const { field, image } of imagesInOrder(repositories)) {
    if (keptNames.has(image.repository)) continue;
    await withinAsync(field, () => target.createImage(image));
  }
}

/** Passwords are hashed in several threads. When one fails, nothing is under way any more. */
async function eightAtATime<T>(all: readonly T[], work: (one: T) => Promise<unknown>) {
  for (let at = 0; at < all.length; at += 8) {
    const ends = await Promise.allSettled(all.slice(at, at + 8).map(work));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

function readSeedFile(path: string): unknown {
  return parseSeed(readFileSync(path, 'utf8'), path.endsWith('.json') ? 'json' : 'yaml');
}

/** Lets an error say which file it is about. */
function fromFile(source: string | undefined, error: unknown): unknown {
  if (error instanceof InvalidInput) return new InvalidInput(error.field, error.problem, source);
  if (source === undefined) return error;
  const isTheFiles = error instanceof SyntaxError || 'syscall' in (error as object);
  return isTheFiles ? new InvalidInput('', (error as Error).message, source) : error;
}
