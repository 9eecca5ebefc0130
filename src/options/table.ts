import { z } from 'zod';
import { LOG_FORMATS, LOG_LEVELS } from '../journal/log-kinds.js';
import {
  anyFunction,
  anyText,
  bytes,
  count,
  folder,
  having,
  hostName,
  type Kind,
  oneOf,
  onOff,
  seconds,
  text,
} from './kinds.js';
import { parseEndpoints, parseNetworks } from './option-texts.js';
import type { Login, Pem } from './settings.js';

/*
 * Every option, once. The field of startHub, the flag (`tokenTtl` is `--token-ttl`), the variable in the
 * environment (`HUB_TOKEN_TTL`), the help, the check of what startHub is given, the defaults and the table in
 * docs/options.md (`npm run options`) are made from these rows; the types in settings.ts are compared with them by the
 * compiler. What some options must be together is said in control-options.ts and option-texts.ts.
 */

/** What there is to say about one option. */
export interface OptionRow {
  readonly kind: Kind;
  /** What a flag's value is called; a switch has none. */
  readonly value?: string;
  /** One clause, for the help and for the manual. */
  readonly help: string;
  /** What only docs/options.md says, in Markdown; it follows `help`. */
  readonly more?: string;
  /** What holds where nothing is given. */
  readonly default?: unknown;
  /** The same on the command line, where it differs. */
  readonly commandDefault?: unknown;
  /** What holds where nothing is given, in words. */
  readonly otherwise?: string;
  /** Where alone it exists. */
  readonly only?: 'command line' | 'startHub';
}

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

const texts = (expected: string): z.ZodType<readonly string[] | string> =>
  z.union([z.string(), z.array(z.string()).readonly()], expected);
const pem = z.union([z.string(), z.instanceof(Uint8Array)], 'expected PEM, as text or bytes');

const admin: Kind<Login | string, string> = {
  schema: z.union(
    [z.string(), z.looseObject({ username: z.string(), password: z.string() })],
    'expected NAME:PASSWORD, or an object with username and password',
  ),
};
const endpoints: Kind<readonly string[] | string> = {
  schema: texts('expected host[:port], or a list of them'),
  read: parseEndpoints,
};
const networks: Kind<readonly string[] | string> = {
  schema: texts('expected an address or a network, or a list of them'),
  read: (given) => {
    parseNetworks(given);
    return given;
  },
};
const origins: Kind<readonly string[] | string> = {
  schema: texts('expected an origin, a list of them, or *'),
};
const control: Kind<boolean | { readonly key?: string | undefined }, boolean> = {
  ...onOff,
  schema: z.union([z.boolean(), z.strictObject({ key: z.string().optional() })]),
};
/** What is in it is checked where it is read, in the harness. */
const seed: Kind<object | string, string> = {
  schema: z.union([text.schema, z.looseObject({})], 'expected an object, or the path of a file'),
};
const clock: z.ZodType<{ now(): number } | Date | number | string> = z.union([
  having<{ now(): number }>('now', 'expected a clock, with a function now(), or a time'),
  z.string(),
  z.number(),
  z.date(),
]);

