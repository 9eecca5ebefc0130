import type { Next } from 'koa';
import { isDisconnect } from '../domain/disconnect.js';
import { errors, HubError } from '../domain/errors.js';
import { InvalidInput } from '../input/invalid-input.js';
import type { HubContext } from './context.js';
import { drain } from './drain.js';
import { answerMeanwhile } from './early-answer.js';
import { writeError } from './error-answers.js';
import { awaitsLeave } from './expectation.js';

/**
 * Answers with what was thrown, after what the client is still sending has been taken off its hands, since old
 * clients read an answer only then.
 */
export async function renderErrors(ctx: HubContext, next: Next): Promise<void> {
  try {
    await next();
    // If the connection closed with the answer, it would break under a client that is still sending.
    if (!ctx.res.shouldKeepAlive && !ctx.req.complete) await takeRest(ctx, undefined);
  } catch (error) {
    const refusal = asRefusal(error);
    // A full disk is reported to the client, and to the operator, who can make room.
    if (isFailure(error, refusal)) ctx.app.emit('error', error, ctx);
    const isRead = !awaitsLeave(ctx.req) && (await takeRest(ctx, refusal));
    if (ctx.headerSent || !ctx.writable) return;
    forgetAnswer(ctx);
    writeError(ctx, refusal ?? errors.failure());
    if (!isRead) await answerMeanwhile(ctx);
  }
}

/** Takes the rest of a body, if the client has not had its time for it already. */
async function takeRest(ctx: HubContext, refusal: HubError | undefined): Promise<boolean> {
  return (
    refusal?.id !== 'bodyTooSlow' &&
    (await drain(ctx.req, { longest: ctx.state.settings.bodyTimeout }))
  );
}

/** There is no such path, or it has only these other methods. */
export function refuseMethod(ctx: HubContext, methods: readonly string[]): never {
  if (methods.length === 0) throw errors.unknownPath();
  ctx.set('Allow', methods.join(', '));
  throw errors.wrongMethod();
}

/** Headers that a refusal keeps of the answer that was being made. */
const KEPT = new Set(['x-request-id', 'allow', 'connection', 'vary', 'date', 'location', 'range']);

function forgetAnswer(ctx: HubContext): void {
  for (const name of ctx.res.getHeaderNames()) {
    if (!KEPT.has(name) && !name.startsWith('access-control-')) ctx.remove(name);
  }
}

function asRefusal(error: unknown): HubError | undefined {
  if (error instanceof HubError) return error;
  if (error instanceof InvalidInput)
    return errors.invalidInput(error.message, error.field || undefined);
  if (isDiskFull(error)) return errors.diskFull();
  // The client went away in the middle of its body: nobody is there to be told.
  return isDisconnect(error) ? errors.unreadableBody('the connection broke') : undefined;
}

/** Whether an error is to be logged: what the hub did wrong, and a full disk. */
function isFailure(error: unknown, refusal: HubError | undefined): boolean {
  return refusal === undefined || isDiskFull(error);
}

/** No room on the device, or none left for this user. */
function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
