import { PassThrough, Readable, Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { HubContext } from '../wire/context.js';
import type { FaultAction } from './fault-rule.js';

/*
 * Answers that faults change on their way out.
 */

/** Changes the answer on its way out; false where it has nothing to change. */
export function alterBody(ctx: HubContext, action: FaultAction, ended: AbortSignal): boolean {
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
  if (action.chunkDelay !== undefined) {
    return slowly(action.chunkDelay, action.chunkSize ?? 16 * 1024, untilOver(ctx, ended).signal);
  }
  if (action.cutAfter !== undefined && action.cutAfter < size) {
    return breakAfter(ctx, action.cutAfter, () => ctx.req.socket.destroySoon());
  }
  if (action.corruptByte !== undefined && action.corruptByte < size) {
    return corrupt(action.corruptByte);
  }
  if (action.reset !== undefined) {
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

/** Passes so many bytes on and then breaks off, without the end of the body. */
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

/** Resets the connection; within TLS it can only be cut. */
export function resetConnection({ req: { socket } }: HubContext): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** Aborted when the client is gone, or the hub is closed. */
export function untilOver(ctx: HubContext, ended: AbortSignal) {
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  ctx.res.once('close', abort);
  const signal = AbortSignal.any([gone.signal, ended]);
  return { signal, forget: () => ctx.res.off('close', abort) };
}
