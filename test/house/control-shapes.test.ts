/*
 * The part of openapi.yaml under /_hub says what the schemas say that guard it: the same fields, which of them
 * are needed, types, values and bounds. Only descriptions and examples are the contract's own.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { controlError, controlShapes } from '../../routes/control/shapes.js';
import { PARTS } from '../../src/harness/harness.js';
import { packageRoot } from '../../src/version.js';

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<Record<string, Json>>;
}

const contract = parse(readFileSync(new URL('openapi.yaml', packageRoot), 'utf8')) as Json;

/** What a `$ref` leads to, for as long as it leads on; what stands beside it counts as well. */
function resolved(value: Json): Json {
  const { $ref, ...beside } = value;
  if (typeof $ref !== 'string') return value;
  const target = $ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at[key] as Json, contract);
  return { ...resolved(target), ...beside };
}

function operations(): Operation[] {
  const paths = Object.entries(contract.paths as Readonly<Record<string, Json>>);
  return paths
    .filter(([path]) => path.startsWith('/_hub/'))
    .flatMap(([, item]) => Object.values(item))
    .filter((one): one is Operation => Object.hasOwn(one as object, 'operationId'));
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
function plain(given: Json): Json {
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
function ofZod(schema: z.ZodType, io: 'input' | 'output'): Json {
  return plain(z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Json);
}

function ofContract(content: unknown): Json {
  const { 'application/json': json } = content as Readonly<Record<string, { schema: Json }>>;
  return plain(json?.schema ?? {});
}

describe('under /_hub, the contract and the schemas say the same of', () => {
  const all = operations();

  it('which operations there are', () => {
    assert.deepEqual(
      all.map(({ operationId }) => operationId).sort(),
      Object.keys(controlShapes).sort(),
    );
  });

  for (const { operationId, requestBody, responses } of all) {
    const { request, answers = {} } = controlShapes[operationId] ?? {};

    it(`what ${operationId} is sent`, () => {
      assert.equal(requestBody === undefined, request === undefined);
      if (requestBody === undefined || request === undefined) return;
      const sent = ofZod(request, 'input');
      for (const [type, { schema }] of Object.entries(requestBody.content)) {
        assert.deepEqual(plain(schema), sent, type);
      }
    });

    it(`what ${operationId} answers`, () => {
      for (const [status, response] of Object.entries(responses)) {
        const { content } = resolved(response);
        const own = answers[Number(status)];
        if (own === undefined && content === undefined) continue;
        const isRefusal = own === undefined && status >= '400';
        const shape = isRefusal ? controlError : own;
        assert.ok(shape !== undefined, `${status} has no shape`);
        assert.deepEqual(ofContract(content), ofZod(shape, 'output'), status);
      }
      for (const status of Object.keys(answers)) assert.ok(responses[status], status);
    });
  }
});

/* The comparison itself: what is the same in two spellings, and what is not. */

const TEXT: Json = { type: 'string' };

const SAME: readonly (readonly [Json, Json])[] = [
  [
    { type: ['string', 'null'], maxLength: 5 },
    { anyOf: [{ type: 'null' }, { type: 'string', maxLength: 5 }] },
  ],
  [{ oneOf: [TEXT, { anyOf: [{ type: 'null' }] }] }, { type: ['null', 'string'] }],
  [{ type: 'object', additionalProperties: {} }, { type: 'object' }],
  [{ $ref: '#/components/schemas/Part' }, z.toJSONSchema(z.enum(PARTS)) as Json],
];

const OTHER: readonly (readonly [Json, Json])[] = [
  [TEXT, { type: 'integer' }],
  [TEXT, { type: ['string', 'null'] }],
  [
    { ...TEXT, maxLength: 5 },
    { ...TEXT, maxLength: 6 },
  ],
  [
    { ...TEXT, pattern: 'a' },
    { ...TEXT, pattern: 'b' },
  ],
  [
    { ...TEXT, enum: ['a'] },
    { ...TEXT, enum: ['a', 'b'] },
  ],
  [object({ a: TEXT }), object({ b: TEXT })],
  [object({ a: TEXT }), object({ a: TEXT, b: TEXT })],
  [object({ a: TEXT }), { ...object({ a: TEXT }), required: ['a'] }],
  [object({ a: TEXT }), { ...object({ a: TEXT }), additionalProperties: true }],
  [object({ a: object({ b: TEXT }) }), object({ a: object({ b: { type: 'null' } }) })],
];

function object(properties: Json): Json {
  return { type: 'object', additionalProperties: false, properties };
}

describe('the comparison of schemas', () => {
  for (const [one, other] of SAME) {
    it(`takes ${JSON.stringify(one)} for ${JSON.stringify(other)}`, () => {
      assert.deepEqual(plain(one), plain(other));
    });
  }
  for (const [one, other] of OTHER) {
    it(`tells ${JSON.stringify(one)} from ${JSON.stringify(other)}`, () => {
      assert.notDeepEqual(plain(one), plain(other));
    });
  }
});
