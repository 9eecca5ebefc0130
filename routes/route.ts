import type { Handler, Voice } from '../src/wire/context.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One line of the table of contents. */
export interface Route {
  readonly method: Method;
  /** In the notation of @koa/router; `{/}` is a slash that may be there or not. */
  readonly path: string;
  readonly voice: Voice;
  readonly handler: Handler;
}
