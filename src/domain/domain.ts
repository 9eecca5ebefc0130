import type { Storage } from '../storage/storage.js';
import { Accounts } from './accounts.js';
import type { Clock, RandomBytes } from './clock.js';
import { Holders } from './holders.js';
import { Identities } from './identities.js';
import { ImageLibrary } from './image-library.js';
import { Passwords } from './passwords.js';
import { Repositories } from './repositories.js';
import { Search } from './search.js';
import { Tags } from './tags.js';
import { Tokens } from './tokens.js';
import { Uploads } from './uploads.js';

/** What can be set about the rules. */
export interface DomainOptions {
  /** Seconds that a token is good for. */
  readonly tokenTtl: number;
  /** bcrypt's cost. */
  readonly bcryptRounds: number;
  /** The longest layer accepted, in bytes. */
  readonly maxLayer: number;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** The rules of the Hub, put together over one storage. */
export interface Domain {
  readonly accounts: Accounts;
  readonly identities: Identities;
  readonly tokens: Tokens;
  readonly repositories: Repositories;
  readonly tags: Tags;
  readonly library: ImageLibrary;
  readonly uploads: Uploads;
  readonly search: Search;
  /** After the documents are read: puts right what a crash left behind. */
  recover(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Builds the rules over a storage whose documents are not read yet, so that every index sees each of
 * them come in.
 */
export function createDomain(storage: Storage, options: DomainOptions): Domain {
  const { clock } = options;
  const passwords = new Passwords(options.bcryptRounds);
  const accounts = new Accounts({ users: storage.users, passwords, clock });
  const tokens = new Tokens({
    secret: storage.secret,
    ttl: options.tokenTtl,
    clock,
    random: options.random,
  });
  const holders = new Holders(storage.repositories, storage.images);
  const { images, uploads: uploadDocuments, files } = storage;
  const library = new ImageLibrary({ images, uploads: uploadDocuments, files, holders });
  const repositories = new Repositories({
    repositories: storage.repositories,
    holders,
    library,
    clock,
  });
  const uploads = new Uploads({
    uploads: uploadDocuments,
    images,
    allRepositories: storage.repositories,
    repositories,
    library,
    holders,
    files,
    clock,
    maxLayer: options.maxLayer,
  });
  return {
    accounts,
    identities: new Identities(accounts, tokens),
    tokens,
    repositories,
    tags: new Tags({ repositories, library, holders, clock }),
    library,
    uploads,
    search: new Search(storage.repositories),
    recover: async () => {
      await uploads.dropStale();
      await library.removeOrphans();
    },
    close: () => passwords.close(),
  };
}
