import { PassThrough, Readable, Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { Next } from 'koa';
import { errors } from '../domain/errors.js';
import type { Fault, FaultAction, FaultSubject, Faults } from '../harness/faults.js';
import { nameClaimed } from '../harness/masking.js';
import { answerIndex, answerRegistry } from './answers.js';
import type { HubContext } from './context.js';
import { drain } from './drain.js';
import { renderErrors } from './errors.js';

/**
 * Lets the first fault that is due act on the request; without rules, requests take no detour. `ended`
 * is aborted when the hub is closed.
 */
export function actOutFaults(
  faults: Faults,
  ended: AbortSignal,
): (ctx: HubContext, next: Next) => Promise<void> {
  const act = async (ctx: HubContext, next: Next): Promise<void> => {
    const fault = faults.next(subjectOf(ctx));
    if (fault === undefined) return next();
    ctx.state.fault = fault.name;
    if ('delay' in fault.then && !(await pause(ctx, fault.then.delay, ended))) return;
    if (await actOut(fault, { ctx, next, ended })) return;
    // The answer has no such byte, or no body at all: nobody shall believe that it was changed.
    faults.takeBack(fault.name);
    delete ctx.state.fault;
  };
  return (ctx, next) => (faults.isEmpty || ctx.state.voice === 'control' ? next() : act(ctx, next));
}

/** A request that a fault acts on. */
interface Target {
  readonly ctx: HubContext;
  readonly next: Next;
  readonly ended: AbortSignal;
}

/** Whether anything came of it. */
async function actOut({ then: action }: Fault, { ctx, next, ended }: Target): Promise<boolean> {
  if ('expiredToken' in action) throw errors.badToken();
  if ('diskFull' in action) throw errors.diskFull();
  if ('status' in action) await answerStatus(ctx, action);
  else if ('redirect' in action) await redirect(ctx, action.redirect);
  else if ('reset' in action && action.reset === 'before') cutOff(ctx);
  else {
    // A refusal is an answer too, once it is in words.
    await renderErrors(ctx, next);
    return 'delay' in action || alterBody(ctx, action, ended);
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

/** Aborted when the client is gone, or the hub is closed. */
function untilOver(ctx: HubContext, ended: AbortSignal) {
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  ctx.res.once('close', abort);
  const signal = AbortSignal.any([gone.signal, ended]);
  return { signal, forget: () => ctx.res.off('close', abort) };
}

function subjectOf(ctx: HubContext): FaultSubject {
  return {
    method: ctx.method,
    path: ctx.path,
    user: nameClaimed(ctx.req.headers.authorization ?? ''),
    userAgent: ctx.get('User-Agent'),
  };
}

/** What the Hub said with a status, where it is known; our words where not (protocol.md §1.14). */
const WORDS: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Authentication is required',
  403: "Access denied, you don't have access to this repo",
  404: 'Not found',
  409: 'Image already exists',
  429: 'Too many requests, please try again later',
  500: 'Internal server error',
  502: 'Bad gateway',
  503: 'The service is unavailable, please try again later',
  504: 'Gateway timeout',
  507: 'The disk is full',
};

/** Where the registry said it otherwise. */
const REGISTRY_WORDS: Readonly<Record<number, string>> = { 401: 'Requires authorization' };

async function answerStatus(
  ctx: HubContext,
  action: Extract<FaultAction, { status: number }>,
): Promise<void> {
  const { status, retryAfter } = action;
  const isIndex = ctx.state.voice === 'index';
  const words = isIndex ? WORDS[status] : (REGISTRY_WORDS[status] ?? WORDS[status]);
  const message = action.message ?? words ?? `Status ${status}`;
  await drain(ctx.req);
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  if (status === 401) {
    ctx.set('WWW-Authenticate', isIndex ? 'Basic realm="auth required",Token' : 'Token');
  }
  if (isIndex) answerIndex(ctx, status, message);
  else answerRegistry(ctx, status, { error: message });
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

/** Resets the connection; within TLS it can only be cut. */
function resetConnection({ req: { socket } }: HubContext): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** Changes the answer on its way out; false where it has nothing that could be changed so. */
function alterBody(ctx: HubContext, action: FaultAction, ended: AbortSignal): boolean {
  const size = bodySize(ctx);
  if (size === 0 || ctx.respond === false || ctx.headerSent || ctx.method === 'HEAD') return false;
  const change = bodyChange(ctx, action, { size, ended });
  if (change === undefined) return false;
  const { length } = ctx.response;
  ctx.state.unaltered = ctx.body;
  ctx.body = toStream(ctx.body).pipe(change);
  if (length !== undefined && !ctx.response.get('Transfer-Encoding')) ctx.length = length;
  return true;
}

/** In bytes, 0 without a body. */
function bodySize({ body, response }: HubContext): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (Buffer.isBuffer(body)) return body.length;
  return body === null || body === undefined ? 0 : (response.length ?? Number.POSITIVE_INFINITY);
}

function bodyChange(
  ctx: HubContext,
  action: FaultAction,
  { size, ended }: { readonly size: number; readonly ended: AbortSignal },
): Transform | undefined {
  if ('chunkDelay' in action) {
    return slowly(action.chunkDelay, action.chunkSize ?? 16 * 1024, untilOver(ctx, ended).signal);
  }
  if ('cutAfter' in action && action.cutAfter < size) {
    return breakAfter(ctx, action.cutAfter, () => ctx.req.socket.destroySoon());
  }
  if ('corruptByte' in action && action.corruptByte < size) return corrupt(action.corruptByte);
  if ('reset' in action) {
    const half = Number.isFinite(size) ? Math.floor(size / 2) : 1;
    return breakAfter(ctx, half, () => resetConnection(ctx));
  }
  return undefined;
}

function toStream(body: unknown): Readable {
  if (body instanceof Readable) return body;
  return Readable.from([Buffer.isBuffer(body) ? body : Buffer.from(String(body))]);
}

/** Passes a body on in small chunks with a pause before each, until somebody goes away. */
function slowly(pause: number, size: number, signal: AbortSignal): Transform {
  return new Transform({
    async transform(chunk: Buffer, _encoding, done) {
      try {
        for (let at = 0; at < chunk.length; at += size) {
          await sleep(pause, undefined, { signal });
          this.push(chunk.subarray(at, at + size));
        }
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** Passes so many bytes on and then breaks off: the end of the body is never said. */
function breakAfter(ctx: HubContext, count: number, breakOff: () => void): Transform {
  let left = count;
  const end = (): void => {
    // An answer without any of its body has its headers all the same.
    ctx.flushHeaders();
    breakOff();
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (left > 0) this.push(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) done();
      // After the bytes have been handed to the connection, or they would be lost with it.
      else setImmediate(end);
    },
  });
}

function corrupt(place: number): Transform {
  let seen = 0;
  return new PassThrough({
    transform(chunk: Buffer, _encoding, done) {
      const at = place - seen;
      seen += chunk.length;
      if (at < 0 || at >= chunk.length) return done(null, chunk);
      const changed = Buffer.from(chunk);
      changed[at] = (chunk[at] ?? 0) ^ 0xff;
      done(null, changed);
    },
  });
}
