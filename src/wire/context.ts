import type { Next, ParameterizedContext } from 'koa';
import type { Caller } from '../domain/access/access.js';
import type { Domain } from '../domain/domain.js';
import type { ClientAddresses } from './client-address.js';
import type { Authorizations } from './credentials.js';
import type { ErrorAnswer } from './error-answers.js';
import type { Operation, Voice } from './operation.js';
import type { SeenBody } from './seen-body.js';
import type { WrittenTexts } from './written-texts.js';

/** What the wire itself can be set to. */
export interface WireSettings {
  /** The registries that X-Docker-Endpoints names; empty: the host the request came for. */
  readonly endpoints: readonly string[];
  readonly registration: 'open' | 'closed';
  /** True: who pushes without a login may ask by any name of this hub that is not official. */
  readonly anonymousAnywhere: boolean;
  /** Who gets the registry of today: all but dockers up to 1.12, everybody, or nobody. */
  readonly v2: 'auto' | 'always' | 'off';
  /** Names under which the hub is the real one: there is no v2 behind them, not even a 404. */
  readonly officialNames: readonly string[];
  /** True: the hub listens where only this machine reaches it. */
  readonly isLocal: boolean;
  /** Where openapi.yaml lies. */
  readonly contract: URL;
  /** The longest JSON body accepted, in bytes. */
  readonly maxJson: number;
  /** Seconds within which a JSON body must be there, and for which an unwanted body is taken. */
  readonly bodyTimeout: number;
}

/** Middleware that puts a request's body, read to its end, into `ctx.request.body`. */
export type BodyReader = (ctx: HubContext, next: Next) => Promise<void>;

/** Answers one request; what it throws is rendered by `errors.ts`. */
export type Handler = (ctx: HubContext) => void | Promise<void>;

/** What the hub has counted, as Prometheus reads it. */
export interface Figures {
  /** The Content-Type of `text`. */
  readonly contentType: string;
  text(): Promise<string>;
}

/** What a handler is given besides the request, and what it leaves for the journal and the metrics. */
export interface HubState {
  readonly domain: Domain;
  readonly settings: WireSettings;
  readonly figures: Figures;
  readonly readBody: BodyReader;
  readonly written: WrittenTexts;
  readonly authorizations: Authorizations;
  /** Where requests come from, seen through proxies. */
  readonly clients: ClientAddresses;
  readonly voice: Voice;
  /** What the request is meant for; undefined where no route fits. */
  readonly operation: Operation | undefined;
  /** What answers on that route. */
  readonly handler: Handler | undefined;
  /** Says an error on a page; only where the voice is that of the web. */
  readonly showError?: ((ctx: HubContext, answer: ErrorAnswer) => void) | undefined;
  /** Who made the request, as soon as that is known. */
  caller?: Caller;
  /** The request's body, as soon as it is read. */
  received?: SeenBody;
  /** The name of the fault that acts on the request. */
  fault?: string;
  /** True: a 401 asks podman for a password, which searches only where there is a v2 registry. */
  asksAsV2?: true;
  /** What a token must be for to do what this request wants: `repository:alice/app:pull`. */
  scope?: string;
  /** A reset has overtaken the request: it does not belong to what comes after. */
  isOutdated?: true;
  /** The answer's body before a fault changed it. */
  unaltered?: unknown;
}

/** What the parts of a path are, by their names in the route's pattern. */
export type PathParams = Readonly<Record<string, string>>;

/** A request on its way through the hub. */
export type HubContext = ParameterizedContext<HubState> & {
  /** Unescaped; none where no route fits. */
  params: PathParams;
};
