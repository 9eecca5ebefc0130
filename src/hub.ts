import { operationIds } from '../routes/index.js';
import { Web } from '../routes/web/web.js';
import { type AppParts, createApp } from './app.js';
import { Classroom } from './class/classroom.js';
import { randomBytesOf } from './domain/clock.js';
import type { Domain } from './domain/domain.js';
import { followLessons } from './follow-lessons.js';
import { createControl, createHub } from './handle.js';
import { HubClock } from './harness/clock.js';
import { Endpoints } from './harness/endpoints.js';
import { Faults } from './harness/faults.js';
import { Gate } from './harness/gate.js';
import { createHarness } from './harness/harness.js';
import type { Hub } from './harness/hub-handle.js';
import { HubRandom } from './harness/random.js';
import { readSeed } from './harness/seed.js';
import { filesBelow } from './harness/seed-files.js';
import type { HubOptions } from './hub-options.js';
import { within } from './input/invalid-input.js';
import type { Exchange } from './journal/exchange.js';
import { Journal } from './journal/journal.js';
import { createLog, type Log, logExchanges, logUnreadable } from './journal/log.js';
import { type OpenHub, openHub } from './open-hub.js';
import { checkOptions, withDefaults } from './options/check-options.js';
import {
  checkAnonymous,
  checkClass,
  controlGuard,
  hasSandbox,
  isLoopback,
  readOrigins,
  readSeedFiles,
} from './options/control-options.js';
import {
  bytesOf,
  type Login,
  parseEndpoints,
  parseLogin,
  parseNetworks,
  readTlsFiles,
} from './options/option-texts.js';
import type { Defaults } from './options/table.js';
import { Sandbox, type SandboxParts } from './sandbox/sandbox.js';
import { Connections } from './server/connections.js';
import { Metrics } from './server/metrics.js';
import { type Listener, listen } from './server/server.js';
import { packageRoot } from './version.js';
import { ClientAddresses, type Network } from './wire/client-address.js';
import { OFFICIAL_NAMES } from './wire/official-names.js';
import { RequestsUnderWay } from './wire/under-way.js';
import type { Unreadable } from './wire/unreadable.js';

/** Milliseconds that running requests are given when a hub is closed. */
const GRACE = 10_000;

/**
 * Starts a hub; it answers when this resolves. Two in one process share nothing. Throws a
 * StorageError, an error of the system when it can't listen, a HubError for a bad admin account, or an
 * InvalidInput for any other option that is wrong.
 */
export async function startHub(given: HubOptions = {}): Promise<Hub> {
  checkOptions(given);
  const options = withDefaults(given);
  checkAnonymous(options);
  checkClass(options);
  const admin = readAdmin(options);
  const findArchive = filesBelow(readSeedFiles(options));
  const doors = {
    guard: controlGuard(options),
    cors: readOrigins(options.cors),
    clients: new ClientAddresses(readProxies(options)),
  };
  const seed = options.seed === undefined ? undefined : readSeed(options.seed);
  const { log, close: closeLog } = createLog({
    level: options.logLevel,
    format: options.logFormat,
    ...(options.logTo === undefined ? {} : { destination: options.logTo }),
  });
  const parts = createParts(options, log);
  const open = await openWith(options, parts, log);
  try {
    const gate = new Gate();
    const underWay = options.harness ? new RequestsUnderWay(gate) : undefined;
    const endRequests = async (): Promise<void> => {
      await underWay?.end();
      await open.domain.settle();
    };
    const harness = createHarness(open, parts, { gate, endRequests });
    const control = createControl(open.domain, harness, {
      endpoints: readEndpoints(options),
      findArchive,
    });
    if (seed !== undefined)
      await control.plantAtStart(seed, admin === undefined ? [] : [admin.username]);
    const invented = await makeAdmin(open.domain, admin, options.firstAdmin);
    if (options.class !== undefined) await open.domain.students.enrol(options.class);
    if (options.harness) await harness.parts.data.markBaseline();
    const progress = followLessons(open, harness, (error) => {
      log.warn({ err: error }, 'a lesson could not be followed');
    });
    const connections = new Connections();
    const metrics = new Metrics({ ...open, connections });
    const web = options.web
      ? createWeb(options, { ...parts, domain: open.domain, progress, ended: harness.ended })
      : undefined;
    const insides = { ...open, ...doors, web, control, log, metrics, connections, underWay };
    const listener = await startListener(insides, options).catch(async (error) => {
      // The next start must announce the admin, which nobody has been told of yet.
      if (invented !== undefined) await open.domain.accounts.remove(invented.username);
      throw error;
    });
    const close = async (): Promise<void> => {
      metrics.close();
      await progress?.close();
      await web?.close();
      return open.close().finally(closeLog);
    };
    return createHub({ listener, control, close });
  } catch (error) {
    // This error came first, so it outranks one on the way out.
    await open.abandon().catch(() => undefined);
    await closeLog();
    throw error;
  }
}