export const OPTIONS = {
  host: {
    kind: hostName,
    value: 'address',
    help: 'address to listen on',
    default: '127.0.0.1',
  },
  port: {
    kind: count(0, 65_535),
    value: 'number',
    help: 'port to listen on, 0 for any free one',
    default: 0,
    commandDefault: 5000,
  },
  data: {
    kind: folder,
    value: 'folder',
    help: 'where everything is kept',
    more: '[explained file by file](../data/README.md); `startHub` keeps nothing without one',
    commandDefault: 'data',
  },
  ephemeral: {
    kind: onOff,
    help: 'keep nothing: documents in memory, layers in a temporary folder',
    more: 'what a killed hub leaves goes with the next start',
  },
  // Read by startHub: commander would repeat an invalid one in its message, password and all.
  admin: {
    kind: admin,
    value: 'name:password',
    help: 'make this admin account, or update it',
  },
  endpoints: {
    kind: endpoints,
    value: 'list',
    help: 'host[:port],… that X-Docker-Endpoints names',
    more: 'where only this machine reaches the hub, its pages open under these names besides its own',
    otherwise: 'as asked',
  },
  trustedProxy: {
    kind: networks,
    value: 'list',
    help: 'ADDRESS[/PREFIX],… of proxies whose X-Forwarded-For is believed',
    more: "logins are then slowed by the client's address, not by the proxy's",
  },
  registration: {
    kind: oneOf('open', 'closed'),
    value: 'state',
    help: 'whether anybody may register',
    default: 'open',
  },
  anonymous: {
    kind: oneOf('pull', 'push'),
    value: 'what',
    help: 'what those may do who are not logged in',
    more:
      'with `push` also push, tag and delete, [as a registry without accounts](old-dockers.md#without-a-login) lets ' +
      'them; only on this machine, under its own names',
    default: 'pull',
  },
  anonymousAnywhere: {
    kind: onOff,
    help: 'with --anonymous push, on addresses and under names that others can reach, too',
  },
  v2: {
    kind: oneOf('auto', 'always', 'off'),
    value: 'who',
    help: 'who gets the registry of today (API v2)',
    more: '`auto`: everybody but dockers up to 1.12, which must find none; [bridge.md](bridge.md)',
    default: 'auto',
  },
  tokenTtl: {
    kind: seconds(31_536_000),
    value: 'seconds',
    help: 'how long a token is good for',
    default: 3600,
  },
  tlsCert: {
    kind: text,
    value: 'file',
    help: 'certificate (PEM); with --tls-key the port speaks https',
  },
  tlsKey: {
    kind: text,
    value: 'file',
    help: 'key of the certificate (PEM)',
  },
  tlsLegacy: {
    kind: onOff,
    help: 'accept TLS 1.0, which is all that a docker of 2013 speaks',
  },
  as: {
    kind: oneOf('index.docker.io'),
    value: 'name',
    help: 'be the real Hub, under the name old clients have built in',
  },
  bcryptRounds: {
    kind: count(4, 15),
    value: 'number',
    help: 'cost of a password hash',
    default: 10,
  },
  maxLayer: {
    kind: bytes(1),
    value: 'bytes',
    help: 'longest layer accepted',
    default: 10 * GIB,
  },
  maxFiles: {
    kind: count(1, 10_000_000),
    value: 'number',
    help: 'files of a layer that are looked through',
    more: 'for `…/files` and for the checksums of docker 0.6 to 0.8',
    default: 1_000_000,
  },
  maxJson: {
    kind: bytes(1, GIB),
    value: 'bytes',
    help: 'longest JSON body accepted',
    default: MIB,
  },
  maxHeaders: {
    kind: bytes(KIB, MIB),
    value: 'bytes',
    help: 'longest headers of a request',
    default: 16 * KIB,
  },
  maxConnections: {
    kind: count(1, 1_000_000),
    value: 'number',
    help: 'connections open at once',
    more: 'what comes beyond is closed at once',
    default: 10_000,
  },
  headersTimeout: {
    kind: seconds(),
    value: 'seconds',
    help: 'how long the headers of a request may take',
    default: 30,
  },
  bodyTimeout: {
    kind: seconds(),
    value: 'seconds',
    help: 'how long a JSON body may take',
    more: 'a layer may take as long as it needs',
    default: 60,
  },
  idleTimeout: {
    kind: seconds(),
    value: 'seconds',
    help: 'silence after which a connection is cut',
    default: 120,
  },
  keepAliveTimeout: {
    kind: seconds(),
    value: 'seconds',
    help: 'how long a connection waits for a request',
    more: 'longer than proxies keep theirs',
    default: 65,
  },
  loginLimit: {
    kind: count(0),
    value: 'number',
    help: 'wrong passwords before a wait, 0 for no limit',
    more: 'counted for each account and address; the wait is answered 429',
    default: 20,
  },
  loginWindow: {
    kind: seconds(),
    value: 'seconds',
    help: 'how long wrong passwords count',
    default: 60,
  },
  loginQueue: {
    kind: count(1, 1_000_000),
    value: 'number',
    help: 'passwords that may wait to be checked',
    more: 'more are answered 503',
    default: 100,
  },
  logLevel: {
    kind: oneOf(...LOG_LEVELS),
    value: 'level',
    help: 'how much to log, on standard error',
    more: '`info` has a line for each request',
    default: 'silent',
    commandDefault: 'info',
  },
  logFormat: {
    kind: oneOf(...LOG_FORMATS),
    value: 'format',
    help: 'how a log line looks',
    more:
      '`json` for machines, at level debug the whole record; `text` for people: local time, 100 columns, the steps ' +
      'of one client together, in colour on a terminal without `NO_COLOR`',
    default: 'json',
  },
  exitWithParent: {
    kind: onOff,
    help: 'end when who started the hub is gone, or closes standard input',
    only: 'command line',
  },
  control: {
    kind: control,
    help: 'let tests steer the hub, under /_hub',
    more: 'without a key only on this machine, under its own names, and for no page of another site',
  },
  controlKey: {
    kind: anyText,
    value: 'key',
    help: 'what X-Hub-Key must say under /_hub',
  },
  seed: {
    kind: seed,
    value: 'file',
    help: 'users, repositories and images to begin with (JSON or YAML)',
    more: '`startHub` also takes an object',
  },
  seedFiles: {
    kind: text,
    value: 'folder',
    help: 'where seeds over HTTP may name archives',
    otherwise: 'nowhere',
  },
  journal: {
    kind: count(0, 1_000_000),
    value: 'number',
    help: 'how many requests /_hub/requests remembers',
    default: 10_000,
  },
  web: {
    kind: onOff,
    help: 'leave out the pages for browsers; the API stays as it is',
    more: '`startHub` is told `web: false`',
    default: true,
  },
  sandbox: {
    kind: oneOf('auto', 'on', 'off'),
    value: 'when',
    help: 'show requests as they come, and play a docker, under /sandbox',
    more: '`auto`: where only this machine reaches the hub; it keeps the newest requests (`--journal`) in memory',
    default: 'auto',
  },
  class: {
    kind: count(1, 200),
    value: 'number',
    help: 'make so many accounts for the students of a class, with cards to print and a board',
    more:
      'those that are there are kept; admins find it at [`/sandbox/class/`](teaching.md#a-class), and `--sandbox auto` ' +
      'is on',
  },
  cors: {
    kind: origins,
    value: 'origin',
    help: 'web pages that may use the API: an origin, a list of them, or *',
  },
  tls: {
    kind: { schema: z.looseObject({ cert: pem, key: pem }) } as Kind<Pem>,
    help: 'a certificate and its key, PEM as text or bytes',
    only: 'startHub',
  },
  logTo: {
    kind: {
      schema: having<{ write(line: string): void }>(
        'write',
        'expected something with a function write()',
      ),
    },
    help: 'where log lines go: something with a function `write()`',
    otherwise: 'standard error',
    only: 'startHub',
  },
  firstAdmin: {
    kind: { schema: anyFunction<() => Login>() },
    help: 'called for an admin account when the hub has no accounts and `admin` is not given',
    only: 'startHub',
  },
  harness: {
    kind: { schema: z.boolean() },
    help: 'false: no journal and nothing to go back to, so that what is deleted leaves the disk at once',
    more: 'on the command line it is there with `--control`',
    default: true,
    only: 'startHub',
  },
  // What is in the rules, and whether a time is one, is checked where they are read, in the harness.
  faults: {
    kind: { schema: z.array(z.unknown()).readonly() },
    help: 'faults to begin with',
    only: 'startHub',
  },
  clock: {
    kind: { schema: clock },
    help: 'the time: a clock, or a moment at which it stands still',
    otherwise: "the system's",
    only: 'startHub',
  },
  random: {
    kind: { schema: anyFunction<(count: number) => Uint8Array>() },
    help: 'makes so many random bytes',
    only: 'startHub',
  },
  onDiskStep: {
    kind: { schema: anyFunction<(step: never, path: string) => void>() },
    help: 'called before each step of a write to the disk; what it throws fails that step',
    only: 'startHub',
  },
} as const satisfies Readonly<Record<string, OptionRow>>;

