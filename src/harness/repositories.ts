import { z } from 'zod';
import { operatorsRight } from '../domain/access/access.js';
import type { Domain } from '../domain/domain.js';
import { errors } from '../domain/errors.js';
import type { Deletions } from '../domain/repositories/deletions.js';
import {
  PATTERNS,
  parseRepositoryName,
  type RepositoryName,
} from '../domain/repositories/names.js';
import type { Repositories } from '../domain/repositories/repositories.js';
import type { Properties } from '../domain/repositories/repository-changes.js';
import { checkShape, within } from '../input/invalid-input.js';
import type { ShapeOf } from '../input/shape-of.js';
import type { RepositoryDocument } from '../storage/documents/documents.js';
import type { NewRepository, Repository } from './seed-content.js';

/** A repository to make. */
export const newRepository = z.strictObject({
  /** `ns/repo`, or `repo` for an official one. */
  name: z.string().meta({ pattern: fullNamePattern() }),
  description: z.string().max(1000).optional(),
  private: z.boolean().optional(),
  stars: z.number().int().min(0).optional(),
  trusted: z.boolean().optional(),
}) satisfies ShapeOf<NewRepository>;

export type { NewRepository, Repository };

/** The domain says which part of a name is wrong. */
export function fullNamePattern(): string {
  const [namespace, name] = [PATTERNS.namespace, PATTERNS.repository].map(({ source }) =>
    source.slice(1, -1),
  );
  return `^(?:${namespace}/)?${name}$`;
}

/** The repositories of a hub, without HTTP. */
export class RepositoriesHandle {
  readonly #repositories: Repositories;
  readonly #deletions: Deletions;

  constructor({ repositories, deletions }: Pick<Domain, 'repositories' | 'deletions'>) {
    this.#repositories = repositories;
    this.#deletions = deletions;
  }

  /** Makes a repository, or changes the one of that name. Throws an InvalidInput. */
  async create(repository: NewRepository): Promise<Repository> {
    const { name: full, ...given } = checkShape(newRepository, repository);
    const name = within('name', () => parseFullName(full));
    const right = operatorsRight(name);
    await this.#repositories.push(right, []);
    await this.#repositories.setProperties(right, propertiesOf(given));
    return this.#require(name);
  }

  /** Throws `badName`. */
  get(name: string): Repository | undefined {
    const repository = this.#repositories.find(parseFullName(name));
    return repository && view(repository);
  }

  list(): Repository[] {
    return this.#repositories.list().map(view);
  }

  /** Removes a repository at once, with what only it holds. Throws `repositoryMissing`. */
  async delete(name: string): Promise<void> {
    await this.#deletions.remove(parseFullName(name));
  }

  #require(name: RepositoryName): Repository {
    const repository = this.#repositories.find(name);
    if (repository === undefined) throw errors.repositoryMissing();
    return view(repository);
  }
}

/** `ns/repo`, or `repo` for an official one. Throws `badName`. */
export function parseFullName(full: string): RepositoryName {
  const slash = full.indexOf('/');
  return slash === -1
    ? parseRepositoryName(undefined, full)
    : parseRepositoryName(full.slice(0, slash), full.slice(slash + 1));
}

function propertiesOf({ private: isPrivate, ...given }: Omit<NewRepository, 'name'>): Properties {
  if (isPrivate === undefined) return given;
  return { ...given, access: isPrivate ? 'private' : 'public' };
}

function view(repository: RepositoryDocument): Repository {
  const { namespace, name, description, access, stars, trusted, tags, holds } = repository;
  return {
    name: `${namespace}/${name}`,
    description,
    private: access === 'private',
    stars,
    trusted,
    tags: Object.fromEntries(Object.entries(tags).map(([tag, { image }]) => [tag, image])),
    images: holds,
  };
}
