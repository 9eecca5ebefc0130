import type { Next } from 'koa';
import { type ErrorKind, errors, HubError } from '../domain/errors.js';
import { answerIndex, answerRegistry } from './answers.js';
import type { HubContext, Voice } from './context.js';
import { drain } from './drain.js';

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  method: 405,
  conflict: 409,
  'too-large': 413,
  'disk-full': 507,
  // docker falls back to a login only from a 401 (clients.md, Login).
  closed: 401,
};

/** Both challenges of the index (hub_registry_spec.md of moby 1.5.0), and the registry's one. */
const CHALLENGE: Readonly<Record<Voice, string>> = {
  index: 'Basic realm="auth required",Token',
  registry: 'Token',
};

/**
 * The one place that renders errors: in the voice of the path, after what the client is still sending
 * has been taken off its hands, since old clients read an answer only then.
 */
export async function renderErrors(ctx: HubContext, next: Next): Promise<void> {
  try {
    await next();
  } catch (error) {
    const refusal = asRefusal(error);
    // A full disk is told to the client and to whoever can make room.
    if (refusal === undefined || isDiskFull(error)) ctx.app.emit('error', error, ctx);
    if (!(await drain(ctx.req))) ctx.set('Connection', 'close');
    if (ctx.headerSent || !ctx.writable) return;
    forgetAnswer(ctx);
    if (refusal === undefined) renderFailure(ctx);
    else renderRefusal(ctx, refusal);
  }
}

/** Runs last: no route was found, or none for this method. */
export function refuseUnknown(ctx: HubContext): never {
  const allowed = allowedMethods(ctx);
  if (allowed.length === 0) throw errors.unknownPath();
  ctx.set('Allow', allowed.join(', '));
  throw errors.wrongMethod();
}

/** Headers that a refusal keeps of the answer that was being made. */
const KEPT = new Set(['x-request-id', 'allow', 'connection', 'vary']);

function forgetAnswer(ctx: HubContext): void {
  for (const name of ctx.res.getHeaderNames()) {
    if (!KEPT.has(name) && !name.startsWith('access-control-')) ctx.remove(name);
  }
}

function renderRefusal(ctx: HubContext, error: HubError): void {
  const { voice } = ctx.state;
  const status = STATUS[error.kind];
  if (status === 401) ctx.set('WWW-Authenticate', CHALLENGE[voice]);
  if (voice === 'registry') answerRegistry(ctx, status, { error: error.registryMessage });
  else answerIndex(ctx, status, error.message);
}

/** Something the hub or its disk did wrong: said without telling how the inside looks. */
function renderFailure(ctx: HubContext): void {
  const text = 'The hub could not do this, its log says why';
  if (ctx.state.voice === 'registry') answerRegistry(ctx, 500, { error: text });
  else answerIndex(ctx, 500, text);
}

function asRefusal(error: unknown): HubError | undefined {
  if (error instanceof HubError) return error;
  if (isDiskFull(error)) return errors.diskFull();
  const { code } = error as NodeJS.ErrnoException;
  // The client went away in the middle of its body: nobody is there to be told.
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return errors.unreadableBody('the connection broke');
  }
  return undefined;
}

/** No room on the device, or none left for this user. */
function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

interface MatchedLayer {
  readonly methods: readonly string[];
}

/** The methods of all routes that the router found for this path. */
function allowedMethods(ctx: HubContext): string[] {
  const matched = (ctx as { matched?: readonly MatchedLayer[] }).matched ?? [];
  return [...new Set(matched.flatMap(({ methods }) => methods))].sort();
}
