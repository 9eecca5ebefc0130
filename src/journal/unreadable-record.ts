import { pathOf } from '../wire/target.js';
import type { Unreadable } from '../wire/unreadable.js';
import { maskPath, maskQuery, secretsOf } from './masking.js';
import type { JournalRecord } from './record.js';
import { tellUnreadable } from './sentences.js';

/** The record of something that was not a request. */
export function recordUnreadable(
  { id, number }: { readonly id: string; readonly number: number },
  { kind, address, time, status, method, target }: Unreadable,
): JournalRecord {
  const path = pathOf(target);
  const secrets = secretsOf(undefined, path);
  return {
    id,
    number,
    time: new Date(time).toISOString(),
    address,
    method,
    path: maskPath(path, secrets),
    query: maskQuery(target.slice(path.length + 1), secrets),
    headers: {},
    body: { size: 0 },
    status,
    responseHeaders: {},
    responseBody: { size: 0 },
    duration: 0,
    complete: status !== 0,
    who: { by: 'none' },
    unreadable: kind,
    sentence: tellUnreadable(kind, address),
  };
}
