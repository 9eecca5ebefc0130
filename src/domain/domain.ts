import type { Storage } from '../storage/storage.js';
import { Holders } from './access/holders.js';
import { Identities } from './access/identities.js';
import { RegistryQuestions } from './access/registry-questions.js';
import { type AnonymousRights, Rights } from './access/rights.js';
import { ScopedTokens } from './access/scoped-tokens.js';
import { Tokens } from './access/tokens.js';
import { Accounts } from './accounts/accounts.js';
import { Authentication } from './accounts/authentication.js';
import { Bearers } from './accounts/bearers.js';
import { FinishedLessons } from './accounts/finished-lessons.js';
import { LoginAttempts } from './accounts/login-attempts.js';
import { Logins } from './accounts/logins.js';
import { Namespaces } from './accounts/namespaces.js';
import { Passwords } from './accounts/passwords.js';
import { Sessions } from './accounts/sessions.js';
import { Students } from './accounts/students.js';
import { BlobUploads } from './bridge/blob-uploads.js';
import { Blobs } from './bridge/blobs.js';
import { Manifests } from './bridge/manifests.js';
import { ToV1 } from './bridge/to-v1.js';
import { ToV2 } from './bridge/to-v2.js';
import { WaitingBlobs } from './bridge/waiting-blobs.js';
import type { Clock, RandomBytes } from './clock.js';
import { ImageLibrary } from './images/image-library.js';
import { Imports } from './images/imports.js';
import { UploadExpiry } from './images/upload-expiry.js';
import { Uploads } from './images/uploads.js';
import { LayerReadings } from './layers/layer-readings.js';
import { Deletions } from './repositories/deletions.js';
import { Repositories } from './repositories/repositories.js';
import { followListings } from './repositories/repositories-by-image.js';
import { RepositoryLives } from './repositories/repository-lives.js';
import { Tags } from './repositories/tags.js';
import { Search } from './search/search.js';
import { Turns } from './turns.js';

