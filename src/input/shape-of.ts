import type { z } from 'zod';

/**
 * A schema for an interface of startHub, which needs no package to be understood and so can't be inferred: it
 * has every field, also those that may be missing, and makes nothing but values of the interface.
 * `schema satisfies ShapeOf<User>` compiles only while the two say the same.
 */
export type ShapeOf<T extends object> = z.ZodType<T> & {
  readonly shape: { readonly [Field in keyof T]-?: unknown };
};
