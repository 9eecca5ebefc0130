import { z } from 'zod';
import { checkShape } from '../input/invalid-input.js';
import { readTime } from '../input/time.js';
import type { JournalRecord, RecordFilter } from './journal-record.js';
import { matchesPattern } from './path-pattern.js';

const filterShape = z.strictObject({
  method: z.string().optional(),
  path: z.string().optional(),
  operation: z.string().optional(),
  user: z.string().optional(),
  status: z.number().int().optional(),
  since: z
    .union([z.date(), z.number(), z.string()])
    .transform((time) => readTime('since', time))
    .optional(),
  after: z.number().int().min(0).optional(),
});

/** Whether a record is wanted. Throws an InvalidInput for a wrong filter. */
export function wantedBy(filter: RecordFilter): (record: JournalRecord) => boolean {
  const checked = checkShape(filterShape, filter);
  return (record) => isWanted(record, checked);
}

function isWanted(record: JournalRecord, filter: z.output<typeof filterShape>): boolean {
  const { method, path, operation, user, status, since, after } = filter;
  if (method !== undefined && record.method !== method.toUpperCase()) return false;
  if (path !== undefined && !matchesPattern(path, record.path)) return false;
  if (operation !== undefined && record.operation !== operation) return false;
  if (user !== undefined && userOf(record) !== user) return false;
  if (status !== undefined && record.status !== status) return false;
  if (after !== undefined && record.number <= after) return false;
  return since === undefined || Date.parse(record.time) >= since;
}

function userOf({ who }: JournalRecord): string | undefined {
  if ('user' in who) return who.user;
  return who.by === 'token' ? who.repository.split('/')[0] : who.claimed;
}
