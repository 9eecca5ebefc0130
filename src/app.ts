import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { controlRoutes, routes } from '../routes/index.js';
import type { Route } from '../routes/route.js';
import type { Domain } from './domain/domain.js';
import type { Control } from './harness/control.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import type { HubContext, HubState, Voice, WireSettings } from './wire/context.js';
import { type ControlGuard, guardControl, isControlPath } from './wire/control.js';
import { allowOrigins } from './wire/cors.js';
import { isDisconnect, refuseUnknown, renderErrors } from './wire/errors.js';
import { type ExchangeListener, observe } from './wire/exchange.js';
import { actOutFaults } from './wire/faults.js';
import { createBodyReader } from './wire/request-body.js';
import { withoutNeedlessEscapes } from './wire/target.js';
import { WrittenTexts } from './wire/written-texts.js';

/** In bytes. */
const LONGEST_CONTROL_BODY = 16 * 1024 * 1024;

/** What an app is made of. */
export interface AppParts {
  readonly domain: Domain;
  readonly settings: WireSettings;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told of every exchange. */
  readonly listeners: readonly ExchangeListener[];
  readonly control: Control;
  /** How /_hub is guarded; undefined: it is not there. */
  readonly guard: ControlGuard | undefined;
  /** Origins of web pages that may use the API. */
  readonly cors: readonly string[];
}

/** The HTTP side of the hub, as a value: nothing listens by itself. */
export function createApp(parts: AppParts): Koa<HubState> {
  const { domain, settings, log, metrics, listeners, control, guard, cors } = parts;
  const { clock, faults, random } = control.harness.parts;
  const app = new Koa<HubState>();
  const readBody = createBodyReader(settings.maxJson);
  const api = { domain, settings, metrics, readBody, written: new WrittenTexts() };
  const own = { ...api, ...forControl(settings), control };
  app.on('error', (error: unknown) => {
    log[isDisconnect(error) ? 'debug' : 'error']({ err: error }, 'a request failed');
  });

  // First, so that it sees what everything below makes of the request.
  app.use(observe(listeners, () => random.requestId()) as Middleware<HubState>);
  app.use((ctx, next) => {
    ctx.url = withoutNeedlessEscapes(ctx.url);
    Object.assign(ctx, { newRouterPath: spelledOut(ctx.path) });
    const voice = voiceOf(ctx.path);
    Object.assign(ctx.state, voice === 'control' ? own : api, { voice });
    if (clock.isAltered) ctx.set('Date', new Date(clock.now()).toUTCString());
    return next();
  });
  // Outside of what can refuse, so that a page may read refusals too.
  if (cors.length > 0) app.use(allowOrigins(cors) as Middleware<HubState>);
  // Around everything that can refuse.
  app.use(renderErrors as Middleware<HubState>);
  // Inside of it, since these may refuse, a fault in the Hub's own words.
  app.use(guardControl(guard) as Middleware<HubState>);
  const all = guard === undefined ? routes : [...routes, ...controlRoutes];
  const router = createRouter(all);
  app.use(
    actOutFaults({
      faults,
      findRoute: (ctx) => findRoute(all, router, ctx),
      ended: control.harness.ended,
    }) as Middleware<HubState>,
  );
  app.use(router.routes() as unknown as Middleware<HubState>);
  // Reached only when no route answered.
  app.use((ctx) => refuseUnknown(ctx as unknown as HubContext));
  return app;
}

/** What the control is sent can be longer than what a client sends: files of images. */
function forControl(settings: WireSettings): Pick<HubState, 'settings' | 'readBody'> {
  const maxJson = Math.max(settings.maxJson, LONGEST_CONTROL_BODY);
  return { settings: { ...settings, maxJson }, readBody: createBodyReader(maxJson) };
}

function createRouter(all: readonly Route[]): Router<HubState> {
  const router = new Router<HubState>({ strict: true, sensitive: true });
  for (const route of all) {
    router.register(route.path, [route.method], handle(route) as never);
  }
  return router;
}

/** The route that a request is meant for, whether it gets there or not. */
function findRoute(
  all: readonly Route[],
  router: Router<HubState>,
  { path, method }: HubContext,
): Route | undefined {
  const [layer] = router.match(spelledOut(path), method).pathAndMethod;
  return all.find((route) => route.path === layer?.path && layer.methods.includes(route.method));
}

function handle(route: Route): (ctx: HubContext) => Promise<void> {
  return async (ctx) => {
    ctx.state.voice = route.voice;
    ctx.state.route = route.path;
    await route.handler(ctx);
  };
}

const SHORT_PART = /^(\/v1\/repositories)\/([^/]+\/(?:images|auth|tags|json|properties))$/;

/**
 * The path that the router sees. Without a slash at its end, `foo/tags` is a part of the official
 * repository `foo`, for methods too that it does not have, and never the repository `tags` of `foo`.
 */
function spelledOut(path: string): string {
  return path.replace(SHORT_PART, '$1/library/$2');
}

const REGISTRY_PATH = /^\/v1\/(?:images\/|repositories\/.+\/(?:tags(?:\/|$)|json$|properties$))/;

/** Who answers for a path before, or without, a route of its own. */
function voiceOf(path: string): Voice {
  if (isControlPath(path)) return 'control';
  return REGISTRY_PATH.test(path) ? 'registry' : 'index';
}
