/*
 * Bodies: what the schema asks for, the same with something wrong, and bytes that are not JSON at all.
 */
import { deflateSync, gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import type { PoolImage } from './cast.js';
import type { Header, WireRequest } from './client.js';
import { BLOBS, MANIFESTS } from './modern.js';
import type { Operation } from './operations.js';
import type { SchemaValues } from './schema-values.js';

/** The part of a request that is about its body. */
export type BodyParts = Pick<WireRequest, 'headers' | 'body' | 'chunked' | 'cutAt'>;

/** A little more than a JSON body may have. */
const TOO_LARGE = 1024 * 1024 + 1;

/** Bodies for an operation, with the headers that go with them. */
export function bodyParts(
  operation: Operation,
  values: SchemaValues,
  images: readonly PoolImage[],
): Arbitrary<BodyParts> {
  const content = contents(operation, values, images);
  const framing = fc.record({
    chunked: fc.boolean(),
    pieces: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 5 })),
    cutAt: rarely(fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 1_000_000 }))),
  });
  const some = fc
    .tuple(content, framing)
    .map(([{ bytes, headers }, { chunked, pieces, cutAt }]) => {
      const body = cutInto(bytes, pieces);
      return cutAt === undefined ? { headers, body, chunked } : { headers, body, chunked, cutAt };
    });
  const none = fc.constant<BodyParts>({ headers: [] });
  const usual = operation.bodies.length > 0 ? 12 : 1;
  return fc.oneof({ weight: usual, arbitrary: some }, { weight: 3, arbitrary: none });
}

interface Content {
  readonly bytes: Buffer;
  readonly headers: readonly Header[];
}

function contents(
  operation: Operation,
  values: SchemaValues,
  images: readonly PoolImage[],
): Arbitrary<Content> {
  const schemas = operation.bodies.flatMap(({ schema }) => (schema === undefined ? [] : [schema]));
  const fitting = operation.path.includes('/manifests/')
    ? fc.constantFrom(...MANIFESTS.map(({ bytes }): unknown => JSON.parse(bytes.toString())))
    : schemas.length === 0
      ? fc.jsonValue({ maxDepth: 3 })
      : fc.oneof(...schemas.map((schema) => values.of(schema)));
  const json = fc.tuple(fitting, spoilers).map(([value, spoil]) => spoil(value));
  const text = fc.tuple(json, garblers).map(([plain, garble]) => garble(Buffer.from(plain)));
  const form = fitting.map((value) => Buffer.from(toForm(value)));
  const bytes = fc.oneof(
    { weight: 10, arbitrary: text },
    { weight: operation.bodies.length > 1 ? 4 : 1, arbitrary: form },
    { weight: 2, arbitrary: monsters },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)) },
    {
      weight: operation.path.endsWith('/layer') ? 10 : 1,
      arbitrary: fc.constantFrom(...images.flatMap(({ json, layer }) => [json, layer])),
    },
  );
  const all = fc.oneof(
    { weight: 1, arbitrary: bytes },
    { weight: operation.path.includes('/uploads/') ? 2 : 0, arbitrary: fc.constantFrom(...BLOBS) },
  );
  return fc.tuple(all, types, codings).map(([plain, type, coding]) => ({
    bytes: coding.encode(plain),
    headers: [
      ...type.map((value): Header => ['Content-Type', value]),
      ...coding.names.map((value): Header => ['Content-Encoding', value]),
    ],
  }));
}

/** What is wrong with a value before it becomes text. */
const spoilers: Arbitrary<(value: unknown) => string> = fc.oneof(
  { weight: 8, arbitrary: fc.constant((value: unknown) => JSON.stringify(value) ?? 'null') },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat({ max: 20 }), fc.oneof(oddValues(), fc.jsonValue({ maxDepth: 2 })))
      .map(
        ([at, odd]) =>
          (value: unknown) =>
            JSON.stringify(replaceAt(value, at, odd)) ?? 'null',
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('__proto__', 'constructor', 'toString', 'id', '', 'é', '\ud800', 'admin')
      .map((key) => (value: unknown) => withKey(value, key)),
  },
  { weight: 1, arbitrary: fc.constant((value: unknown) => JSON.stringify([value]) ?? '') },
  { weight: 1, arbitrary: fc.constant((value: unknown) => JSON.stringify({ value })) },
);

function oddValues(): Arbitrary<unknown> {
  return fc.constantFrom<unknown>(
    null,
    0,
    -1,
    1e308,
    true,
    '',
    [],
    {},
    [1],
    [[]],
    'x'.repeat(300),
    'x'.repeat(20_000),
    '\u0000',
    '\ud800',
    '😀'.repeat(20),
    '../../etc/passwd',
    '__proto__',
    '%',
    'a b',
    'é',
  );
}

/** The value with its `at`-th part, at any depth, replaced. */
function replaceAt(value: unknown, at: number, odd: unknown): unknown {
  let left = at;
  const walk = (part: unknown): unknown => {
    if (left-- === 0) return odd;
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, walk(each)]));
  };
  return walk(value);
}