type Rows = typeof OPTIONS;
export type OptionName = keyof Rows;

type ValueOf<R> = R extends { readonly kind: Kind<infer T, infer _F> } ? T : never;
type FlagOf<R> = R extends { readonly kind: Kind<infer _T, infer F> } ? F : never;
type Only<R> = R extends { readonly only: infer P } ? P : 'both';

/** What startHub takes, as the rows have it. */
export type RowOptions = {
  readonly [N in OptionName as Only<Rows[N]> extends 'command line' ? never : N]?: ValueOf<Rows[N]>;
};

/** What the command line and the environment say, by the names of the rows. */
export type FlagOptions = {
  readonly [N in OptionName as Only<Rows[N]> extends 'startHub' ? never : N]?: FlagOf<Rows[N]>;
};

/** What holds where startHub is given nothing, of the options that have such a value. */
export type Defaults = {
  readonly [N in OptionName as Rows[N] extends { readonly default: unknown } ? N : never]: ValueOf<
    Rows[N]
  >;
};

/** The rows in order, with their names. */
export const rows: readonly (OptionRow & { readonly name: OptionName })[] =
  Object.entries<OptionRow>(OPTIONS).map(([name, row]) => ({ ...row, name: name as OptionName }));

/** Whether it is a switch that is on until its flag, `--no-…`, turns it off. */
export function isOnByItself({ kind, default: usual }: OptionRow): boolean {
  return kind.isSwitch === true && usual === true;
}

/** `tokenTtl` as a flag is called, `token-ttl`; `web`, which is on by itself, is `no-web`. */
export function flagName(name: OptionName): string {
  const spelt = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return isOnByItself(OPTIONS[name]) ? `no-${spelt}` : spelt;
}

/** `tokenTtl` as a variable in the environment is called, `HUB_TOKEN_TTL`. */
export function variableName(name: OptionName): string {
  return `HUB_${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}
