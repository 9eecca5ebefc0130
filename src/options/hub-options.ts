import { z } from 'zod';
import { checkShape } from '../input/invalid-input.js';
import { LOG_FORMATS, LOG_LEVELS } from '../journal/log.js';
import type { HubOptions } from './start-options.js';

export type { HubOptions };

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
