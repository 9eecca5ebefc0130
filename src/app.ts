import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { routes } from '../routes/index.js';
import type { Route } from '../routes/route.js';
import type { Domain } from './domain/domain.js';
import type { HubClock } from './harness/clock.js';
import type { Faults } from './harness/faults.js';
import type { Log } from './log.js';
import type { HubContext, HubState, Voice, WireSettings } from './wire/context.js';
import { refuseUnknown, renderErrors } from './wire/errors.js';
import { type ExchangeListener, observe } from './wire/exchange.js';
import { actOutFaults } from './wire/faults.js';
import { createBodyReader } from './wire/request-body.js';

/** What an app is made of. */
export interface AppParts {
  readonly domain: Domain;
  readonly settings: WireSettings;
  readonly log: Log;
  /** Told of every exchange. */
  readonly listeners: readonly ExchangeListener[];
  readonly faults: Faults;
  readonly clock: HubClock;
}

/** The HTTP side of the hub, as a value: nothing listens by itself. */
export function createApp(parts: AppParts): Koa<HubState> {
  const { domain, settings, log, listeners, faults, clock } = parts;
  const app = new Koa<HubState>();
  const readBody = createBodyReader(settings.maxJson);
  app.on('error', (error: unknown) => log.error({ err: error }, 'a request failed'));

  // First, so that it sees what everything below makes of the request.
  app.use(observe(listeners) as Middleware<HubState>);
  app.use((ctx, next) => {
    Object.assign(ctx.state, { domain, settings, readBody, voice: voiceOf(ctx.path) });
    if (clock.isAltered) ctx.set('Date', new Date(clock.now()).toUTCString());
    return next();
  });
  // Around everything that can refuse.
  app.use(renderErrors as Middleware<HubState>);
  // Inside of it, since a fault may refuse in the Hub's own words.
  app.use(actOutFaults(faults) as Middleware<HubState>);
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
    ctx.state.route = route.path;
    await route.handler(ctx);
  };
}

const REGISTRY_PATH = /^\/v1\/(?:images\/|repositories\/.+\/(?:tags(?:\/|$)|json$|properties$))/;

/** Who answers for a path before, or without, a route of its own. */
function voiceOf(path: string): Voice {
  return REGISTRY_PATH.test(path) ? 'registry' : 'index';
}
