import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { routes } from '../routes/index.js';
import type { Route } from '../routes/route.js';
import type { Domain } from './domain/domain.js';
import type { Log } from './log.js';
import { logRequests } from './wire/access-log.js';
import type { HubContext, HubState, Voice, WireSettings } from './wire/context.js';
import { refuseUnknown, renderErrors } from './wire/errors.js';
import { createBodyReader } from './wire/request-body.js';

/** The HTTP side of the hub, as a value: nothing listens by itself. */
export function createApp(domain: Domain, settings: WireSettings, log: Log): Koa<HubState> {
  const app = new Koa<HubState>();
  const readBody = createBodyReader(settings.maxJson);
  app.on('error', (error: unknown) => log.error({ err: error }, 'a request failed'));

  // First, so that it sees what everything below makes of the request.
  app.use(logRequests(log) as Middleware<HubState>);
  app.use((ctx, next) => {
    Object.assign(ctx.state, { domain, settings, readBody, voice: voiceOf(ctx.path) });
    return next();
  });
  // Around everything that can refuse.
  app.use(renderErrors as Middleware<HubState>);
  app.use(createRouter().routes() as unknown as Middleware<HubState>);
  // Reached only when no route answered.
  app.use((ctx) => refuseUnknown(ctx as unknown as HubContext));
  return app;
}

function createRouter(): Router<HubState> {
  const router = new Router<HubState>({ strict: true });
  for (const route of routes) {
    router.register(route.path, [route.method], handle(route) as never);
  }
  return router;
}

function handle(route: Route): (ctx: HubContext) => Promise<void> {
  return async (ctx) => {
    ctx.state.voice = route.voice;
    await route.handler(ctx);
  };
}

/** Who answers for a path that no route answers. */
function voiceOf(path: string): Voice {
  return path.startsWith('/v1/images/') ? 'registry' : 'index';
}
