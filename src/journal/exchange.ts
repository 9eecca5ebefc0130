import type { Next } from 'koa';
import type { Caller } from '../domain/access/access.js';
import type { ClientAddresses } from '../wire/client-address.js';
import type { HubContext } from '../wire/context.js';
import type { Operation } from '../wire/operation.js';

/** One request and its answer, as the log, the metrics and the journal are told once it is over. */
export interface Exchange {
  readonly id: string;
  /** Who asked: the address at the other end of the connection, or what a trusted proxy says. */
  readonly address: string;
  /** Milliseconds since 1970 by the system's clock, when the request came. */
  readonly started: number;
  /** Milliseconds until the answer was out, or the connection gone. */
  readonly duration: number;
  /** What the request was meant for. */
  readonly operation: Operation | undefined;
  readonly caller: Caller | undefined;
  /** 0 when the connection was gone before any answer. */
  readonly status: number;
  /** False when the client was gone, or was cut off, before the answer was out. */
  readonly complete: boolean;
  /** The name of the fault that acted on it. */
  readonly fault: string | undefined;
  readonly ctx: HubContext;
}

/** Is told of every exchange; must not throw. */
export type ExchangeListener = (exchange: Exchange) => void;

/**
 * Gives every request an id, which the answer carries as X-Request-Id, and tells the listeners of it
 * when it is over: the log, the metrics, the journal.
 */
export function observe(
  listeners: readonly ExchangeListener[],
  newId: () => string,
  clients: ClientAddresses,
): (ctx: HubContext, next: Next) => Promise<void> {
  return (ctx, next) => {
    const id = newId();
    ctx.res.setHeader('X-Request-Id', id);
    if (listeners.length > 0) follow(ctx, id, listeners, clients);
    return next();
  };
}

function follow(
  ctx: HubContext,
  id: string,
  listeners: readonly ExchangeListener[],
  clients: ClientAddresses,
): void {
  // Later the connection may be gone, and its address with it.
  const address = clients.of(ctx.req);
  const started = Date.now();
  const from = performance.now();
  ctx.res.once('close', () => {
    const exchange: Exchange = {
      id,
      address,
      started,
      duration: performance.now() - from,
      operation: ctx.state.operation,
      caller: ctx.state.caller,
      status: ctx.res.headersSent ? ctx.res.statusCode : 0,
      complete: ctx.res.writableFinished,
      fault: ctx.state.fault,
      ctx,
    };
    for (const listener of listeners) listener(exchange);
  });
}
