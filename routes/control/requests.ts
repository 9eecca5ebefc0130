import { errors } from '../../src/domain/errors.js';
import { NotSeen, type RecordFilter } from '../../src/journal/journal.js';
import { answerPlain } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { controlOf, Query } from './input.js';

const FILTERS = ['method', 'path', 'user', 'status', 'since', 'after'];
const DEFAULT_LIMIT = 100;
const HIGHEST_LIMIT = 1000;
const LONGEST_WAIT = 60_000;

/** GET /_hub/requests: what the hub saw, the oldest first, so many at a time. */
export function getRequests(ctx: HubContext): void {
  const query = new Query(ctx, [...FILTERS, 'limit']);
  const limit = query.wholeNumber('limit', 1, HIGHEST_LIMIT) ?? DEFAULT_LIMIT;
  const { journal } = controlOf(ctx).harness.parts;
  const { records, next } = journal.page(filterOf(query), limit);
  answerPlain(ctx, 200, { requests: records, next, ...journal.size });
}

/** DELETE /_hub/requests: forgets all of them. */
export function deleteRequests(ctx: HubContext): void {
  controlOf(ctx).harness.parts.journal.reset();
  ctx.status = 204;
}

/** GET /_hub/requests/wait: the first that fits, seen already or within `timeout` milliseconds. */
export async function waitForRequest(ctx: HubContext): Promise<void> {
  const query = new Query(ctx, [...FILTERS, 'timeout']);
  const timeout = query.wholeNumber('timeout', 0, LONGEST_WAIT) ?? 5000;
  const { journal } = controlOf(ctx).harness.parts;
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  ctx.res.once('close', abort);
  try {
    const options = { timeout, signal: gone.signal };
    answerPlain(ctx, 200, await journal.waitFor(filterOf(query), options));
  } catch (error) {
    if (!(error instanceof NotSeen)) throw error;
    throw errors.notSeen(error.message, error.seen);
  } finally {
    ctx.res.off('close', abort);
  }
}

function filterOf(query: Query): RecordFilter {
  const values = {
    method: query.text('method'),
    path: query.text('path'),
    user: query.text('user'),
    status: query.wholeNumber('status', 0, 599),
    since: query.time('since'),
    after: query.wholeNumber('after', 0, Number.MAX_SAFE_INTEGER),
  };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as RecordFilter;
}
