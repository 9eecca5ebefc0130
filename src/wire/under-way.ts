import { setTimeout as sleep } from 'node:timers/promises';
import type { Next } from 'koa';
import type { HubContext } from './context.js';

/** How long requests that are all there may take to be answered, in milliseconds. */
const PATIENCE = 1000;

/** Closed while something has the hub to itself, such as a reset. */
export interface Door {
  readonly isClosed: boolean;
  /** Resolves when what it is closed for has ended. */
  opened(): Promise<void>;
}

/** The requests that are being answered, so that a reset can be rid of them first. */
export class RequestsUnderWay {
  readonly #running = new Map<HubContext, Promise<unknown>>();
  readonly #door: Door;

  /** Who comes while the door is closed waits, but for the control: that has its own way to wait. */
  constructor(door: Door) {
    this.#door = door;
  }

  /** Middleware around all that answers. */
  readonly watch = async (ctx: HubContext, next: Next): Promise<void> => {
    while (this.#door.isClosed && ctx.state.voice !== 'control') await this.#door.opened();
    const answered = next();
    const forget = (): void => void this.#running.delete(ctx);
    this.#running.set(ctx, answered.then(forget, forget));
    return answered;
  };

  /**
   * Resolves when all requests that are under way now, but for the control's own, have ended:
   * one that has arrived whole is given a while to be answered; one that is still coming, or is held up by a
   * fault, is cut off.
   */
  async end(): Promise<void> {
    const all = [...this.#running].filter(([{ state }]) => state.voice !== 'control');
    if (all.length === 0) return;
    for (const [ctx] of all) {
      ctx.state.isOutdated = true;
      if (isHeldUp(ctx)) ctx.req.socket.destroy();
    }
    const over = Promise.all(all.map(([, end]) => end));
    const patience = new AbortController();
    const late = sleep(PATIENCE, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([over, late]);
    patience.abort();
    for (const [ctx] of all) if (this.#running.has(ctx)) ctx.req.socket.destroy();
    await over;
  }
}

/** Whether the request waits for its client or for a fault, not for the hub. */
function isHeldUp({ req, state }: HubContext): boolean {
  return !req.complete || state.fault !== undefined;
}