/** The text of an object with one key more, perhaps one that it has already. */
function withKey(value: unknown, key: string): string {
  const text = JSON.stringify(value) ?? 'null';
  if (!text.startsWith('{')) return text;
  const more = `${JSON.stringify(key)}: {"admin": true}`;
  return text === '{}' ? `{${more}}` : `{${more}, ${text.slice(1)}`;
}

/** What is wrong with the bytes of a text. */
const garblers: Arbitrary<(text: Buffer) => Buffer> = fc.oneof(
  { weight: 12, arbitrary: fc.constant((text: Buffer) => text) },
  {
    weight: 1,
    arbitrary: fc.nat().map((at) => (text: Buffer) => text.subarray(0, at % (text.length + 1))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]) => (text: Buffer) => {
      const changed = Buffer.from(text);
      changed[at % Math.max(1, text.length)] = byte;
      return changed;
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      (text: Buffer) => Buffer.concat([Buffer.from('\ufeff'), text]),
      (text: Buffer) => Buffer.from(text.toString(), 'utf16le'),
      (text: Buffer) => Buffer.from(text.toString(), 'latin1'),
      (text: Buffer) => Buffer.concat([text, Buffer.from([0])]),
      (text: Buffer) => Buffer.concat([text, text]),
      (text: Buffer) => Buffer.concat([text, Buffer.from([0xc3, 0x28])]),
      (text: Buffer) => Buffer.from(` \n\t${text}\r\n `),
      (text: Buffer) => Buffer.from(`/* */${text}`),
    ),
  },
);

/** Bodies that are large, deep or long in one direction. */
const monsters: Arbitrary<Buffer> = fc
  .constantFrom<readonly [string, number, string]>(
    ['x', TOO_LARGE, ''],
    ['x', 3 * 1024 * 1024, ''],
    ['[', 100_000, ''],
    ['[', 65, ']'.repeat(65)],
    ['{"a":', 50_000, ''],
    ['[{"id":"a"}', 1, `${',{"id":"a"}'.repeat(60_000)}]`],
    ['"\\u0041', 1, `${'\\u0041'.repeat(150_000)}"`],
    [' ', 1_000_000, '[]'],
    ['1', 1_000_000, ''],
    ['[0', 1, `${',0'.repeat(500_000)}]`],
    ['{"id":"', 1, `${'a'.repeat(1_000_000)}"}`],
    ['a=b&', 200_000, ''],
    ['{"a":1', 1, `${',"a":1'.repeat(150_000)}}`],
  )
  .map(([start, count, end]) => Buffer.from(start.repeat(count) + end));

const types: Arbitrary<readonly string[]> = fc.oneof(
  { weight: 8, arbitrary: fc.constant(['application/json']) },
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 3, arbitrary: fc.constant(['application/x-www-form-urlencoded']) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        'application/octet-stream',
        'application/json; charset=utf-16',
        'application/json;charset="',
        'text/plain',
        ...new Set(MANIFESTS.map(({ mediaType }) => mediaType)),
        'multipart/form-data',
        'multipart/form-data; boundary=x',
        'x',
        '/',
        '',
        'application/json, text/html',
        'a/b; c=d; c=e',
      )
      .map((type) => [type]),
  },
);

/** What unpacks to fifty times what a body may have. */
const BOMB = gzipSync(Buffer.alloc(50 * 1024 * 1024), { level: 1 });

interface Coding {
  /** What Content-Encoding says; none: there is no such header. */
  readonly names: readonly string[];
  readonly encode: (plain: Buffer) => Buffer;
}

const asItIs = (plain: Buffer): Buffer => plain;

const codings: Arbitrary<Coding> = fc.oneof(
  { weight: 14, arbitrary: fc.constant<Coding>({ names: [], encode: asItIs }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Coding>(
      { names: ['identity'], encode: asItIs },
      { names: ['gzip'], encode: (plain) => gzipSync(plain) },
      { names: ['deflate'], encode: (plain) => deflateSync(plain) },
      { names: ['gzip'], encode: (plain) => gzipSync(plain).subarray(0, -5) },
      { names: ['gzip'], encode: asItIs },
      { names: ['gzip'], encode: () => BOMB },
      { names: ['br'], encode: asItIs },
      { names: ['x'.repeat(1000)], encode: asItIs },
      { names: ['gzip', 'gzip'], encode: (plain) => gzipSync(gzipSync(plain)) },
    ),
  },
);

function toForm(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const pairs = Object.entries(value).map(([key, each]): [string, string] => {
    return [key, typeof each === 'string' ? each : (JSON.stringify(each) ?? '')];
  });
  return new URLSearchParams(wellFormed(pairs)).toString();
}

/** Without the halves of characters that a form can't carry. */
function wellFormed(pairs: readonly [string, string][]): [string, string][] {
  const well = (text: string): string => Buffer.from(text).toString();
  return pairs.map(([key, value]) => [well(key), well(value)]);
}

function cutInto(bytes: Buffer, pieces: number): Buffer[] {
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  return Array.from({ length: pieces }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

function rarely<T>(value: Arbitrary<T>): Arbitrary<T | undefined> {
  return fc.oneof(
    { weight: 25, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: value },
  );
}
