import { pathOf } from '../wire/target.js';
import type { Unreadable } from '../wire/unreadable.js';
import { maskPath, maskQuery } from './masking.js';
import type { JournalRecord } from './record.js';
import type { Narrator } from './sentences.js';

/** The record of what was no request. */
export function recordUnreadable(
  { id, number }: { readonly id: string; readonly number: number },
  { kind, address, time, status, method, target }: Unreadable,
  narrator: Narrator,
): JournalRecord {
  const path = maskPath(pathOf(target));
  return {
    id,
    number,
    time: new Date(time).toISOString(),
    address,
    method,
    path,
    query: maskQuery(path, target.slice(pathOf(target).length + 1)),
    headers: {},
    body: { size: 0 },
    status,
    responseHeaders: {},
    responseBody: { size: 0 },
    duration: 0,
    complete: status !== 0,
    who: { by: 'none' },
    unreadable: kind,
    sentence: narrator.tellUnreadable(kind, address),
  };
}
