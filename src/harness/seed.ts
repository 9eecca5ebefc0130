import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { HubError } from '../domain/errors.js';
import { newUser } from './accounts.js';
import { newImage } from './images.js';
import { checkShape, InvalidInput } from './invalid-input.js';
import { newRepository } from './repositories.js';

const seedImage = newImage.omit({ repository: true, tag: true });

const seedRepository = newRepository.extend({
  /** Images by tag, in their order: made from files, perhaps on an earlier one. */
  tags: z.record(z.string(), seedImage).optional(),
  /** A tar of `docker save`, beside the seed file; its images and tags become the repository's. */
  archive: z.string().optional(),
});

const seedSchema = z.strictObject({
  users: z.array(newUser).optional(),
  repositories: z.array(seedRepository).optional(),
});

/** What a hub begins with. */
export type Seed = z.input<typeof seedSchema>;

/** What can take a seed in. */
export interface SeedTarget {
  createUser(user: z.output<typeof newUser>): Promise<unknown>;
  createRepository(repository: z.output<typeof newRepository>): Promise<unknown>;
  createImage(image: z.output<typeof newImage>): Promise<unknown>;
  importArchive(path: string, repository: string): Promise<unknown>;
}

/** A seed that was found good, and where its archives are looked for. */
export interface CheckedSeed {
  readonly seed: z.output<typeof seedSchema>;
  /** Said before the field in messages: the file's name, or nothing. */
  readonly source: string;
  readonly folder: string;
}

/**
 * Reads a seed: an object, or the path of a JSON or YAML file. Throws an InvalidInput that names the
 * file, the field and what was expected.
 */
export function readSeed(given: Seed | string): CheckedSeed {
  if (typeof given !== 'string') {
    return { seed: checkShape(seedSchema, given), source: '', folder: process.cwd() };
  }
  const source = `${given}: `;
  try {
    const seed = checkShape(seedSchema, parse(readFileSync(given, 'utf8')) ?? {});
    return { seed, source, folder: dirname(resolve(given)) };
  } catch (error) {
    throw new InvalidInput('', source + (error as Error).message);
  }
}

/** Puts a seed in, in its order. Throws an InvalidInput that names the entry that can't be had. */
export async function plantSeed(target: SeedTarget, checked: CheckedSeed): Promise<void> {
  const { seed, source, folder } = checked;
  for (const [place, user] of (seed.users ?? []).entries()) {
    await named(`${source}users[${place}]`, () => target.createUser(user));
  }
  for (const [place, repository] of (seed.repositories ?? []).entries()) {
    const field = `${source}repositories[${place}]`;
    await named(field, () => plantRepository(target, repository, folder));
  }
}

async function plantRepository(
  target: SeedTarget,
  { tags, archive, ...repository }: z.output<typeof seedRepository>,
  folder: string,
): Promise<void> {
  await target.createRepository(repository);
  if (archive !== undefined) {
    const path = isAbsolute(archive) ? archive : resolve(folder, archive);
    await target.importArchive(path, repository.name);
  }
  for (const [tag, image] of Object.entries(tags ?? {})) {
    await target.createImage({ ...image, repository: repository.name, tag });
  }
}

/** Lets an error say which entry it is about. */
async function named(field: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof InvalidInput || error instanceof HubError) {
      throw new InvalidInput(field, error.message);
    }
    throw error;
  }
}
