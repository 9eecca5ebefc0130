import { z } from 'zod';
import { checkShape } from '../input/invalid-input.js';

const milliseconds = z.number().int().min(0).max(600_000);
const count = z.number().int().min(0);

/** How much of a body a rule can look into, and how much it can hold before it stalls, in bytes. */
export const SEARCHED_BYTES = 16 * 1024;
const MOST_HELD = 16 * 1024 * 1024;
const LONGEST_BODY = 1024 * 1024;

const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, 'expected the name of a header');
const FRAMING = /^(?:connection|content-length|keep-alive|te|trailer|transfer-encoding|upgrade)$/i;

/** Texts by name; null is about a thing that is not there. */
function named(name: z.ZodString, value: z.ZodType<string>) {
  return z
    .record(name, value.nullable())
    .refine((all) => Object.keys(all).length <= 20, 'expected at most 20 names')
    .meta({ maxProperties: 20 });
}

const headerValue = z
  .string()
  .max(4000)
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'expected one line of Latin letters, digits and signs');

const content = z.union(
  [
    z.string().max(LONGEST_BODY),
    z.strictObject({ base64: z.base64().max(4 * Math.ceil(LONGEST_BODY / 3)) }),
  ],
  'expected a text, or { "base64": … }, of 1 MiB at most',
);

const action = z
  .strictObject({
    status: z
      .number()
      .int()
      .min(200, 'expected 200 to 599: what is lower ends no request')
      .max(599, 'expected 200 to 599')
      .optional(),
    retryAfter: z.number().int().min(0).max(86_400).optional(),
    message: z.string().max(1000).optional(),
    body: content.optional(),
    delay: milliseconds.optional(),
    headers: named(headerName, headerValue).optional(),
    chunkDelay: milliseconds.optional(),
    chunkSize: z.number().int().min(1).optional(),
    reset: z.enum(['before', 'middle']).optional(),
    cutAfter: count.optional(),
    corruptByte: count.optional(),
    redirect: z
      .string()
      .max(2000)
      .refine(isAddress, 'expected host[:port] or an http address')
      .optional(),
    expiredToken: z.literal(true).optional(),
    diskFull: z.literal(true).optional(),
    stallAfter: count.max(MOST_HELD).optional(),
  })
  .superRefine((then, ctx) => {
    for (const message of contradictions(then)) ctx.addIssue({ code: 'custom', message });
    const framing = Object.keys(then.headers ?? {}).find((name) => FRAMING.test(name));
    if (framing !== undefined) {
      const message = 'it says where the answer ends, and is left alone';
      ctx.addIssue({ code: 'custom', path: ['headers', framing], message });
    }
  })
  .meta({ minProperties: 1 });

/** What a rule does at most one of. */
const DEEDS = [
  'status',
  'chunkDelay',
  'reset',
  'cutAfter',
  'corruptByte',
  'redirect',
  'expiredToken',
  'diskFull',
  'stallAfter',
] as const;

type Said = Readonly<Partial<Record<string, unknown>>>;

function contradictions(then: Said): string[] {
  const deeds = DEEDS.filter((name) => then[name] !== undefined);
  const isSaid = (name: string): boolean => then[name] !== undefined;
  const isEmpty = then.status === 204 || then.status === 205 || then.status === 304;
  const isSilent = then.reset === 'before' || isSaid('stallAfter');
  const rules: readonly (readonly [boolean, string])[] = [
    [
      deeds.length > 1 || (deeds.length === 0 && !isSaid('delay') && !isSaid('headers')),
      `expected one of ${DEEDS.join(', ')}, or delay or headers, which also go with one of them`,
    ],
    [
      !isSaid('status') && ['retryAfter', 'message', 'body'].some(isSaid),
      'retryAfter, message and body go with status',
    ],
    [isSaid('message') && isSaid('body'), 'expected message or body, not both'],
    [isEmpty && (isSaid('message') || isSaid('body')), `${then.status} has no body`],
    [isSaid('chunkSize') && !isSaid('chunkDelay'), 'chunkSize goes with chunkDelay'],
    [isSilent && isSaid('headers'), 'there is no answer that could have headers'],
  ];
  return rules.filter(([isWrong]) => isWrong).map(([, message]) => message);
}

/** What a redirect can lead to: `host[:port]`, or an address. */
function isAddress(target: string): boolean {
  if (/^https?:\/\//.test(target)) return URL.canParse(target);
  return /^[\w[]/.test(target) && !target.includes('://') && URL.canParse(`http://${target}`);
}

/** A rule as it is given. */
export const faultRule = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'expected 1 to 100 letters, digits, dots or dashes')
    .optional(),
  match: z
    .strictObject({
      method: z
        .string()
        .regex(/^[A-Za-z]{1,20}$/, 'expected a method such as PUT')
        .optional(),
      operation: z
        .union(
          [z.string().max(100), z.array(z.string().max(100)).min(1).max(20)],
          'expected an operationId of openapi.yaml, or a list of 1 to 20',
        )
        .optional(),
      path: z
        .string()
        .max(1000)
        .regex(/^[/*]/, 'expected a path from its first slash on, or one that begins with *')
        .regex(/^[^?]*$/, 'expected a path without a query, which is matched by `query`')
        .optional(),
      user: z.string().max(255).optional(),
      userAgent: z.string().max(1000).optional(),
      query: named(z.string().min(1).max(200), z.string().max(1000)).optional(),
      headers: named(headerName, z.string().max(1000)).optional(),
      body: z.string().min(1).max(1000).optional(),
    })
    .optional(),
  after: count.optional(),
  times: z.number().int().min(1).optional(),
  // biome-ignore lint/suspicious/noThenProperty: the word that rules are written with, and never awaited
  then: action,
});

/** Throws an InvalidInput naming the field when this is not a fault rule. */
export function checkFaultRule(value: unknown): void {
  checkShape(faultRule, value);
}
