import type { Handler } from '../src/wire/context.js';
import type { Operation } from '../src/wire/operation.js';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One line of the table of contents. */
export interface Route extends Operation {
  readonly method: Method;
  readonly handler: Handler;
}
