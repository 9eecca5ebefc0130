import type { Next } from 'koa';
import type { Log } from '../log.js';
import type { HubContext } from './context.js';

/** Logs a line per request once its answer is out; neither headers nor bodies, hence no password. */
export function logRequests(log: Log): (ctx: HubContext, next: Next) => Promise<void> {
  return async (ctx, next) => {
    if (!log.isLevelEnabled('info')) return next();
    const started = performance.now();
    ctx.res.once('close', () => {
      log.info({
        method: ctx.method,
        path: ctx.path,
        status: ctx.res.statusCode,
        ms: Math.round((performance.now() - started) * 10) / 10,
        user: userOf(ctx),
      });
    });
    return next();
  };
}

function userOf({ state }: HubContext): string | undefined {
  const { caller } = state;
  if (caller?.kind === 'account') return caller.account.username;
  return caller?.kind === 'token' ? `token for ${caller.token.repository}` : undefined;
}
