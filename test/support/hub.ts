/*
 * The one way to start a hub in the tests' own process: `useHub` for a file or a `describe`, which also
 * closes it, `startTestHub` and `startPlainHub` within a test, by `await using`. A hub in a process of its
 * own: command.ts.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { type Hub, type HubOptions, startHub } from '../../src/index.js';
import { type OpenHub, openHub } from '../../src/open-hub.js';
import { type Address, PASSWORD } from './client.js';

/** Somebody whom a hub knows before it starts. */
export interface Person {
  readonly username: string;
  readonly admin?: boolean;
  readonly active?: boolean;
}

export interface TestHubOptions extends HubOptions {
  /** Accounts to make before the start; `admin` is there anyway. */
  readonly people?: readonly (string | Person)[];
  /** True: a data directory on the disk (`hub.folder`), which goes when the hub is closed. */
  readonly onDisk?: boolean;
}

/** A running hub on a free port. */
export interface TestHub extends Address, AsyncDisposable {
  readonly port: number;
  /** The data directory; only of a hub that was started with `onDisk`, or with people. */
  readonly folder: string;
  close(): Promise<void>;
}

/** One that runs in this process. */
export interface OwnHub extends TestHub {
  /** The accounts, without HTTP. */
  readonly users: Hub['users'];
  /** Stops the hub, lets `change` work on its storage, and starts it again on the same directory. */
  restart(change?: (open: OpenHub) => Promise<void>): Promise<void>;
}

/**
 * A hub as the library gives it, with cheap passwords and without accounts; in memory unless `data` names
 * a folder.
 */
export function startPlainHub(options: HubOptions = {}): Promise<Hub> {
  const place = options.data === undefined ? { ephemeral: true } : {};
  return startHub({ bcryptRounds: 4, ...place, ...options });
}

/** Starts a hub with the admin account `admin` and cheap passwords. */
export async function startTestHub(options: TestHubOptions = {}): Promise<OwnHub> {
  const { people = [], onDisk = false, ...given } = options;
  const folder =
    onDisk || people.length > 0 ? await mkdtemp(join(tmpdir(), 'hub-v1-test-')) : undefined;
  const settings: HubOptions = {
    bcryptRounds: 4,
    admin: { username: 'admin', password: PASSWORD },
    ...(folder === undefined ? {} : { data: folder }),
    ...given,
  };
  if (people.length > 0) await whileStopped(settings, (open) => addPeople(open, people));
  let hub = await startPlainHub(settings);
  const close = async (): Promise<void> => {
    await hub.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  return {
    get url() {
      return hub.url;
    },
    get port() {
      return hub.port;
    },
    get users() {
      return hub.users;
    },
    get folder() {
      if (folder === undefined) throw new Error('This hub was not started with `onDisk`');
      return folder;
    },
    restart: async (change) => {
      await hub.close();
      if (change !== undefined) await whileStopped(settings, change);
      hub = await startPlainHub(settings);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * `startTestHub` for all tests of this file, or of this `describe`: started and prepared before the first,
 * closed after the last. What the tests need in the hub belongs in `prepare`: another `before` of the file
 * would not wait for the start.
 */
export function useHub(
  options: TestHubOptions = {},
  prepare: () => Promise<unknown> = () => Promise.resolve(),
): OwnHub {
  let hub: OwnHub | undefined;
  before(async () => {
    hub = await startTestHub(options);
    await prepare();
  });
  after(() => hub?.close());
  const started = (): OwnHub => {
    if (hub === undefined) throw new Error('The hub has not been started');
    return hub;
  };
  return {
    get url() {
      return started().url;
    },
    get port() {
      return started().port;
    },
    get users() {
      return started().users;
    },
    get folder() {
      return started().folder;
    },
    restart: (change) => started().restart(change),
    close: () => started().close(),
    [Symbol.asyncDispose]: () => started().close(),
  };
}

async function whileStopped(
  settings: HubOptions,
  work: (open: OpenHub) => Promise<void>,
): Promise<void> {
  const open = await openHub(settings);
  try {
    await work(open);
  } finally {
    await open.close();
  }
}

async function addPeople(
  { domain: { accounts } }: OpenHub,
  people: readonly (string | Person)[],
): Promise<void> {
  for (const each of people) {
    const { username, ...flags } = typeof each === 'string' ? { username: each } : each;
    await accounts.register({ username, password: PASSWORD, email: `${username}@example.com` });
    await accounts.setFlags(username, flags);
  }
}
