import { z } from 'zod';
import { InvalidInput } from '../../src/input/invalid-input.js';
import { readTime } from '../../src/input/time.js';
import type { Handler, HubContext } from '../../src/wire/context.js';

/** A parameter of a query: what openapi.yaml says of its values, and how its text is read. */
export interface Parameter<Value> {
  /** A test compares it with openapi.yaml, its default too. */
  readonly schema: z.ZodType;
  /** Throws an InvalidInput about the name for a text that is not of the schema. */
  readonly read: (name: string, text: string) => Value;
}

/** The parameters that a request may have, by their names. */
export type QueryShape = Readonly<Record<string, Parameter<unknown>>>;

/** What was given, by name; a parameter that is missing or empty is not there. */
export type QueryOf<Shape extends QueryShape> = {
  readonly [Name in keyof Shape]?: ReturnType<Shape[Name]['read']>;
};

export const text: Parameter<string> = { schema: z.string(), read: (_, given) => given };

/** `usual` is what the handler takes where the parameter is missing. */
export function wholeNumber(least: number, most: number, usual?: number): Parameter<number> {
  const schema = z.int().min(least).max(most);
  return {
    schema: usual === undefined ? schema : schema.default(usual),
    read: (name, given) => {
      const number = Number(given);
      if (/^\d+$/.test(given) && number >= least && number <= most) return number;
      throw new InvalidInput(name, `expected a whole number from ${least} to ${most}`);
    },
  };
}

/** ISO 8601 or milliseconds since 1970; read as milliseconds. */
export const time: Parameter<number> = {
  schema: z.union([z.string(), z.int()]),
  // An unescaped + is a blank once a query is read.
  read: (name, given) =>
    readTime(name, /^\d+$/.test(given) ? Number(given) : given.replace(' ', '+')),
};

/** `usual` is what the handler takes where the parameter is missing. */
export function boolean(usual: boolean): Parameter<boolean> {
  return {
    schema: z.boolean().default(usual),
    read: (name, given) => {
      if (given === 'true' || given === 'false') return given === 'true';
      throw new InvalidInput(name, 'expected true or false');
    },
  };
}

/** The handler, for requests without other parameters: one that it would not heed is refused. */
export function withQuery(shape: QueryShape, handler: Handler): Handler {
  return (ctx) => {
    refuseOthers(new URLSearchParams(ctx.querystring), Object.keys(shape));
    return handler(ctx);
  };
}

/** The values of the query. Throws an InvalidInput for a value that is not what its parameter takes. */
export function readQuery<Shape extends QueryShape>(ctx: HubContext, shape: Shape): QueryOf<Shape> {
  const given = new URLSearchParams(ctx.querystring);
  const values = Object.entries(shape).flatMap(([name, { read }]) => {
    const said = given.get(name);
    return said ? [[name, read(name, said)]] : [];
  });
  return Object.fromEntries(values) as QueryOf<Shape>;
}

function refuseOthers(given: URLSearchParams, known: readonly string[]): void {
  const strange = [...given.keys()].find((name) => !known.includes(name));
  if (strange === undefined) return;
  const only = known.length === 0 ? 'there are none here' : `only ${known.join(', ')}`;
  throw new InvalidInput(strange, `unknown parameter: ${only}`);
}
