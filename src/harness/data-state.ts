import { InvalidInput } from '../input/invalid-input.js';
import type {
  ImageDocument,
  ManifestDocument,
  RepositoryDocument,
  UploadDocument,
} from '../storage/documents/documents.js';
import {
  blobsOfImage,
  blobsOfManifest,
  blobsOfRepository,
} from '../storage/documents/references.js';
import type { Collections, Storage } from '../storage/storage.js';
import type { Snapshottable } from './resettable.js';

/** A file of an image, or, by its digest, a blob. */
interface NamedFile {
  readonly id: string;
  readonly file: string;
}

/** Everything that lasts, at one moment: a map of documents for each collection. */
export type DocumentsSnapshot = {
  readonly [K in keyof Collections]: ReturnType<Collections[K]['capture']>;
};

/** Accounts and repositories, by the keys of their documents. */
export interface Names {
  readonly users: ReadonlySet<string>;
  readonly repositories: ReadonlySet<string>;
}

/** The documents, and the files that they name, which stay on the disk until it is released. */
export interface DataSnapshot {
  readonly documents: DocumentsSnapshot;
  readonly files: readonly NamedFile[];
}

/** What one name space has, as a {@link DataSnapshot} has everything. */
export interface NamespaceSnapshot {
  readonly namespace: string;
  readonly documents: Pick<DocumentsSnapshot, 'repositories' | 'images' | 'uploads' | 'manifests'>;
  readonly files: readonly NamedFile[];
}

/** Removes those of an image's files that neither a document names nor a push under way still needs. */
export type FileRemover = (id: string, files: readonly string[]) => Promise<void>;

/**
 * The documents and image files of a hub as one thing that can be put back. Documents never change in
 * place and image files are never rewritten, so a snapshot is a list of references, and going back
 * writes only what differs.
 */
export class DataState implements Snapshottable<DataSnapshot> {
  readonly #storage: Storage;
  readonly #removeUnused: FileRemover;
  #baseline: DataSnapshot | undefined;

  constructor(storage: Storage, removeUnused: FileRemover) {
    this.#storage = storage;
    this.#removeUnused = removeUnused;
  }

  /** What is there now is what a reset goes back to. */
  async markBaseline(): Promise<void> {
    const former = this.#baseline;
    this.#baseline = this.capture();
    if (former !== undefined) await this.release(former);
  }

  /** Gives up what a reset goes back to. Resolves to whether there was anything. */
  async dropBaseline(): Promise<boolean> {
    const former = this.#baseline;
    this.#baseline = undefined;
    if (former !== undefined) await this.release(former);
    return former !== undefined;
  }

