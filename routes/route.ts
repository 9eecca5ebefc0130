import type { Handler, Voice } from '../src/wire/context.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who answers on a route: of those that both had, the registry answers those who bring its token. */
export type RouteVoice = Voice | 'by credentials';

/** One line of the table of contents. */
export interface Route {
  readonly method: Method;
  /** In the notation of @koa/router; `{/}` is a slash that may be there or not. */
  readonly path: string;
  readonly voice: RouteVoice;
  readonly handler: Handler;
}
