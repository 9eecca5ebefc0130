/*
 * JSON values that fit a schema of openapi.yaml, made from names that mean something where there are any.
 */
import fc, { type Arbitrary } from 'fast-check';
import { field, type OpenApi, type Place } from '../contract.js';
import { PASSWORD, PEOPLE, type PoolImage, TAGS } from './cast.js';

/** Makes values for one document. */
export class SchemaValues {
  readonly #api: OpenApi;
  readonly #known: ReadonlyMap<string, Arbitrary<unknown>>;

  constructor(api: OpenApi, images: readonly PoolImage[]) {
    this.#api = api;
    const ids = images.map(({ id }) => id);
    this.#known = new Map<string, Arbitrary<unknown>>([
      ['username', fc.oneof(fc.constantFrom(...PEOPLE), fc.stringMatching(/^newby[0-9]{1,3}$/))],
      ['password', fc.constantFrom(PASSWORD, 'another secret')],
      ['email', fc.oneof(fc.constant('alice@example.com'), fc.stringMatching(/^[a-z]{9}@x\.org$/))],
      ['id', fc.constantFrom(...ids)],
      ['parent', fc.constantFrom(...ids)],
      ['Tag', fc.constantFrom(...TAGS)],
      ['checksum', fc.constantFrom(...images.map(({ tarsum }) => tarsum))],
    ]);
  }

  /** Values that fit the schema at a place. */
  of(schema: Place): Arbitrary<unknown> {
    if (field(schema, 'const') !== undefined) return fc.constant(field(schema, 'const'));
    const choices = field(schema, 'enum');
    if (Array.isArray(choices)) return fc.constantFrom(...choices);
    const variants = ['anyOf', 'oneOf'].flatMap((name) =>
      this.#api.elements(this.#api.child(schema, name)),
    );
    if (variants.length > 0) return fc.oneof(...variants.map((each) => this.of(each)));
    const type = field(schema, 'type');
    const types: unknown[] = Array.isArray(type) ? type : [type];
    return fc.oneof(...types.map((each) => this.#ofType(each, schema)));
  }

  #ofType(type: unknown, schema: Place): Arbitrary<unknown> {
    switch (type) {
      case 'string':
        return textOf(schema);
      case 'integer':
        return fc.integer(boundsOf(schema));
      case 'number':
        return fc.double({ noNaN: true, noDefaultInfinity: true });
      case 'boolean':
        return fc.boolean();
      case 'array':
        return this.#listOf(schema);
      case 'object':
        return this.#objectOf(schema);
      default:
        return fc.constant(null);
    }
  }

  #listOf(schema: Place): Arbitrary<unknown> {
    const items = this.#api.child(schema, 'items');
    return items === undefined ? fc.array(fc.jsonValue()) : fc.array(this.of(items));
  }

  #objectOf(schema: Place): Arbitrary<unknown> {
    const properties = this.#api.children(this.#api.child(schema, 'properties'));
    const required = field(schema, 'required');
    const fields = properties.map(([name, place]): [string, Arbitrary<unknown>] => {
      const known = this.#known.get(name);
      const any = this.of(place);
      const value = known === undefined ? any : fc.oneof({ weight: 4, arbitrary: known }, any);
      return [name, value];
    });
    const requiredKeys = Array.isArray(required) ? required.map(String) : [];
    const others = this.#api.child(schema, 'additionalProperties');
    if (properties.length === 0 && others !== undefined && typeof others.value === 'object') {
      return fc.dictionary(fc.string({ maxLength: 20 }), this.of(others), { maxKeys: 4 });
    }
    return fc.record(Object.fromEntries(fields), { requiredKeys });
  }
}

/** Small numbers as a rule, and now and then the largest there may be. */
function boundsOf(schema: Place): { min: number; max: number } {
  const [least, most] = ['minimum', 'maximum'].map((name) => field(schema, name));
  return {
    min: Number(least ?? -(2 ** 31)),
    max: Math.min(Number(most ?? 2 ** 31 - 1), 2 ** 31 - 1),
  };
}

function textOf(schema: Place): Arbitrary<string> {
  const pattern = field(schema, 'pattern');
  if (typeof pattern === 'string' && !pattern.includes('(?')) {
    return fc.stringMatching(new RegExp(pattern), { size: 'small' });
  }
  if (field(schema, 'format') === 'email') return fc.emailAddress();
  const minLength = Number(field(schema, 'minLength') ?? 0);
  return fc.string({ minLength, maxLength: minLength + 40, unit: 'grapheme' });
}