  /** Throws an InvalidInput in a hub that was started without a harness. */
  async reset(): Promise<void> {
    if (this.#baseline === undefined) throw new InvalidInput('harness', 'it is off');
    await this.restore(this.#baseline);
  }

  capture(): DataSnapshot {
    const { hub, users, repositories, images, uploads, manifests, files } = this.#storage;
    const named = [...this.#namedFiles()];
    for (const { id, file } of named) files.keep(id, file);
    return {
      documents: {
        hub: hub.capture(),
        users: users.capture(),
        repositories: repositories.capture(),
        images: images.capture(),
        uploads: uploads.capture(),
        manifests: manifests.capture(),
      },
      files: named,
    };
  }

  async restore({ documents }: DataSnapshot): Promise<void> {
    const { hub, users, repositories, images, uploads, manifests } = this.#storage;
    const before = [...this.#namedFiles()];
    // Images before their repositories, so that nobody meets a repository whose images are missing.
    await images.restore(documents.images);
    await manifests.restore(documents.manifests);
    await repositories.restore(documents.repositories);
    await uploads.restore(documents.uploads);
    await users.restore(documents.users);
    await hub.restore(documents.hub);
    await this.#removeUnnamed(before);
  }

  /**
   * Takes back what was done to some accounts and repositories since a snapshot, with the images that
   * came for them and that no repository holds now. What happened to others stays.
   */
  async undo({ documents }: DataSnapshot, names: Names): Promise<void> {
    const { users, repositories, images, uploads, manifests } = this.#storage;
    const before = [...this.#namedFiles()];
    await manifests.restore(documents.manifests, (digest) => documents.manifests.has(digest));
    const isTheirs = (key: string): boolean => names.repositories.has(key.split(' ')[1] ?? '');
    await repositories.restore(documents.repositories, (key) => names.repositories.has(key));
    await uploads.restore(documents.uploads, isTheirs);
    await users.restore(documents.users, (key) => names.users.has(key));
    const held = new Set([...repositories.values()].flatMap(({ holds }) => holds));
    await images.restore(documents.images, (id) => !documents.images.has(id) && !held.has(id));
    await this.#dropManifests((digest) => !documents.manifests.has(digest));
    await this.#removeUnnamed(before);
  }

  /** The repositories of a name space, and what they hold: a few references, however much else there is. */
  captureNamespace(namespace: string): NamespaceSnapshot {
    const { repositories, images, uploads, manifests, files } = this.#storage;
    const isTheirs = ofNamespace(namespace);
    const theirs = [...repositories.values()].filter((each) => each.namespace === namespace);
    const held = new Map<string, ImageDocument>();
    for (const id of theirs.flatMap(({ holds }) => holds)) {
      const image = images.get(id);
      if (image !== undefined) held.set(id, image);
    }
    const had = new Map<string, ManifestDocument>();
    for (const digest of theirs.flatMap((each) => Object.keys(each.manifests ?? {}))) {
      const manifest = manifests.get(digest);
      if (manifest !== undefined) had.set(digest, manifest);
    }
    const underWay = [...uploads.capture()].filter(([key]) => isTheirs(key.split(' ')[1] ?? ''));
    const documents = {
      repositories: new Map(theirs.map((each) => [`${namespace}/${each.name}`, each])),
      images: held,
      uploads: new Map(underWay),
      manifests: had,
    };
    const named = [
      ...namedFiles({
        images: held.values(),
        uploads: documents.uploads.values(),
        manifests: had.values(),
        repositories: theirs,
      }),
    ];
    for (const { id, file } of named) files.keep(id, file);
    return { namespace, documents, files: named };
  }

  /**
   * Puts all repositories of a name space back as they were, also those that are gone since, with the images that they
   * held. What others have stays.
   */
  async undoNamespace({ documents, namespace }: NamespaceSnapshot): Promise<void> {
    const { repositories, images, uploads, manifests } = this.#storage;
    const before = [...this.#namedFiles()];
    const isTheirs = ofNamespace(namespace);
    const theirs = [...repositories.values()].filter((each) => each.namespace === namespace);
    const since = new Set(theirs.flatMap(({ holds }) => holds));
    const pushed = new Set(theirs.flatMap((each) => Object.keys(each.manifests ?? {})));
    // Images before those who hold them, so that nobody meets a repository whose images are missing.
    await images.restore(
      documents.images,
      (id) => documents.images.has(id) && images.get(id) === undefined,
    );
    await manifests.restore(
      documents.manifests,
      (digest) => documents.manifests.has(digest) && manifests.get(digest) === undefined,
    );
    await repositories.restore(documents.repositories, isTheirs);
    await uploads.restore(documents.uploads, (key) => isTheirs(key.split(' ')[1] ?? ''));
    const held = new Set([...repositories.values()].flatMap(({ holds }) => holds));
    const isNew = (id: string): boolean => since.has(id) && !documents.images.has(id);
    await images.restore(documents.images, (id) => isNew(id) && !held.has(id));
    await this.#dropManifests((digest) => pushed.has(digest) && !documents.manifests.has(digest));
    await this.#removeUnnamed(before);
  }

  /** Gives a snapshot up, and with it the files that only it still needed. */
  async release({ files }: Pick<DataSnapshot, 'files'>): Promise<void> {
    for (const { id, file } of files) this.#storage.files.release(id, file);
    await this.#removeUnnamed(files);
  }

  /** Removes the documents of those manifests that no repository has. */
  async #dropManifests(isMeant: (digest: string) => boolean): Promise<void> {
    const { manifests, repositories } = this.#storage;
    const had = new Set(
      [...repositories.values()].flatMap((each) => Object.keys(each.manifests ?? {})),
    );
    await manifests.restore(new Map(), (digest) => isMeant(digest) && !had.has(digest));
  }

  /** What a snapshot keeps stays. */
  async #removeUnnamed(files: readonly NamedFile[]): Promise<void> {
    for (const { id, file } of files) await this.#removeUnused(id, [file]);
  }

  #namedFiles(): Iterable<NamedFile> {
    const { images, uploads, manifests, repositories } = this.#storage;
    return namedFiles({
      images: images.values(),
      uploads: uploads.values(),
      manifests: manifests.values(),
      repositories: repositories.values(),
    });
  }
}

/** Documents that name files. */
interface Naming {
  readonly images: Iterable<ImageDocument>;
  readonly uploads: Iterable<UploadDocument>;
  readonly manifests: Iterable<ManifestDocument>;
  readonly repositories: Iterable<RepositoryDocument>;
}

function* namedFiles({ images, uploads, manifests, repositories }: Naming): Generator<NamedFile> {
  for (const image of images) {
    const { id, json, layer } = image;
    yield { id, file: json };
    yield { id, file: layer };
    yield* blobsOfImage(image).map((file) => ({ id: '', file }));
  }
  for (const { id, json, layer } of uploads) {
    yield { id, file: json };
    if (layer !== undefined) yield { id, file: layer.file };
  }
  for (const manifest of manifests) {
    yield* blobsOfManifest(manifest).map((file) => ({ id: '', file }));
  }
  for (const repository of repositories) {
    yield* blobsOfRepository(repository).map((file) => ({ id: '', file }));
  }
}

/** Whether a repository, by the key of its document, is in a name space. */
function ofNamespace(namespace: string): (key: string) => boolean {
  return (key) => key.startsWith(`${namespace}/`);
}
