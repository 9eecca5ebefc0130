import { type AppParts, createApp } from './app.js';
import { Connections } from './connections.js';
import { controlGuard, readOrigins } from './control-options.js';
import type { Clock, RandomBytes } from './domain/clock.js';
import type { Domain } from './domain/domain.js';
import { createControl, createHub, type Hub, plantAtStart } from './handle.js';
import { HubClock, type Time } from './harness/clock.js';
import { Endpoints } from './harness/endpoints.js';
import { type FaultRule, Faults } from './harness/faults.js';
import { createHarness } from './harness/harness.js';
import { Journal } from './harness/journal.js';
import { HubRandom } from './harness/random.js';
import { readSeed, type Seed } from './harness/seed.js';
import { checkOptions } from './hub-options.js';
import { type Limits, limitsOf } from './limits.js';
import { createLog, type LogFormat, type LogLevel, logExchanges } from './log.js';
import { Metrics } from './metrics.js';
import { openHub } from './open-hub.js';
import { type Login, type Pem, parseEndpoints, parseLogin, readTlsFiles } from './option-texts.js';
import { type Listener, listen } from './server.js';
import type { DiskOptions } from './storage/disk.js';
import { packageRoot } from './version.js';
import { isControlPath } from './wire/control.js';
import type { Exchange } from './wire/exchange.js';
import { OFFICIAL_NAMES } from './wire/official-names.js';
import { RequestsUnderWay } from './wire/under-way.js';

export type { Hub } from './handle.js';
export type { NewUser, User } from './harness/accounts.js';
export type { Fault, FaultAction, FaultMatch, FaultRule } from './harness/faults.js';
export type { Part } from './harness/harness.js';
export type { Image, NewImage } from './harness/images.js';
export { InvalidInput } from './harness/invalid-input.js';
export { NotSeen, type RecordFilter } from './harness/journal.js';
export type { JournalRecord } from './harness/record.js';
export type { NewRepository, Repository } from './harness/repositories.js';
export type { Seed } from './harness/seed.js';
export { StorageError } from './storage/errors.js';

/** Everything that can be set about a hub; the flags and the environment have the same names. */
export interface HubOptions extends Partial<Limits> {
  /** The address to listen on; 127.0.0.1. */
  readonly host?: string;
  /** The port to listen on; 0, any that is free. */
  readonly port?: number;
  /** The data directory, made if missing. Without one the hub is ephemeral. */
  readonly data?: string;
  /** True: documents in memory, layers in a temporary folder, and nothing left behind. */
  readonly ephemeral?: boolean;
  /** An admin account to make or update, also as `NAME:PASSWORD`. */
  readonly admin?: Login | string;
  /** Asked for an admin account when there is no account at all and `admin` names none. */
  readonly firstAdmin?: () => Login;
  /** `host[:port]` of each registry, for X-Docker-Endpoints; none: the host that was asked. */
  readonly endpoints?: readonly string[] | string;
  /** Whether anybody may register; `open`. */
  readonly registration?: 'open' | 'closed';
  /** Seconds that a token is good for; 3600. */
  readonly tokenTtl?: number;
  /** The real Hub's name to answer under, `index.docker.io`: as old clients have it built in. */
  readonly as?: string;
  /** True: TLS 1.0 and the ciphers of 2013 are accepted, as well as newer ones. */
  readonly tlsLegacy?: boolean;
  /** A certificate and its key, PEM; with them the hub speaks https. */
  readonly tls?: Pem;
  /** The same as paths of files. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** `silent` in a process of one's own, `info` on the command line. */
  readonly logLevel?: LogLevel;
  /** bcrypt's cost, 4 to 15; 10. Tests want 4. */
  readonly bcryptRounds?: number;
  /** How log lines look; `json`. */
  readonly logFormat?: LogFormat;
  /** Where log lines go; standard error. */
  readonly logTo?: { write(line: string): void };
  /** What the hub begins with, and goes back to on a reset: an object, or a JSON or YAML file. */
  readonly seed?: Seed | string;
  /** Faults to begin with. */
  readonly faults?: readonly FaultRule[];
  /** How many requests the journal remembers; 10,000, and 0 for none. */
  readonly journal?: number;
  /**
   * False: no journal and nothing to go back to, so that what is deleted leaves the disk at once; true.
   * On the command line it is there with --control, since nothing else gets at it.
   */
  readonly harness?: boolean;
  /** Whether /_hub is there; on a host that others can reach it needs a key. */
  readonly control?: boolean | { readonly key?: string };
  /** The same as `control: { key }`; what the header X-Hub-Key must say. */
  readonly controlKey?: string;
  /** Origins of web pages that may use the API, or `*` for all, also as one text. */
  readonly cors?: readonly string[] | string;
  /** The time: a clock, or a moment at which it stands still. */
  readonly clock?: Clock | Time;
  readonly random?: RandomBytes;
  /** Called before each step of a write to the disk; what it throws fails that step. For tests. */
  readonly onDiskStep?: DiskOptions['onStep'];
}

