import { setTimeout as sleep } from 'node:timers/promises';
import type { Next } from 'koa';
import { errors, HubError } from '../domain/errors.js';
import { nameClaimed } from '../journal/masking.js';
import { answerIndex, answerRegistry } from '../wire/answers.js';
import type { HubContext } from '../wire/context.js';
import { drain, hasBody } from '../wire/drain.js';
import { writeStatus, writeStatusHeaders } from '../wire/error-answers.js';
import { renderErrors } from '../wire/errors.js';
import type { Voice } from '../wire/operation.js';
import { peek } from '../wire/peek.js';
import { alterBody, resetConnection, untilOver } from './fault-bodies.js';
import type { Content, Fault, FaultAction } from './fault-rule.js';
import { SEARCHED_BYTES } from './fault-rules.js';
import type { FaultSubject, Faults } from './faults.js';

/**
 * Lets the first fault that is due act on the request; without rules, requests take no detour. `ended`
 * is aborted when the hub is closed.
 */
export function actOutFaults(
  faults: Faults,
  ended: AbortSignal,
): (ctx: HubContext, next: Next) => Promise<void> {
  const act = async (ctx: HubContext, next: Next): Promise<void> => {
    const fault = faults.next(await subjectOf(ctx, faults));
    if (fault === undefined) return next();
    ctx.state.fault = fault.name;
    const { delay, headers } = fault.then;
    if (delay !== undefined && !(await pause(ctx, delay, ended))) return;
    // The answer has no such byte, or no body at all: the fault must not count as done.
    const forget = (): void => {
      faults.takeBack(fault.name);
      delete ctx.state.fault;
    };
    const isAlone = Object.keys(fault.then).length === 1;
    if (headers !== undefined) changeHeaders(ctx, headers, () => isAlone && forget());
    if (await actOut(fault, { ctx, next, ended })) return;
    if (delay === undefined && headers === undefined) forget();
  };
  const isSpared = (voice: Voice): boolean => voice === 'control' || voice === 'web';
  return (ctx, next) => (faults.isEmpty || isSpared(ctx.state.voice) ? next() : act(ctx, next));
}

/** A request that a fault acts on. */
interface Target {
  readonly ctx: HubContext;
  readonly next: Next;
  readonly ended: AbortSignal;
}

/** Whether it did anything besides a delay and other headers. */
async function actOut({ then: action }: Fault, { ctx, next, ended }: Target): Promise<boolean> {
  if (action.expiredToken === true) throw errors.badToken();
  if (action.diskFull === true) throw errors.diskFull();
  if (action.status !== undefined) await answerStatus(ctx, action);
  else if (action.redirect !== undefined) await redirect(ctx, action.redirect);
  else if (action.reset === 'before') cutOff(ctx);
  else if (action.stallAfter !== undefined && (await isLonger(ctx, action.stallAfter))) {
    await holdUp(ctx, ended);
  } else {
    // A refusal is an answer too, once it is in words.
    await renderErrors(ctx, next);
    return alterBody(ctx, action, ended);
  }
  return true;
}

/** Waits before the request is looked at; false when the client or the hub went away meanwhile. */
async function pause(ctx: HubContext, milliseconds: number, ended: AbortSignal): Promise<boolean> {
  const { signal, forget } = untilOver(ctx, ended);
  try {
    await sleep(milliseconds, undefined, { signal });
    return true;
  } catch {
    ctx.respond = false;
    ctx.req.socket.destroy();
    return false;
  } finally {
    forget();
  }
}

/** What the rules look at; of the body, only where one asks for it. */
async function subjectOf(ctx: HubContext, faults: Faults): Promise<FaultSubject> {
  const subject: FaultSubject = {
    method: ctx.method,
    path: ctx.path,
    operation: ctx.state.operation,
    user: nameClaimed(ctx.req.headers.authorization ?? '') ?? holderOf(ctx),
    userAgent: ctx.get('User-Agent'),
    query: new URLSearchParams(ctx.querystring),
    headers: ctx.req.headers,
  };
  if (!hasBody(ctx.req) || !faults.needsBody(subject)) return subject;
  const { bytes } = await peek(ctx.req, SEARCHED_BYTES, ctx.state.settings.bodyTimeout);
  return { ...subject, body: bytes.subarray(0, SEARCHED_BYTES).toString('utf8') };
}

