import type { Next } from 'koa';
import { type ErrorKind, errors, HubError } from '../domain/errors.js';
import { InvalidInput } from '../input/invalid-input.js';
import { answerIndex, answerPlain, answerRegistry } from './answers.js';
import type { HubContext } from './context.js';
import { drain } from './drain.js';
import { answerMeanwhile } from './early-answer.js';
import { awaitsLeave } from './expectation.js';
import type { Voice } from './operation.js';

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  method: 405,
  conflict: 409,
  precondition: 412,
  'too-large': 413,
  'too-slow': 408,
  'too-many': 429,
  busy: 503,
  'disk-full': 507,
  // docker falls back to a login only from a 401 (clients.md, Login).
  closed: 401,
};

/**
 * Every scheme that is taken (RFC 9110 §11.6.1), as hub_registry_spec.md of moby 1.5.0 has it. The registry
 * said no more than `Token`, so that whatever waits to be asked for a password never sent one: wget, urllib,
 * browsers, Java. No docker looks at the challenge of a v1 answer.
 */
export const CHALLENGE: Readonly<Record<Voice, string>> = {
  index: 'Basic realm="auth required",Token',
  registry: 'Basic realm="auth required",Token',
  control: 'Key header="X-Hub-Key"',
};

/**
 * The one place that renders errors: in the voice of the path, after what the client is still sending
 * has been taken off its hands, since old clients read an answer only then.
 */
export async function renderErrors(ctx: HubContext, next: Next): Promise<void> {
  try {
    await next();
    // Closed with the answer, the connection would break under who is still sending.
    if (!ctx.res.shouldKeepAlive && !ctx.req.complete) await takeRest(ctx, undefined);
  } catch (error) {
    const refusal = asRefusal(error);
    // A full disk is told to the client and to whoever can make room.
    if (isFailure(error, refusal)) ctx.app.emit('error', error, ctx);
    const isRead = !awaitsLeave(ctx.req) && (await takeRest(ctx, refusal));
    if (ctx.headerSent || !ctx.writable) return;
    forgetAnswer(ctx);
    if (error instanceof InvalidInput) renderInvalid(ctx, error);
    else if (refusal === undefined) renderFailure(ctx);
    else renderRefusal(ctx, refusal);
    if (!isRead) await answerMeanwhile(ctx);
  }
}

/** Takes the rest of a body, if the client has not had its time for it already. */
async function takeRest(ctx: HubContext, refusal: HubError | undefined): Promise<boolean> {
  return (
    refusal?.kind !== 'too-slow' &&
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
const KEPT = new Set(['x-request-id', 'allow', 'connection', 'vary', 'date']);

function forgetAnswer(ctx: HubContext): void {
  for (const name of ctx.res.getHeaderNames()) {
    if (!KEPT.has(name) && !name.startsWith('access-control-')) ctx.remove(name);
  }
}

function renderRefusal(ctx: HubContext, error: HubError): void {
  const { voice } = ctx.state;
  const status = STATUS[error.kind];
  if (status === 401) ctx.set('WWW-Authenticate', CHALLENGE[voice]);
  if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter));
  if (voice === 'registry')
    answerRegistry(ctx, status, { error: error.registryMessage, field: error.field });
  else if (voice === 'control') answerPlain(ctx, status, { error: error.message });
  else answerIndex(ctx, status, error.message);
}

/** What a test gave the control: it is told which field is wrong. */
function renderInvalid(ctx: HubContext, { message, field }: InvalidInput): void {
  answerPlain(ctx, 400, field === '' ? { error: message } : { error: message, field });
}

/** Something the hub or its disk did wrong: said without telling how the inside looks. */
function renderFailure(ctx: HubContext): void {
  const text = 'The hub could not do this, its log says why';
  const { voice } = ctx.state;
  if (voice === 'registry') answerRegistry(ctx, 500, { error: text });
  else if (voice === 'control') answerPlain(ctx, 500, { error: text });
  else answerIndex(ctx, 500, text);
}

function asRefusal(error: unknown): HubError | undefined {
  if (error instanceof HubError) return error;
  if (isDiskFull(error)) return errors.diskFull();
  // The client went away in the middle of its body: nobody is there to be told.
  return isDisconnect(error) ? errors.unreadableBody('the connection broke') : undefined;
}

/** Whether an error says no more than that the client is gone, which is no fault of the hub's. */
export function isDisconnect(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code);
}

/** Whether an error is to be logged: what the hub did wrong, and a full disk. */
function isFailure(error: unknown, refusal: HubError | undefined): boolean {
  if (error instanceof InvalidInput) return false;
  return refusal === undefined || isDiskFull(error);
}

/** No room on the device, or none left for this user. */
function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
