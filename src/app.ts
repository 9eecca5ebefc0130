import { randomBytes } from 'node:crypto';
import Koa, { type Context, type Middleware } from 'koa';
import type { ControlState } from '../routes/control/input.js';
import { controlRoutes, routes, webRoutes } from '../routes/index.js';
import { type FoundRoute, RouteTable } from '../routes/route-table.js';
import type { Web, WebState } from '../routes/web/web.js';
import { isDisconnect } from './domain/disconnect.js';
import type { Domain } from './domain/domain.js';
import type { Control } from './harness/control.js';
import { actOutFaults } from './harness/fault-acts.js';
import { type ExchangeListener, observe } from './journal/exchange.js';
import type { Log } from './journal/log.js';
import type { Metrics } from './server/metrics.js';
import type { ClientAddresses } from './wire/client-address.js';
import type { HubContext, HubState, WireSettings } from './wire/context.js';
import { type ControlGuard, guardControl } from './wire/control.js';
import { allowOrigins } from './wire/cors.js';
import { Authorizations } from './wire/credentials.js';
import { refuseMethod, renderErrors } from './wire/errors.js';
import type { RouteVoice, Voice } from './wire/operation.js';
import { createBodyReader } from './wire/request-body.js';
import { pathOf, plainTarget } from './wire/target.js';
import type { RequestsUnderWay } from './wire/under-way.js';
import { WrittenTexts } from './wire/written-texts.js';

const NO_PARAMS = Object.freeze({});

/** In bytes. */
const LONGEST_CONTROL_BODY = 16 * 1024 * 1024;
/** Every registry takes manifests of four megabytes (v2.md §3). */
const LONGEST_MANIFEST = 4.25 * 1024 * 1024;

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
  /** The pages; undefined: they are not there. */
  readonly web: Web | undefined;
  /** Origins of web pages that may use the API. */
  readonly cors: readonly string[];
  /** Where requests come from. */
  readonly clients: ClientAddresses;
  /** Sees every request, where there is a harness. */
  readonly underWay: RequestsUnderWay | undefined;
}

/** The HTTP side of the hub, as a value: nothing listens by itself. */
export function createApp(parts: AppParts): Koa<HubState> {
  const { domain, settings, log, metrics, listeners, control, guard, underWay, clients } = parts;
  const { cors, web } = parts;
  const { clock, faults, random } = control.harness.parts;
  // The control is here even when it is off: its guard refuses its own paths.
  const pages = web === undefined ? [] : webRoutes;
  const table = new RouteTable([...routes, ...pages, ...controlRoutes]);
  const app = new Koa<HubState>();
  // Sessions end with the process, and so may what their cookies are signed with.
  app.keys = [randomBytes(32).toString('hex')];
  const readBody = createBodyReader(settings.maxJson);
  const memory = { written: new WrittenTexts(), authorizations: new Authorizations(clients) };
  const api = { domain, settings, figures: metrics, readBody, clients, ...memory };
  const own = { ...api, ...withBodiesUpTo(LONGEST_CONTROL_BODY, settings) };
  const v2 = { ...api, ...withBodiesUpTo(LONGEST_MANIFEST, settings) };
  const stateOf = (voice: Voice, found: FoundRoute | undefined): HubState => {
    if (voice === 'control') {
      const state: ControlState = { ...stateFor(own, voice, found), control };
      return state;
    }
    const state = stateFor(voice === 'v2' ? v2 : api, voice, found);
    if (voice !== 'web' || web === undefined) return state;
    const page: WebState = { ...state, web, showError: web.showError };
    return page;
  };
  app.on('error', (error: unknown) => {
    log[isDisconnect(error) ? 'debug' : 'error']({ err: error }, 'a request failed');
  });

  // So early that it sees what everything below makes of the request.
  app.use(observe(listeners, () => random.requestId(), clients) as Middleware<HubState>);
  app.use((ctx, next) => {
    // From the request itself: every look through Koa's context takes a while.
    const { method = '', url = '' } = ctx.req;
    const target = plainTarget(url);
    if (target !== url) ctx.url = target;
    const path = pathOf(target);
    const found = table.find(method, path);
    const voice = spoken(found?.route.voice ?? table.voice(path), ctx, web !== undefined);
    ctx.state = stateOf(voice, found);
    ctx.params = found?.params ?? NO_PARAMS;
    if (clock.isAltered) ctx.set('Date', new Date(clock.now()).toUTCString());
    // What may refuse needs what errors are shown with.
    return voice === 'web' && web !== undefined ? web.tools().then(next) : next();
  });
  // Outside of what can refuse, so that a page may read refusals too.
  if (cors.length > 0) app.use(allowOrigins(cors) as Middleware<HubState>);
  // Around everything that can refuse.
  app.use(renderErrors as Middleware<HubState>);
  // Inside of it, since these may refuse, a fault in the Hub's own words.
  app.use(guardControl(guard) as Middleware<HubState>);
  // Knows whose request it is, and waits for what a fault delays.
  if (underWay !== undefined) app.use(underWay.watch as Middleware<HubState>);
  app.use(actOutFaults(faults, control.harness.ended) as Middleware<HubState>);
  app.use((ctx) => answer(ctx as HubContext, table));
  return app;
}

/** What handlers are given that is the same for every request. */
type Services = Omit<HubState, 'voice' | 'operation' | 'handler'>;

/** Field by field, since to spread an object for every request takes several times as long. */
function stateFor(services: Services, voice: Voice, found: FoundRoute | undefined): HubState {
  const { domain, settings, figures, readBody, written, authorizations, clients } = services;
  return {
    domain,
    settings,
    figures,
    readBody,
    written,
    authorizations,
    clients,
    voice,
    operation: found?.route,
    handler: found?.route.handler,
  };
}

/** What some are sent can be longer than what clients of v1 send. */
function withBodiesUpTo(
  longest: number,
  settings: WireSettings,
): Pick<HubState, 'settings' | 'readBody'> {
  const maxJson = Math.max(settings.maxJson, longest);
  return { settings: { ...settings, maxJson }, readBody: createBodyReader(maxJson) };
}

/** Lets the request's route answer. Throws `unknownPath` or `wrongMethod` where it has none. */
function answer(ctx: HubContext, table: RouteTable): void | Promise<void> {
  const { handler } = ctx.state;
  return handler === undefined ? refuseMethod(ctx, table.methods(pathOf(ctx.url))) : handler(ctx);
}

/** The voice of a route for this request. */
function spoken(voice: RouteVoice, ctx: Context, hasPages: boolean): Voice {
  if (voice === 'by accept') return hasPages && takesPages(ctx) ? 'web' : 'index';
  if (voice !== 'by credentials') return voice;
  return /^token\b/i.test(ctx.req.headers.authorization ?? '') ? 'registry' : 'index';
}

/** Whether somebody would rather see a page than JSON, as browsers say. */
function takesPages(ctx: Context): boolean {
  const { accept = '' } = ctx.req.headers;
  return accept.includes('text/html') && ctx.accepts('json', 'html') === 'html';
}