/** What a test can set, and the memory of requests: for tests, and for people who look on. */
type Parts = ReturnType<typeof createParts>;

function createParts(options: HubOptions & Defaults, log: Log) {
  const isWatched = options.harness || hasSandbox(options);
  return {
    clock: new HubClock(options.clock),
    random: new HubRandom(options.random && randomBytesOf(options.random)),
    faults: new Faults(operationIds, options.faults),
    journal: new Journal(isWatched ? options.journal : 0, (bound) =>
      log.warn(`the journal is full (${bound} requests, or 64 MB): the oldest are forgotten`),
    ),
  };
}

/** The pages, and what teaches on them. */
function createWeb(
  options: HubOptions & Defaults,
  about: Parts & Pick<Web, 'progress'> & Pick<SandboxParts, 'domain' | 'ended'>,
): Web {
  const { progress, clock } = about;
  const now = (): number => clock.now();
  const sandbox = hasSandbox(options) ? new Sandbox(about) : undefined;
  const isClass = options.class !== undefined && progress !== undefined && sandbox !== undefined;
  const classroom = isClass
    ? new Classroom({ ...about, ...options, progress, sandbox, now })
    : undefined;
  return new Web(now, { progress, sandbox, classroom });
}

/** Opens the data directory, and logs what its start took out of use. */
async function openWith(options: HubOptions, parts: Parts, log: Log): Promise<OpenHub> {
  const { clock, random } = parts;
  const open = await openHub(
    { ...options, clock, random: (count) => random.bytes(count) },
    {
      tokenKey: () => random.tokenKey(),
      onFailure: (error) => log.warn({ err: error }, 'a forgotten upload could not be removed'),
    },
  );
  for (const path of open.storage.setAside) {
    log.warn(`after a kill the log and the files disagreed; what gave way is now ${path}`);
  }
  return open;
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
  // A start that failed may have left students.
  const isEmpty = accounts.list().every(({ student }) => student !== undefined);
  const invented = given === undefined && isEmpty ? firstAdmin?.() : undefined;
  const admin = given ?? invented;
  if (admin !== undefined) await accounts.ensureAdmin(admin.username, admin.password);
  return invented;
}

function readProxies({ trustedProxy = [] }: HubOptions): Network[] {
  const given = typeof trustedProxy === 'string' ? trustedProxy : trustedProxy.join(',');
  return within('trustedProxy', () => (given === '' ? [] : parseNetworks(given)));
}

function readEndpoints({ endpoints = [] }: HubOptions): Endpoints {
  return new Endpoints(typeof endpoints === 'string' ? parseEndpoints(endpoints) : endpoints);
}

/** What an app is made of, besides the plain options. */
type Insides = Omit<AppParts, 'settings' | 'listeners'> & {
  readonly connections: Connections;
};

function startListener(insides: Insides, options: HubOptions & Defaults): Promise<Listener> {
  const { tls = readTlsFiles(options.tlsCert, options.tlsKey) } = options;
  const { control, log, metrics, connections, clients, web } = insides;
  const settings = {
    get endpoints() {
      return control.endpoints.list();
    },
    get registration() {
      return web?.classroom?.registration ?? options.registration;
    },
    anonymousAnywhere: options.anonymousAnywhere ?? false,
    v2: options.v2,
    officialNames: options.as === undefined ? [] : [options.as, ...OFFICIAL_NAMES],
    isLocal: isLoopback(options.host),
    contract: new URL('openapi.yaml', packageRoot),
    maxJson: options.maxJson,
    bodyTimeout: options.bodyTimeout,
  };
  const { journal } = control.harness.parts;
  const remember = (exchange: Exchange): void => {
    const { voice, isOutdated } = exchange.ctx.state;
    // People who look on are no part of what is looked at.
    const isApi = voice !== 'control' && voice !== 'web';
    if (isApi && !isOutdated) journal.add(exchange);
  };
  const listeners = [
    (exchange: Exchange) => metrics.add(exchange),
    ...(journal.isOn ? [remember] : []),
    ...(log.isLevelEnabled('info') ? [logExchanges(log)] : []),
  ];
  const { random } = control.harness.parts;
  const logIt = log.isLevelEnabled('info') ? logUnreadable(log) : undefined;
  const onUnreadable = (unreadable: Unreadable): void => {
    const id = random.requestId();
    metrics.addUnreadable(unreadable);
    if (journal.isOn) journal.addUnreadable(unreadable, id);
    logIt?.(unreadable, id);
  };
  const app = createApp({ ...insides, settings, listeners });
  return listen(app.callback(), {
    host: options.host,
    port: options.port,
    tls: tls && { ...bytesOf(tls), legacy: options.tlsLegacy ?? false },
    grace: GRACE,
    limits: options,
    connections,
    onUnreadable,
    peerOf: (socket) => clients.peerOf(socket),
  });
}
