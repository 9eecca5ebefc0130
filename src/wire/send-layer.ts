import type { ServerResponse } from 'node:http';
import { isDisconnect } from '../domain/disconnect.js';
import type { HubContext } from './context.js';

/** A body whose length is known and whose pieces share one memory. */
export interface PiecedBody {
  /** In bytes. */
  readonly length: number;
  /** Shows the pieces one after the other; each is good until the promise is settled. */
  each(use: (piece: Uint8Array) => Promise<void>): Promise<void>;
}

/**
 * Sends a layer as the body of the answer whose head is set, and resolves when it is out or the client is
 * gone. Without Koa, whose way of sending streams needs new memory for every piece.
 */
export async function sendLayer(ctx: HubContext, layer: PiecedBody): Promise<void> {
  ctx.respond = false;
  const send = sender(ctx.res, layer.length);
  try {
    await layer.each(send);
  } catch (error) {
    // The head is out: that something is wrong can only be told by breaking off.
    ctx.res.destroy();
    if (!isDisconnect(error)) ctx.app.emit('error', error, ctx);
  }
}

/**
 * Writes pieces, and ends the answer together with the last byte: a client that has them all hangs up, and
 * would seem to have missed the end. What it returns resolves when the memory of a piece is free again, and
 * rejects when the client is gone, also between two pieces: Node calls nobody back whose piece comes later.
 */
function sender(response: ServerResponse, length: number): (piece: Uint8Array) => Promise<void> {
  let left = length;
  let giveUp: () => void = () => undefined;
  response.once('close', () => giveUp());
  return (piece) =>
    new Promise((resolve, reject) => {
      giveUp = () => reject(Object.assign(new Error('the client is gone'), { code: 'ECONNRESET' }));
      if (response.destroyed) return giveUp();
      const written = (error?: Error | null): void => (error ? reject(error) : resolve());
      left -= piece.length;
      if (left > 0) response.write(piece, written);
      else response.end(piece, () => resolve());
    });
}
