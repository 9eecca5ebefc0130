/*
 * The part of openapi.yaml under /_hub says what the schemas say that guard it: the same fields, which of them
 * are needed, types, values and bounds. Only descriptions and examples are the contract's own.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import type { QueryShape } from '../../routes/control/query.js';
import { controlError, controlShapes } from '../../routes/control/shapes.js';
import { PARTS } from '../../src/harness/harness.js';
import {
  contract,
  type Json,
  jsonSchema,
  ofZod,
  plain,
  resolved,
} from '../support/plain-schema.js';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Json[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<Record<string, Json>>;
}

function operations(): Operation[] {
  const paths = Object.entries(contract.paths as Readonly<Record<string, Json>>);
  return paths
    .filter(([path]) => path.startsWith('/_hub/'))
    .flatMap(([, item]) => {
      const all = Object.values(item) as Partial<Operation>[];
      const shared = (item.parameters ?? []) as readonly Json[];
      return all
        .filter((one): one is Operation => one.operationId !== undefined)
        .map((one) => ({ ...one, parameters: [...shared, ...(one.parameters ?? [])] }));
    });
}

/** The parameters of a query as the contract has them, by name. */
function queryOfContract({ parameters = [] }: Operation): Json {
  const all = parameters.map((each) => resolved(each)).filter((each) => each.in === 'query');
  return Object.fromEntries(
    all.map(({ name, required = false, schema }) => {
      const { default: usual } = resolved(schema as Json);
      return [name, { required, usual, schema: plain(schema as Json) }];
    }),
  );
}

function queryOfShapes(query: QueryShape): Json {
  return Object.fromEntries(
    Object.entries(query).map(([name, { schema }]) => {
      const { default: usual } = jsonSchema(schema, 'input');
      return [name, { required: false, usual, schema: ofZod(schema, 'input') }];
    }),
  );
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

  for (const operation of all) {
    const { operationId, requestBody, responses } = operation;
    const { query = {}, request, answers = {} } = controlShapes[operationId] ?? {};

    it(`the parameters of ${operationId}`, () => {
      assert.deepEqual(queryOfContract(operation), queryOfShapes(query));
    });

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
