import { createHash, timingSafeEqual } from 'node:crypto';
import type { Next } from 'koa';
import { errors } from '../domain/errors.js';
import type { HubContext } from './context.js';
import { isOwnName } from './own-name.js';
import { isFromForeignPage } from './own-page.js';

/** How the control is guarded. */
export interface ControlGuard {
  /** What X-Hub-Key must be; undefined: anybody on this machine may, except foreign web pages. */
  readonly key: string | undefined;
}

/**
 * Lets the control be used by those who may: by nobody when it is off, else by clients that have the key,
 * where there is one, and are not a web page of somebody else. Throws `controlOff`, `keyRequired`,
 * `foreignHost` or `foreignPage`.
 */
export function guardControl(
  guard: ControlGuard | undefined,
): (ctx: HubContext, next: Next) => Promise<void> {
  const wanted = guard?.key === undefined ? undefined : digest(guard.key);
  return (ctx, next) => {
    if (ctx.state.voice !== 'control') return next();
    if (guard === undefined) throw errors.controlOff();
    if (wanted === undefined) requireOwnPage(ctx);
    else if (!timingSafeEqual(digest(ctx.get('X-Hub-Key')), wanted)) throw errors.keyRequired();
    return next();
  };
}

/**
 * Any page in a browser on this machine could otherwise reset the hub: forms and images need no permission,
 * and a name of the page's own can be made to lead here (DNS rebinding), after which the page is of the
 * hub's own origin.
 */
function requireOwnPage(ctx: HubContext): void {
  if (!isOwnName(ctx.host)) throw errors.foreignHost();
  if (isFromForeignPage(ctx.req.headers, ctx.req.headers.origin)) throw errors.foreignPage();
}

/** Of one length for every key, so that comparing takes the same time. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
