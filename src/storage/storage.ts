import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Collection } from './documents/collection.js';
import type {
  HubDocument,
  ImageDocument,
  ManifestDocument,
  RepositoryDocument,
  UploadDocument,
  UserDocument,
} from './documents/documents.js';
import {
  MIGRATIONS,
  type Migration,
  newestFormat,
  requireNewest,
  requireNotNewer,
} from './documents/format.js';
import {
  BLOBS,
  HUB_KEY,
  hubShape,
  imageShape,
  KINDS,
  manifestShape,
  repositoryShape,
  uploadShape,
  userShape,
} from './documents/shapes.js';
import { StorageError } from './errors.js';
import { BlobFiles } from './files/blob-files.js';
import { Disk, type DiskOptions } from './files/disk.js';
import { forceBelow } from './files/force.js';
import { ImageFiles } from './files/image-files.js';
import { closeToOthers } from './files/private-files.js';
import { Beginning } from './folder/beginning.js';
import { requireHub } from './folder/data-directory.js';
import { makeEphemeralFolder, removeAbandonedFolders } from './folder/ephemeral.js';
import { FolderView } from './folder/folder-view.js';
import { DirectoryLock } from './folder/lock.js';
import { migrate } from './folder/migration.js';
import { filesToRead, readOnlyDisk } from './folder/read-only.js';
import { dropUploadsWithoutFiles, removeUnfinished } from './folder/tidying.js';
import { ChangeLog } from './log/change-log.js';
import { recoverChanges } from './log/recovery.js';

export interface StorageOptions {
  /** The data directory; made if missing. Undefined: nothing outlives the process. */
  readonly folder: string | undefined;
  readonly onStep?: DiskOptions['onStep'];
  /** How many bytes fill a segment of the log. */
  readonly logCapacity?: number | undefined;
  /** The steps from older formats to the newest; a test can give others. */
  readonly migrations?: readonly Migration[];
}

/** The documents of a hub, by kind. */
export interface Collections {
  readonly hub: Collection<HubDocument>;
  readonly users: Collection<UserDocument>;
  readonly repositories: Collection<RepositoryDocument>;
  readonly images: Collection<ImageDocument>;
  readonly uploads: Collection<UploadDocument>;
  readonly manifests: Collection<ManifestDocument>;
}

/** Everything that lasts, opened by one process. */
export interface Storage extends Collections {
  readonly files: ImageFiles;
  readonly blobs: BlobFiles;
  /** What tokens are signed with: 64 hex digits. */
  readonly secret: string;
  /** What the start took out of use after a kill: paths in `set-aside`, below the data directory. */
  readonly setAside: readonly string[];
  /**
   * Reads every document, telling those who follow the collections, and removes what a killed process
   * left unfinished. Throws a StorageError that names the file when one can't be read.
   */
  load(): Promise<void>;
  /** Removes the files that no document names. Once nobody is served any more. */
  tidy(): Promise<void>;
  /** Gives the directory back; an ephemeral one is removed. */
  close(): Promise<void>;
  /** As `close`, after a start that failed: a directory that it began is not left behind. */
  abandon(): Promise<void>;
}

