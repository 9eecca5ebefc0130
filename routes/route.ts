import type { HubContext, Voice } from '../src/wire/context.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Answers one request; what it throws is rendered by `wire/errors.ts`. */
export type Handler = (ctx: HubContext) => void | Promise<void>;

/** One line of the table of contents. */
export interface Route {
  readonly method: Method;
  /** In the notation of @koa/router; `{/}` is a slash that may be there or not. */
  readonly path: string;
  readonly voice: Voice;
  readonly handler: Handler;
}
