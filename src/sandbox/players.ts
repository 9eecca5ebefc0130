import { randomBytes } from 'node:crypto';
import type { Domain } from '../domain/domain.js';
import { errors, HubError } from '../domain/errors.js';
import { parseRepositoryName } from '../domain/repositories/names.js';
import { Turns } from '../domain/turns.js';
import { IMAGE, type Line, Play } from './play.js';

/** The versions that can be watched: one of each way to speak (docs/clients.md). */
export const VERSIONS = [
  '0.6.7',
  '0.7.6',
  '0.9.1',
  '1.0.1',
  '1.5.0',
  '1.7.1',
  '1.9.1',
  '1.10.3',
  '1.12.6',
];

export const DEFAULT_VERSION = '1.5.0';

/** The mail address of the hub's own account, by which it is recognised after a restart. */
const EMAIL = 'played@hub-v1.invalid';
const NAMES = ['played', 'played_docker', 'played_by_hub'];

/** What plays push at the same time, each another repository: their number is the bound. */
const PUSHED = [IMAGE, ...[2, 3, 4].map((number) => `${IMAGE}_${number}`)];

/** Milliseconds after which a play that waits for its reader gives way to another. */
const PATIENCE = 60_000;

/** Plays that are remembered. */
const MOST_KEPT = 16;

export interface PlayersOptions {
  readonly domain: Pick<Domain, 'accounts' | 'repositories' | 'deletions'>;
  /** Milliseconds between two requests of a play. */
  readonly pace?: number;
  /** Milliseconds of a clock that nobody sets; the machine's. */
  readonly now?: () => number;
  /** Aborted when the hub is closed. */
  readonly ended: AbortSignal;
}

/** The dockers that a hub plays for those who look on. */
export class Players {
  readonly #options: PlayersOptions;
  readonly #plays = new Map<string, Play>();
  readonly #turns = new Turns();
  /** What the plays under way push. */
  readonly #taken = new Set<string>();
  readonly #watchers = new Map<string, Set<() => void>>();
  /** The password of the hub's own account, and its hash once that is set. */
  readonly #secret = randomBytes(12).toString('base64url');
  #hash: string | undefined;

  constructor(options: PlayersOptions) {
    this.#options = options;
    options.ended.addEventListener('abort', () => {
      for (const play of this.#plays.values()) play.stop();
    });
  }

  /**
   * Lets a docker of this version log in, push, search and pull, as the account that the hub has for it. Throws
   * `badRequest` for a version that is not played, and `tooManyPlays` when too many are under way. One gives way only if
   * it has waited for its reader for a minute: it may be somebody else's.
   */
  async start(version: string, hub: URL): Promise<Play> {
    if (!VERSIONS.includes(version)) throw errors.badRequest();
    if (this.#place() === undefined) await this.#vacate();
    const pushed = this.#place();
    if (pushed === undefined) throw errors.tooManyPlays();
    const free = (): void => void this.#taken.delete(pushed);
    this.#taken.add(pushed);
    try {
      const play = await this.#begin(version, hub, pushed);
      play.done.then(free, free);
      return play;
    } catch (error) {
      free();
      throw error;
    }
  }

  /** What nobody pushes at the moment. */
  #place(): string | undefined {
    return PUSHED.find((each) => !this.#taken.has(each));
  }

  /** Has the play give way that has waited for its reader the longest, if that is long enough. */
  async #vacate(): Promise<void> {
    const [waiting] = [...this.#plays.values()]
      .filter(({ waited = 0 }) => waited >= PATIENCE)
      .sort((one, other) => (other.waited ?? 0) - (one.waited ?? 0));
    if (waiting === undefined) return;
    waiting.giveWay();
    // However it ended, its place is free.
    await Promise.allSettled([waiting.done]);
  }

  async #begin(version: string, hub: URL, pushed: string): Promise<Play> {
    const secret = this.#secret;
    // Two that begin at once make one account.
    const username = await this.#turns.take('account', () => this.#account());
    const repository = `${username}/${pushed}`;
    await this.#forgetPush(repository);
    const id = randomBytes(16).toString('base64url');
    const play = new Play({
      id,
      version,
      hub,
      secret,
      repository,
      lines: linesFor({ username, password: secret, repository }),
      pace: this.#options.pace ?? 900,
      now: this.#options.now ?? (() => performance.now()),
      onChange: () => this.#tell(id),
    });
    this.#plays.set(id, play);
    const oldest = [...this.#plays.values()].find(({ state }) => state === 'over');
    if (this.#plays.size > MOST_KEPT && oldest !== undefined) this.#plays.delete(oldest.id);
    return play;
  }

  /** A play by its id, which is known only to those who started it. */
  find(id: string): Play | undefined {
    return this.#plays.get(id);
  }

  /** Tells somebody whenever a play has changed, until the function that is returned is called. */
  watch(id: string, see: () => void): () => void {
    const all = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, all.add(see));
    return () => {
      all.delete(see);
      if (all.size === 0) this.#watchers.delete(id);
    };
  }

  /** The hub's own account, once something was played. */
  get username(): string | undefined {
    const { accounts } = this.#options.domain;
    return NAMES.find((name) => accounts.find(name)?.emails[0] === EMAIL);
  }

  #tell(id: string): void {
    for (const see of this.#watchers.get(id) ?? []) see();
  }

  /** The name of the hub's own account, which has the password of this start. Throws `accountTaken`. */
  async #account(): Promise<string> {
    const { accounts } = this.#options.domain;
    const password = this.#secret;
    const own = this.username;
    const username = own ?? NAMES.find((name) => accounts.find(name) === undefined);
    if (username === undefined) throw errors.accountTaken();
    if (own === undefined) await accounts.register({ username, password, email: EMAIL });
    else if (accounts.find(own)?.passwordHash !== this.#hash) {
      await accounts.setPassword(own, password);
    }
    this.#hash = accounts.find(username)?.passwordHash;
    return username;
  }

  /** So that there is a push to watch. */
  async #forgetPush(full: string): Promise<void> {
    const { repositories, deletions } = this.#options.domain;
    const [namespace = '', repository = ''] = full.split('/');
    const name = parseRepositoryName(namespace, repository);
    if (repositories.find(name) !== undefined) await deletions.remove(name).catch(ignoreMissing);
  }
}

/** Somebody else may have been faster. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof HubError && error.id === 'repositoryMissing')) throw error;
}

function linesFor(about: {
  readonly username: string;
  readonly password: string;
  readonly repository: string;
}): Line[] {
  const { username, password, repository } = about;
  return [
    ['login', '-u', username, '-p', password, '-e', EMAIL],
    ['tag', IMAGE, repository],
    ['push', repository],
    ['search', IMAGE],
    ['rmi', repository],
    ['rmi', IMAGE],
    ['pull', repository],
    ['images'],
  ];
}