/**
 * Opens a data directory and claims it; its documents come with `load`. Throws a StorageError (one
 * clear line) when it is locked, unreadable or corrupt.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  await removeAbandonedFolders();
  return options.folder === undefined
    ? openEphemeral(options)
    : openFolder(options.folder, options);
}

async function openEphemeral(options: StorageOptions): Promise<Storage> {
  const { folder, remove: close } = await makeEphemeralFolder();
  try {
    const disk = new Disk({ durable: false, onStep: options.onStep });
    for (const each of [imageShape.folder, BLOBS]) mkdirSync(join(folder, each));
    const storage = collections(disk, undefined);
    return {
      ...storage,
      ...filesOn(disk, folder),
      secret: await tokenSecret(storage.hub, newestFormat()),
      setAside: [],
      load: async () => undefined,
      tidy: async () => undefined,
      close,
      abandon: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openFolder(folder: string, options: StorageOptions): Promise<Storage> {
  const { onStep, logCapacity: capacity, migrations = MIGRATIONS } = options;
  const newest = newestFormat(migrations);
  const log = new ChangeLog(folder, { onStep, capacity });
  const disk = new Disk({ durable: true, onStep, log });
  const beginning = ifUsable(folder, () => new Beginning(folder));
  ifUsable(folder, () => {
    disk.makeFolder(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  });
  const lock = await DirectoryLock.take(folder).catch((error) => {
    beginning.removeFolders();
    throw error;
  });
  const end = async (work: () => void): Promise<void> => {
    disk.close();
    await log
      .close()
      .then(work)
      .finally(() => lock.release());
  };
  const close = (): Promise<void> => end(() => undefined);
  const abandon = async (): Promise<void> => {
    await end(() => beginning.undo());
    beginning.removeFolders();
  };
  try {
    const view = FolderView.asItLies(folder);
    requireNotNewer(view, newest);
    ifUsable(folder, () => {
      for (const kind of KINDS) disk.makeFolder(join(folder, kind.folder));
      disk.makeFolder(join(folder, BLOBS));
      closeToOthers(folder);
    });
    const setAside = await recover(folder);
    // The log may be of a later version than the document that it makes good.
    requireNotNewer(view, newest);
    await migrate(folder, disk, migrations);
    const all = collections(disk, folder);
    const unfinished = all.hub.load(view);
    const storage = { ...all, ...filesOn(disk, folder) };
    return {
      ...storage,
      secret: await tokenSecret(all.hub, newest),
      setAside,
      load: async () => {
        unfinished.push(...load(all, view));
        await dropUploadsWithoutFiles(storage);
        await removeUnfinished(unfinished, storage);
      },
      tidy: () => removeUnfinished([], storage),
      close,
      abandon,
    };
  } catch (error) {
    // This error came first, so it outranks one on the way out.
    await abandon().catch(() => undefined);
    throw error;
  }
}

/**
 * Opens a data directory to read it, as its log has it, also while a hub runs on it. Nothing there is
 * changed: an attempt is an error. Throws a StorageError as `openStorage`, and where no hub keeps
 * its data.
 */
export async function openStorageToRead(folder: string): Promise<Storage> {
  requireHub(folder);
  const all = collections(readOnlyDisk(), folder);
  const view = FolderView.asLogged(folder);
  requireNewest(view);
  all.hub.load(view);
  const { files, blobs, close } = filesToRead(view);
  const end = async (): Promise<void> => close();
  return {
    ...all,
    files,
    blobs,
    secret: all.hub.get(HUB_KEY)?.secret ?? '',
    setAside: [],
    load: async () => {
      load(all, view);
    },
    tidy: async () => undefined,
    close: end,
    abandon: end,
  };
}

/** Runs work in a data directory; an error of the system becomes one that names the directory. */
function ifUsable<R>(folder: string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw StorageError.unusable(folder, (error as Error).message);
  }
}

/**
 * Makes durable what can be read here: the changes that the last hub had begun, and the folders that a killed
 * one had only just made, which a power cut could still take away. Resolves as
 * `recoverChanges`.
 */
async function recover(folder: string): Promise<readonly string[]> {
  try {
    const setAside = await recoverChanges(folder);
    const namespaces = readdirSync(join(folder, repositoryShape.folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(repositoryShape.folder, name));
    const folders = [...KINDS.map((kind) => kind.folder), BLOBS];
    await forceBelow(folder, ['..', ...folders, ...namespaces]);
    return setAside;
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw StorageError.unusable(folder, (error as Error).message);
  }
}

function collections(disk: Disk, folder: string | undefined): Collections {
  return {
    hub: new Collection<HubDocument>(disk, folder, hubShape),
    users: new Collection<UserDocument>(disk, folder, userShape),
    repositories: new Collection<RepositoryDocument>(disk, folder, repositoryShape),
    images: new Collection<ImageDocument>(disk, folder, imageShape),
    uploads: new Collection<UploadDocument>(disk, folder, uploadShape),
    manifests: new Collection<ManifestDocument>(disk, folder, manifestShape),
  };
}

function filesOn(disk: Disk, folder: string): Pick<Storage, 'files' | 'blobs'> {
  const blobs = new BlobFiles(disk, join(folder, BLOBS));
  return { blobs, files: new ImageFiles(disk, join(folder, imageShape.folder), blobs) };
}

function load(storage: Collections, view: FolderView): string[] {
  const { users, repositories, images, uploads, manifests } = storage;
  return [users, repositories, images, uploads, manifests].flatMap((collection) =>
    collection.load(view),
  );
}

/** The key that tokens are signed with; made once, at the first start of a directory. */
async function tokenSecret(hub: Collection<HubDocument>, format: number): Promise<string> {
  const { after } = await hub.update(
    HUB_KEY,
    (current) =>
      current ?? {
        format,
        secret: randomBytes(32).toString('hex'),
        created: new Date().toISOString(),
      },
  );
  return after.secret;
}
