import { z } from 'zod';
import { checkShape } from './invalid-input.js';

const milliseconds = z.number().int().min(0).max(600_000);
const count = z.number().int().min(0);

const action = z
  .strictObject({
    status: z.number().int().min(400).max(599).optional(),
    retryAfter: z.number().int().min(0).max(86_400).optional(),
    message: z.string().max(1000).optional(),
    delay: milliseconds.optional(),
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
  })
  .superRefine((then, ctx) => {
    const complain = (message: string): void => {
      ctx.addIssue({ code: 'custom', message });
    };
    const said = ACTIONS.filter((name) => then[name] !== undefined);
    if (said.length !== 1) complain(`expected exactly one of ${ACTIONS.join(', ')}`);
    const ofStatus = then.retryAfter !== undefined || then.message !== undefined;
    if (ofStatus && then.status === undefined) complain('retryAfter and message go with status');
    if (then.chunkSize !== undefined && then.chunkDelay === undefined) {
      complain('chunkSize goes with chunkDelay');
    }
  });

const ACTIONS = [
  'status',
  'delay',
  'chunkDelay',
  'reset',
  'cutAfter',
  'corruptByte',
  'redirect',
  'expiredToken',
  'diskFull',
] as const;

/** What a redirect can lead to: `host[:port]`, or an address. */
function isAddress(target: string): boolean {
  if (/^https?:\/\//.test(target)) return URL.canParse(target);
  return /^[\w[]/.test(target) && !target.includes('://') && URL.canParse(`http://${target}`);
}

const rule = z.strictObject({
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
      path: z
        .string()
        .max(1000)
        .regex(/^[/*]/, 'expected a path from its first slash on, or one that begins with *')
        .optional(),
      user: z.string().max(255).optional(),
      userAgent: z.string().max(1000).optional(),
    })
    .optional(),
  after: count.optional(),
  times: z.number().int().min(1).optional(),
  // biome-ignore lint/suspicious/noThenProperty: the word that rules are written with, and never awaited
  then: action,
});

/** Throws an InvalidInput naming the field when this is no fault rule. */
export function checkFaultRule(value: unknown): void {
  checkShape(rule, value);
}