/** Milliseconds that running requests are given when a hub is closed. */
const GRACE = 10_000;
/** How many requests a journal remembers. */
const JOURNAL = 10_000;

/**
 * Starts a hub; it answers when this resolves. Two in one process share nothing. Throws a
 * StorageError, an error of the system when it can't listen, a HubError for a bad admin account, or an
 * InvalidInput for any other option that is wrong.
 */
export async function startHub(options: HubOptions = {}): Promise<Hub> {
  checkOptions(options);
  const admin = readAdmin(options);
  const doors = { guard: controlGuard(options), cors: readOrigins(options.cors) };
  const log = createLog({
    level: options.logLevel ?? 'silent',
    format: options.logFormat ?? 'json',
    ...(options.logTo === undefined ? {} : { destination: options.logTo }),
  });
  const { harness: isWatched = true } = options;
  const parts = {
    clock: new HubClock(options.clock),
    random: new HubRandom(options.random),
    faults: new Faults(options.faults),
    journal: new Journal(isWatched ? (options.journal ?? JOURNAL) : 0, (bound) =>
      log.warn(`the journal is full: of more than ${bound} requests the oldest are forgotten`),
    ),
  };
  const { clock, random } = parts;
  const seed = options.seed === undefined ? undefined : readSeed(options.seed);
  const open = await openHub({ ...options, clock, random: (count) => random.bytes(count) }, () =>
    random.tokenKey(),
  );
  try {
    const underWay = isWatched ? new RequestsUnderWay() : undefined;
    const harness = createHarness(open, parts, async () => underWay?.end());
    const control = createControl(open.domain, harness, readEndpoints(options));
    if (seed !== undefined) await plantAtStart(control, seed);
    const invented = await makeAdmin(open.domain, admin, options.firstAdmin);
    if (isWatched) await control.harness.parts.data.markBaseline();
    const connections = new Connections();
    const metrics = new Metrics({ ...open, connections });
    const insides = { ...open, ...doors, control, log, metrics, connections, underWay };
    const listener = await startListener(insides, options).catch(async (error) => {
      // Whoever starts it again must hear of the admin, of whom nobody has been told yet.
      if (invented !== undefined) await open.domain.accounts.remove(invented.username);
      throw error;
    });
    const close = (): Promise<void> => {
      metrics.close();
      return open.close();
    };
    return createHub({ listener, control, close });
  } catch (error) {
    await open.close();
    throw error;
  }
}

function readAdmin({ admin }: HubOptions): Login | undefined {
  return typeof admin === 'string' ? parseLogin(admin, '--admin') : admin;
}

/** Makes the admin that was given, or the first account of all, which is returned. */
async function makeAdmin(
  { accounts }: Domain,
  given: Login | undefined,
  firstAdmin: HubOptions['firstAdmin'],
): Promise<Login | undefined> {
  const isEmpty = accounts.list().length === 0;
  const invented = given === undefined && isEmpty ? firstAdmin?.() : undefined;
  const admin = given ?? invented;
  if (admin !== undefined) await accounts.ensureAdmin(admin.username, admin.password);
  return invented;
}

function readEndpoints({ endpoints = [] }: HubOptions): Endpoints {
  return new Endpoints(typeof endpoints === 'string' ? parseEndpoints(endpoints) : endpoints);
}

/** What an app is made of, besides what only the options say. */
type Insides = Omit<AppParts, 'settings' | 'listeners'> & {
  readonly connections: Connections;
};

function startListener(insides: Insides, options: HubOptions): Promise<Listener> {
  const limits = limitsOf(options);
  const { tls = readTlsFiles(options.tlsCert, options.tlsKey) } = options;
  const { control, log, metrics, connections } = insides;
  const settings = {
    get endpoints() {
      return control.endpoints.list();
    },
    registration: options.registration ?? 'open',
    officialNames: options.as === undefined ? [] : [options.as, ...OFFICIAL_NAMES],
    contract: new URL('openapi.yaml', packageRoot),
    maxJson: limits.maxJson,
    bodyTimeout: limits.bodyTimeout,
  };
  const { journal } = control.harness.parts;
  const remember = (exchange: Exchange): void => {
    const { path, state } = exchange.ctx;
    if (!isControlPath(path) && !state.isOutdated) journal.add(exchange);
  };
  const listeners = [
    (exchange: Exchange) => metrics.add(exchange),
    ...(journal.isOn ? [remember] : []),
    ...(log.isLevelEnabled('info') ? [logExchanges(log)] : []),
  ];
  const app = createApp({ ...insides, settings, listeners });
  return listen(app.callback(), {
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    tls: tls && { ...tls, legacy: options.tlsLegacy ?? false },
    grace: GRACE,
    limits,
    connections,
  });
}