/** What can be set about the rules. */
export interface DomainOptions {
  /** Seconds that a token is good for. */
  readonly tokenTtl: number;
  /** bcrypt's cost. */
  readonly bcryptRounds: number;
  /** The longest layer accepted, in bytes. */
  readonly maxLayer: number;
  /** The most entries of a layer that are looked through. */
  readonly maxFiles: number;
  /** Wrong passwords for one account from one address, and the seconds for which they count. */
  readonly loginLimit: number;
  readonly loginWindow: number;
  /** How many passwords may wait to be hashed or compared. */
  readonly loginQueue: number;
  /** What those may do who are not logged in. */
  readonly anonymous: AnonymousRights;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** What tokens are signed with instead of the storage's secret, while there is such a key. */
  readonly tokenKey?: (() => string | undefined) | undefined;
  /** Hears of failures that no request is answered with. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** How much there is, and since when. */
export interface Statistics {
  readonly documents: Readonly<Record<'users' | 'repositories' | 'images' | 'uploads', number>>;
  /** Documents that are on their way to the disk. */
  readonly pendingWrites: number;
  /** Seconds since the hub was opened. */
  readonly uptime: number;
}

/** The rules of the Hub, put together over one storage. */
export interface Domain {
  readonly accounts: Accounts;
  /** Those of the accounts that are a class. */
  readonly students: Students;
  readonly authentication: Authentication;
  readonly finishedLessons: FinishedLessons;
  readonly logins: Logins;
  /** Logins of browsers. */
  readonly sessions: Sessions;
  readonly identities: Identities;
  readonly rights: Rights;
  readonly repositories: Repositories;
  readonly lives: RepositoryLives;
  readonly deletions: Deletions;
  readonly questions: RegistryQuestions;
  readonly tags: Tags;
  readonly library: ImageLibrary;
  readonly uploads: Uploads;
  readonly expiry: UploadExpiry;
  readonly imports: Imports;
  readonly search: Search;
  /** What v2 has: tokens, blobs on their way, blobs, manifests. */
  readonly scopedTokens: ScopedTokens;
  readonly blobUploads: BlobUploads;
  readonly waitingBlobs: WaitingBlobs;
  readonly blobs: Blobs;
  readonly manifests: Manifests;
  readonly toV1: ToV1;
  /** Counts every document, so not for every request. */
  statistics(): Statistics;
  /** After the documents are read: puts right what a crash left behind. */
  recover(): Promise<void>;
  /** Once no request is under way: lets go of what only those needed, and ends what goes on by itself. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Builds the rules over a storage whose documents are not read yet, so that every index sees each of
 * them come in.
 */
export function createDomain(storage: Storage, options: DomainOptions): Domain {
  const { clock } = options;
  const opened = performance.now();
  const passwords = new Passwords({ rounds: options.bcryptRounds, queue: options.loginQueue });
  const { loginLimit: limit, loginWindow: window } = options;
  const logins = new Logins(passwords, new LoginAttempts({ limit, window, clock }));
  const accounts = new Accounts({
    users: storage.users,
    namespaces: new Namespaces(storage.repositories),
    passwords,
    logins,
    clock,
    random: options.random,
  });
  const authentication = new Authentication(storage.users, logins);
  const bearers = new Bearers(storage.users);
  const key = (): string => options.tokenKey?.() ?? storage.secret;
  const tokens = new Tokens({
    key,
    ttl: options.tokenTtl,
    clock,
    random: options.random,
    generationOf: (repository) => storage.repositories.get(repository)?.generation,
    bearersOf: (tag) => bearers.tagged(tag),
  });
  const documents = storage.repositories;
  const rights = new Rights({
    anonymous: options.anonymous,
    users: storage.users,
    repositories: documents,
    bearers,
  });
  const holders = new Holders(storage.repositories, storage.images);
  const { images, uploads: uploadDocuments, files } = storage;
  const { maxLayer, maxFiles } = options;
  const readings = new LayerReadings({ files, maxLayer, maxFiles });
  const turns = new Turns();
  const { manifests: manifestDocuments } = storage;
  const blobs = new Blobs({
    files: storage.blobs,
    images,
    manifests: manifestDocuments,
    repositories: documents,
  });
  const reading = { images, uploads: uploadDocuments, files, blobs, holders, readings, turns };
  const library = new ImageLibrary(reading);
  const listings = followListings(documents);
  const repositories = new Repositories({
    repositories: documents,
    holders,
    library,
    rights,
    clock,
    random: options.random,
  });
  const between = {
    blobs,
    files,
    images,
    manifests: manifestDocuments,
    repositories: documents,
    holders,
    library,
    readings,
    clock,
  };
  const toV2 = new ToV2(between);
  const waitingBlobs = new WaitingBlobs({ blobs, repositories, documents, clock });
  const blobUploads = new BlobUploads({
    blobs,
    waiting: waitingBlobs,
    clock,
    random: options.random,
    maxBlob: maxLayer,
  });
  const bringing = { images, repositories, library, holders, files, turns, clock, maxLayer };
  const uploads = new Uploads({
    ...bringing,
    readings,
    uploads: uploadDocuments,
    allRepositories: documents,
    listings,
    rights,
  });
  const expiry = new UploadExpiry({
    dropStale: async () => {
      await uploads.dropStale();
      await blobUploads.dropStale();
      await waitingBlobs.dropStale();
    },
    onFailure: options.onFailure ?? (() => undefined),
  });
  const search = new Search(storage.repositories);
  return {
    accounts,
    students: new Students({ accounts, random: options.random }),
    authentication,
    finishedLessons: new FinishedLessons(storage.users),
    logins,
    sessions: new Sessions({ accounts, clock, random: options.random }),
    identities: new Identities({ authentication, tokens, bearers, rights }),
    rights,
    repositories,
    lives: new RepositoryLives(documents),
    deletions: new Deletions({ repositories: documents, library, rights, clock }),
    questions: new RegistryQuestions({
      documents,
      listings,
      repositories,
      holders,
      library,
      rights,
    }),
    tags: new Tags({ repositories, library, holders, rights, clock }),
    library,
    uploads,
    expiry,
    imports: new Imports({ ...bringing, blobs }),
    search,
    scopedTokens: new ScopedTokens({
      key,
      ttl: options.tokenTtl,
      clock,
      random: options.random,
      bearers,
      repositoryOf: (full) => documents.get(full),
    }),
    blobUploads,
    waitingBlobs,
    blobs,
    manifests: new Manifests({
      blobs,
      manifests: manifestDocuments,
      images,
      repositories,
      holders,
      library,
      rights,
      toV2,
      clock,
    }),
    toV1: new ToV1({ ...between, key }),
    statistics: () => ({ ...count(storage), uptime: (performance.now() - opened) / 1000 }),
    recover: async () => {
      await uploads.recover();
      await library.removeOrphans();
      await blobs.recover();
      await waitingBlobs.dropStale();
      search.prepare();
      expiry.start();
    },
    settle: async () => {
      await expiry.rest();
      await library.dropSpares();
      await blobUploads.close();
    },
    close: async () => {
      await expiry.close();
      // What a failing disk does not let go now goes at the next start.
      await library.dropSpares().catch(() => undefined);
      await blobUploads.close();
      await readings.close();
      await passwords.close();
    },
  };
}

function count(storage: Storage): Omit<Statistics, 'uptime'> {
  const users = storage.users.count();
  const repositories = storage.repositories.count();
  const images = storage.images.count();
  const uploads = storage.uploads.count();
  const all = [users, repositories, images, uploads];
  return {
    documents: {
      users: users.documents,
      repositories: repositories.documents,
      images: images.documents,
      uploads: uploads.documents,
    },
    pendingWrites: all.reduce((sum, { pending }) => sum + pending, 0),
  };
}