/** Whose token of v2 a request shows, if it is good. */
function holderOf({ req, state }: HubContext): string | undefined {
  try {
    const credentials = state.authorizations.read(req);
    if (credentials.scheme !== 'bearer') return undefined;
    const { caller } = state.domain.scopedTokens.verify(credentials.token);
    return caller.kind === 'account' ? caller.account.username : undefined;
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}

/** Whether a body has more than so many bytes; they are all taken from the client then. */
async function isLonger({ req, state }: HubContext, count: number): Promise<boolean> {
  const length = req.headers['content-length'];
  if (!hasBody(req) || (length !== undefined && Number(length) <= count)) return false;
  const { bytes } = await peek(req, count + 1, state.settings.bodyTimeout);
  return bytes.length > count;
}

/** In milliseconds. Without reading from a client the hub can't know that it has gone. */
const LONGEST_HOLD = 600_000;

/** Takes no more of the request and says nothing, until the client goes away or the hub is closed. */
async function holdUp(ctx: HubContext, ended: AbortSignal): Promise<void> {
  ctx.respond = false;
  const enough = AbortSignal.any([ended, AbortSignal.timeout(LONGEST_HOLD)]);
  const { signal, forget } = untilOver(ctx, enough);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  forget();
  ctx.req.socket.destroy();
}

/** Changes headers of any answer just before it goes out; `unchanged` is called if none differs. */
function changeHeaders(
  { res }: HubContext,
  changes: Readonly<Record<string, string | null>>,
  unchanged: () => void,
): void {
  const writeHead: (...args: unknown[]) => typeof res = res.writeHead.bind(res) as never;
  res.writeHead = (...args: unknown[]) => {
    // Node adds the Date itself, and last.
    const isThere = (name: string): boolean => res.hasHeader(name) || /^date$/i.test(name);
    const isChange = Object.entries(changes).some(([name, to]) => to !== null || isThere(name));
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) res.removeHeader(name);
      else res.setHeader(name, value);
    }
    if (!isChange) unchanged();
    return writeHead(...args);
  };
}

async function answerStatus(
  ctx: HubContext,
  action: Extract<FaultAction, { readonly status: number }>,
): Promise<void> {
  const { status, retryAfter, message } = action;
  await drain(ctx.req);
  if (action.body !== undefined) {
    writeStatusHeaders(ctx, { status, retryAfter });
    answerBody(ctx, status, action.body);
  } else if (status >= 400) writeStatus(ctx, { status, retryAfter, message });
  else answerGood(ctx, action);
}

/** A status below 400, with the words of the rule. */
function answerGood(
  ctx: HubContext,
  { status, retryAfter, message }: Extract<FaultAction, { readonly status: number }>,
): void {
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  if (ctx.state.voice !== 'index') answerRegistry(ctx, status, message ?? true);
  else answerIndex(ctx, status, message ?? (status === 200 ? 'OK' : `Status ${status}`));
}

/** Answers with a body of the rule's own. */
function answerBody(ctx: HubContext, status: number, body: Content): void {
  ctx.status = status;
  ctx.set('Content-Type', 'text/plain; charset=utf-8');
  ctx.body = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.base64, 'base64');
}

/** docker takes the Location literally, so it is absolute (protocol.md §1.4). */
async function redirect(ctx: HubContext, target: string): Promise<void> {
  await drain(ctx.req);
  const given = /^https?:\/\//.test(target) ? target : `${ctx.protocol}://${target}`;
  const address = new URL(given);
  ctx.status = 307;
  if (address.pathname === '/') Object.assign(address, { pathname: ctx.path, search: ctx.search });
  ctx.set('Location', address.href);
  ctx.body = '';
}

function cutOff(ctx: HubContext): void {
  ctx.respond = false;
  resetConnection(ctx);
}
