import type { z } from 'zod';
import { checkTagName, LIBRARY } from '../domain/repositories/names.js';
import { InvalidInput, within } from '../input/invalid-input.js';
import { checkNewUser, type newUser } from './accounts.js';
import type { NewImage } from './image-content.js';
import { parseFullName } from './repositories.js';
import type { seedRepository } from './seed.js';

/*
 * What can be checked of a seed before it is applied, besides the types of its fields.
 */

type SeedUser = z.output<typeof newUser>;
type SeedRepository = z.output<typeof seedRepository>;

/** An image of a seed, and where it stands there. */
export interface SeededImage {
  /** Such as `repositories[0].tags.latest`. */
  readonly field: string;
  readonly image: NewImage;
}

interface SeedParts {
  readonly users?: readonly SeedUser[] | undefined;
  readonly repositories?: readonly SeedRepository[] | undefined;
}

/** Throws an InvalidInput that names the first invalid entry. */
export function checkSeed({ users = [], repositories = [] }: SeedParts): void {
  checkUsers(users);
  checkRepositories(repositories);
  imagesInOrder(repositories);
}

function checkUsers(users: readonly SeedUser[]): void {
  const names = new Once('username');
  const emails = new Once('email');
  for (const [place, user] of users.entries()) {
    within(`users[${place}]`, () => {
      const { username, email } = checkNewUser(user);
      names.add(username);
      emails.add(email.toLowerCase());
    });
  }
}

function checkRepositories(repositories: readonly SeedRepository[]): void {
  const names = new Once('name');
  for (const [place, { name, tags = {} }] of repositories.entries()) {
    within(`repositories[${place}]`, () => {
      names.add(within('name', () => parseFullName(name)).full);
      for (const tag of Object.keys(tags)) within(`tags.${tag}`, () => checkTagName(tag));
    });
  }
}

/**
 * Throws an InvalidInput for the first repository whose owner is nobody: neither of the seed nor, as `isUser`
 * knows, of the hub. What the hub has `kept` is not asked about.
 */
export function checkOwners(
  { users = [], repositories = [] }: SeedParts,
  kept: ReadonlySet<string>,
  isUser: (username: string) => boolean,
): void {
  const seeded = new Set(users.map(({ username }) => username));
  for (const [place, { name }] of repositories.entries()) {
    const { namespace } = parseFullName(name);
    const isOwned = namespace === LIBRARY || seeded.has(namespace) || isUser(namespace);
    if (isOwned || kept.has(name)) continue;
    throw new InvalidInput(`repositories[${place}].name`, `there is no user "${namespace}"`);
  }
}

/** Values that may stand in a list once. */
class Once {
  readonly #field: string;
  readonly #seen = new Set<string>();

  constructor(field: string) {
    this.#field = field;
  }

  add(value: string): void {
    if (this.#seen.has(value)) throw new InvalidInput(this.#field, `"${value}" is there twice`);
    this.#seen.add(value);
  }
}

/**
 * The images of a seed, each after the one of the seed that it is built on, in any order that they
 * stand there. Throws an InvalidInput when one is built on itself.
 */
export function imagesInOrder(repositories: readonly SeedRepository[]): SeededImage[] {
  const images = new Map(imagesOf(repositories).map((one) => [reference(one), one]));
  const ordered = new Set<SeededImage>();
  const waiting = new Set<SeededImage>();
  const take = (one: SeededImage): void => {
    if (ordered.has(one)) return;
    if (waiting.has(one)) throw new InvalidInput(`${one.field}.from`, 'it is built on itself');
    waiting.add(one);
    const base = images.get(fullReference(one.image.from ?? ''));
    if (base !== undefined) take(base);
    ordered.add(one);
  };
  for (const one of images.values()) take(one);
  return [...ordered];
}

function imagesOf(repositories: readonly SeedRepository[]): SeededImage[] {
  return repositories.flatMap(({ name, tags = {} }, place) =>
    Object.entries(tags).map(([tag, image]) => ({
      field: `repositories[${place}].tags.${tag}`,
      image: { ...image, repository: name, tag },
    })),
  );
}

function reference({ image: { repository, tag } }: SeededImage): string {
  return fullReference(`${repository}:${tag}`);
}

/** `ns/repo:tag` of a reference that may leave out `library/` and `:latest`. */
function fullReference(text: string): string {
  const [name = '', tag = 'latest'] = text.split(':');
  return `${name.includes('/') ? name : `library/${name}`}:${tag}`;
}
