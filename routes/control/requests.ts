import { errors } from '../../src/domain/errors.js';
import { NotSeen } from '../../src/journal/journal.js';
import { answerPlain } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { controlOf } from './input.js';
import { readQuery } from './query.js';
import { recordsQuery, USUAL_LIMIT, USUAL_WAIT, waitQuery } from './shapes.js';

/** GET /_hub/requests: what the hub saw, the oldest first, so many at a time. */
export function getRequests(ctx: HubContext): void {
  const { limit = USUAL_LIMIT, ...filter } = readQuery(ctx, recordsQuery);
  const { journal } = controlOf(ctx).harness.parts;
  const { records, next } = journal.page(filter, limit);
  answerPlain(ctx, 200, { requests: records, next, ...journal.size });
}

/** DELETE /_hub/requests: forgets all of them. */
export function deleteRequests(ctx: HubContext): void {
  controlOf(ctx).harness.parts.journal.reset();
  ctx.status = 204;
}

/** GET /_hub/requests/wait: the first that fits, seen already or within `timeout` milliseconds. */
export async function waitForRequest(ctx: HubContext): Promise<void> {
  const { timeout = USUAL_WAIT, ...filter } = readQuery(ctx, waitQuery);
  const { journal } = controlOf(ctx).harness.parts;
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  ctx.res.once('close', abort);
  try {
    const options = { timeout, signal: gone.signal };
    answerPlain(ctx, 200, await journal.waitFor(filter, options));
  } catch (error) {
    if (!(error instanceof NotSeen)) throw error;
    throw errors.notSeen(error.message, error.seen);
  } finally {
    ctx.res.off('close', abort);
  }
}
