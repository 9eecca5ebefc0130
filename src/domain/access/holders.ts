import type { Collection } from '../../storage/documents/collection.js';
import type {
  ImageDocument,
  RepositoryDocument,
  UploadDocument,
} from '../../storage/documents/documents.js';
import { RepositoriesByImage } from '../repositories/repositories-by-image.js';
import { type Caller, mayRead, type Pusher } from './access.js';

/**
 * Which repositories hold which image, kept in step with the repositories' documents. An image is
 * readable only through a repository that holds it, and lives as long as one does.
 */
export class Holders {
  readonly #repositories: Collection<RepositoryDocument>;
  readonly #images: Collection<ImageDocument>;
  readonly #holding: RepositoriesByImage<string>;
  /** Images that a repository is about to hold: they must not go while its document is written. */
  readonly #pins = new Map<string, number>();
  /** Images that are being removed: nobody can take hold of them any more. */
  readonly #condemned = new Set<string>();

  constructor(repositories: Collection<RepositoryDocument>, images: Collection<ImageDocument>) {
    this.#repositories = repositories;
    this.#images = images;
    this.#holding = new RepositoriesByImage(
      repositories,
      ({ holds }) => holds,
      (id) => id,
    );
  }

  /** The complete image of this id, in any repository. */
  complete(id: string): ImageDocument | undefined {
    return this.#condemned.has(id) ? undefined : this.#images.get(id);
  }

  /** The image, if the caller may read it through some repository. */
  readable(caller: Caller, id: string): ImageDocument | undefined {
    const image = this.complete(id);
    if (image === undefined) return undefined;
    if (caller.kind === 'token') {
      const repository = this.#repositories.get(caller.token.repository);
      const holds = repository?.holds.includes(id) === true && mayRead(caller, repository);
      return holds ? image : undefined;
    }
    return this.#some(id, (repository) => mayRead(caller, repository)) ? image : undefined;
  }

  /** The repositories that hold an image, as far as the caller may read them. */
  sharersOf(caller: Caller, id: string): RepositoryDocument[] {
    return [...this.#holding.of(id)].filter((repository) => mayRead(caller, repository));
  }

  /** Whether a push may build on an image, or take it over instead of uploading it again. */
  isOpenTo(pusher: Pusher, id: string): boolean {
    if (this.complete(id) === undefined) return false;
    return this.#some(id, (repository) => isOpen(pusher, repository));
  }

  /** Whether a repository that is open to everybody holds the image. */
  isPublic(id: string): boolean {
    return this.#some(id, ({ access, deletion }) => access === 'public' && deletion === undefined);
  }

  /** Whether a repository of one of these namespaces holds the image. */
  isIn(namespaces: readonly string[], id: string): boolean {
    return this.#some(id, ({ namespace }) => namespaces.includes(namespace));
  }

  /** Whether there is a repository `full` that is not being deleted. */
  isLive(full: string): boolean {
    const repository = this.#repositories.get(full);
    return repository !== undefined && repository.deletion === undefined;
  }

  /** Whether an upload is one of a repository that is there, and not of an earlier one of its name. */
  isOfLive({ repository: full, generation }: UploadDocument): boolean {
    return this.isLive(full) && this.#repositories.get(full)?.generation === generation;
  }

  /** Whether the repository of an upload holds its image already: it came otherwise. */
  hasArrived({ id, repository }: UploadDocument): boolean {
    const holds = this.#repositories.get(repository)?.holds.includes(id) === true;
    return holds && this.complete(id) !== undefined;
  }

  /** Whether nobody holds the image and nobody is about to. */
  isAbandoned(id: string): boolean {
    return !this.#holding.has(id) && !this.#pins.has(id);
  }

  /** Of these images and all they are built on, those that the push may take hold of. */
  holdable(pusher: Pusher, ids: Iterable<string>): string[] {
    const found = new Set<string>();
    for (const id of ids) {
      if (!this.isOpenTo(pusher, id)) continue;
      for (const each of this.complete(id)?.ancestry ?? []) {
        if (each === id || this.isOpenTo(pusher, each)) found.add(each);
      }
    }
    return [...found];
  }

  /** Keeps images from being removed while `work` runs. */
  async whilePinned<R>(ids: readonly string[], work: () => Promise<R>): Promise<R> {
    for (const id of ids) this.#pins.set(id, (this.#pins.get(id) ?? 0) + 1);
    try {
      return await work();
    } finally {
      for (const id of ids) this.#unpin(id);
    }
  }

  /** Runs `removal` for an image if it is abandoned; until it ends the image counts as gone. */
  async removeIfAbandoned(
    id: string,
    removal: (image: ImageDocument) => Promise<void>,
  ): Promise<void> {
    const image = this.complete(id);
    if (image === undefined || !this.isAbandoned(id)) return;
    this.#condemned.add(id);
    try {
      await removal(image);
    } finally {
      this.#condemned.delete(id);
    }
  }

  #some(id: string, test: (repository: RepositoryDocument) => boolean): boolean {
    for (const repository of this.#holding.of(id)) if (test(repository)) return true;
    return false;
  }

  #unpin(id: string): void {
    const left = (this.#pins.get(id) ?? 1) - 1;
    if (left === 0) this.#pins.delete(id);
    else this.#pins.set(id, left);
  }
}

function isOpen(pusher: Pusher, repository: RepositoryDocument): boolean {
  if (repository.deletion !== undefined) return false;
  return (
    pusher.admin || repository.access === 'public' || repository.namespace === pusher.namespace
  );
}
