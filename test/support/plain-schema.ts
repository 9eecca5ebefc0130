/*
 * Schemas in one spelling, so that those of openapi.yaml can be compared with those of zod field by field.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../src/version.js';

export type Json = Readonly<Record<string, unknown>>;

/** openapi.yaml. */
export const contract = parse(readFileSync(new URL('openapi.yaml', packageRoot), 'utf8')) as Json;

/** What a `$ref` leads to, for as long as it leads on; what stands beside it counts as well. */
export function resolved(value: Json): Json {
  const { $ref, ...beside } = value;
  if (typeof $ref !== 'string') return value;
  const target = $ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at[key] as Json, contract);
  return { ...resolved(target), ...beside };
}

/** What says nothing of a value, or only says it to people. */
const UNSAID = ['$schema', 'description', 'examples', 'example', 'default', 'title', 'readOnly'];

/** Which words are about values of a type, where a schema allows several. */
const ABOUT: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'allOf', 'format', 'contentEncoding'],
  array: ['items', 'minItems', 'maxItems'],
  object: [
    ...['properties', 'required', 'additionalProperties', 'propertyNames'],
    ...['minProperties', 'maxProperties'],
  ],
};

/** A schema in one spelling, whether zod or a person wrote it. */
export function plain(given: Json): Json {
  const schema = without(resolved(given), UNSAID);
  const { type, oneOf, anyOf = oneOf, ...rest } = schema;
  if (Array.isArray(type)) {
    const about = (each: string): Json => pick(rest, ABOUT[each] ?? []);
    return plain({ anyOf: type.map((each: string) => ({ type: each, ...about(each) })) });
  }
  const said = Object.fromEntries(Object.entries(without(rest, unneeded(rest))).map(plainWord));
  if (!Array.isArray(anyOf)) return sorted({ ...(type === undefined ? {} : { type }), ...said });
  const choices = anyOf.map((each: Json) => plain(each));
  const flat = choices.flatMap((each) => (isChoice(each) ? each.anyOf : [each]));
  const inOrder = flat.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  return sorted({ ...(type === undefined ? {} : { type }), ...said, anyOf: inOrder });
}

function isChoice(schema: Json): schema is { readonly anyOf: readonly Json[] } {
  return Array.isArray(schema.anyOf) && Object.keys(schema).length === 1;
}

/** What stands behind a word of a schema, in the same spelling. */
function plainWord([key, value]: [string, unknown]): [string, unknown] {
  // As a literal writes it.
  if (key === 'pattern') return [key, (value as string).replaceAll('\\/', '/')];
  if (key === 'required' || key === 'enum') return [key, [...(value as string[])].sort()];
  if (key === 'properties') {
    const fields = Object.entries(value as Readonly<Record<string, Json>>);
    return [key, sorted(Object.fromEntries(fields.map(([name, each]) => [name, plain(each)])))];
  }
  if (Array.isArray(value)) return [key, value.map((each) => plain(each as Json))];
  return [key, typeof value === 'object' && value !== null ? plain(value as Json) : value];
}

/** Words that allow what is allowed anyway. */
function unneeded(schema: Json): string[] {
  const { minimum, maximum, propertyNames, additionalProperties, contentEncoding } = schema;
  const { properties } = schema;
  const isEmpty = (value: unknown, most: string): boolean =>
    value !== undefined && [most, '{}'].includes(JSON.stringify(value));
  return [
    ...(minimum === Number.MIN_SAFE_INTEGER ? ['minimum'] : []),
    ...(maximum === Number.MAX_SAFE_INTEGER ? ['maximum'] : []),
    ...(isEmpty(propertyNames, '{"type":"string"}') ? ['propertyNames'] : []),
    ...(isEmpty(additionalProperties, '{}') ? ['additionalProperties'] : []),
    ...(isEmpty(properties, '{}') ? ['properties'] : []),
    ...(contentEncoding === 'base64' ? ['format', 'pattern'] : []),
  ];
}

function without(all: Json, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(all).filter(([key]) => !keys.includes(key)));
}

function pick(all: Json, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key)));
}

function sorted(all: Json): Json {
  return Object.fromEntries(Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What zod says of a schema; its own checks that JSON Schema has no word for count as none. */
export function ofZod(schema: z.ZodType, io: 'input' | 'output'): Json {
  return plain(jsonSchema(schema, io));
}

/** What zod says of a schema, in its own spelling. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Json;
}
