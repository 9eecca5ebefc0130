import { z } from 'zod';
import type { Clock, RandomBytes } from './domain/clock.js';
import type { Time } from './harness/clock.js';
import type { FaultRule } from './harness/fault-rule.js';
import { checkShape } from './harness/invalid-input.js';
import type { Seed } from './harness/seed.js';
import type { Limits } from './limits.js';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './log.js';
import type { Login, Pem } from './option-texts.js';
import type { DiskOptions } from './storage/disk.js';

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
  /** Proxies whose X-Forwarded-For is believed: `ADDRESS[/PREFIX]`, several by commas or as a list; none. */
  readonly trustedProxy?: readonly string[] | string;
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
  /** The folder below which seeds over HTTP may name archives; without one they may name none. */
  readonly seedFiles?: string;
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

const text = z.string().min(1);
const anyFunction = z.custom((value) => typeof value === 'function', 'expected a function');
const clock = z.custom(
  (value) => typeof (value as { now?: unknown } | null)?.now === 'function',
  'expected a clock, with a function now(), or a time',
);
const pem = z.union([z.string(), z.instanceof(Uint8Array)], 'expected PEM, as text or bytes');
const seconds = z.number().positive().max(86_400);
const count = z.number().int().min(0);

/** What each option can be; more is said where it is read. */
const shape = z
  .strictObject({
    host: text,
    port: z.number().int().min(0).max(65_535),
    data: text,
    ephemeral: z.boolean(),
    admin: z.union(
      [z.string(), z.looseObject({ username: z.string(), password: z.string() })],
      'expected NAME:PASSWORD, or an object with username and password',
    ),
    firstAdmin: anyFunction,
    endpoints: z.union(
      [z.string(), z.array(z.string())],
      'expected host[:port], or a list of them',
    ),
    trustedProxy: z.union(
      [z.string(), z.array(z.string())],
      'expected an address or a network, or a list of them',
    ),
    registration: z.enum(['open', 'closed']),
    tokenTtl: z.number().positive().max(31_536_000),
    as: z.literal('index.docker.io'),
    tlsLegacy: z.boolean(),
    tls: z.looseObject({ cert: pem, key: pem }),
    tlsCert: text,
    tlsKey: text,
    logLevel: z.enum(LOG_LEVELS),
    logFormat: z.enum(LOG_FORMATS),
    logTo: z.custom(
      (value) => typeof (value as { write?: unknown } | null)?.write === 'function',
      'expected something with a function write()',
    ),
    bcryptRounds: z.number().int().min(4).max(15),
    seed: z.union([text, z.looseObject({})], 'expected an object, or the path of a file'),
    seedFiles: text,
    faults: z.array(z.unknown()),
    journal: count.max(1_000_000),
    harness: z.boolean(),
    control: z.union([z.boolean(), z.strictObject({ key: z.string().optional() })]),
    controlKey: z.string(),
    cors: z.union([z.string(), z.array(z.string())], 'expected an origin, a list of them, or *'),
    clock: z.union([clock, z.string(), z.number(), z.date()]),
    random: anyFunction,
    onDiskStep: anyFunction,
    maxLayer: count.min(1),
    maxFiles: count.min(1).max(10_000_000),
    maxJson: count.min(1).max(1024 ** 3),
    maxHeaders: count.min(1).max(1024 ** 2),
    maxConnections: count.min(1).max(1_000_000),
    headersTimeout: seconds,
    bodyTimeout: seconds,
    idleTimeout: seconds,
    keepAliveTimeout: seconds,
    loginLimit: count,
    loginWindow: seconds,
    loginQueue: count.min(1).max(1_000_000),
  } satisfies Record<keyof HubOptions, z.ZodType>)
  .partial();

/** Throws an InvalidInput that names the option for one that does not exist or can't be so. */
export function checkOptions(options: HubOptions): void {
  checkShape(shape, options);
}
