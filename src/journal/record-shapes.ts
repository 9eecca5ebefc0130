import { z } from 'zod';
import type { ShapeOf } from '../input/shape-of.js';
import { UNREADABLE_KINDS } from '../wire/unreadable.js';
import type { JournalRecord, RecordedBody, Who } from './journal-record.js';

/*
 * What the journal tells, as `/_hub/requests` answers it.
 */

const count = z.int().min(0);

const recordedHeaders = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

const recordedBody = z.strictObject({
  size: count,
  text: z.string().exactOptional(),
  base64: z.string().exactOptional(),
  cut: z.boolean().exactOptional(),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .exactOptional(),
}) satisfies ShapeOf<RecordedBody>;

const who = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('none'), claimed: z.string().exactOptional() }),
  z.strictObject({ by: z.literal('basic'), user: z.string() }),
  z.strictObject({ by: z.literal('session'), user: z.string() }),
  z.strictObject({ by: z.literal('bearer'), user: z.string() }),
  z.strictObject({
    by: z.literal('token'),
    repository: z.string(),
    access: z.enum(['read', 'write', 'delete']),
  }),
]) satisfies z.ZodType<Who>;

export const journalRecord = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}-\d+$/),
  number: z.int().min(1),
  time: z.string().meta({ format: 'date-time' }),
  address: z.string(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  headers: recordedHeaders,
  body: recordedBody,
  status: count.max(599),
  responseHeaders: recordedHeaders,
  responseBody: recordedBody,
  duration: z.number().min(0),
  complete: z.boolean(),
  who,
  fault: z.string().exactOptional(),
  operation: z.string().exactOptional(),
  unreadable: z.enum(UNREADABLE_KINDS).exactOptional(),
  sentence: z.string().min(3),
}) satisfies ShapeOf<JournalRecord>;

export const recordPage = z.strictObject({
  requests: z.array(journalRecord).max(1000),
  next: z.int().min(1).optional(),
  kept: count,
  dropped: count,
  bound: count,
});

/** A wait that ended without a record; without the control there is no journal that could have one. */
export const notSeen = z.strictObject({
  error: z.string().min(3),
  seen: z.array(z.string()).max(20).optional(),
});
