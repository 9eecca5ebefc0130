/*
 * Single requests to any operation of openapi.yaml, right or with something wrong.
 */
import { METHODS as HTTP_METHODS } from 'node:http';
import fc, { type Arbitrary } from 'fast-check';
import { bodyParts } from './bodies.js';
import { type PoolImage, REPOSITORIES } from './cast.js';
import { credentials, headerLists } from './headers.js';
import { DIGESTS, LAST_UPLOAD, MANIFESTS, SCOPES } from './modern.js';
import { segments } from './names.js';
import type { Operation } from './operations.js';
import type { FuzzRequest } from './request.js';
import type { SchemaValues } from './schema-values.js';

/** What requests are made of. */
export interface Material {
  readonly operations: readonly Operation[];
  readonly values: SchemaValues;
  readonly images: readonly PoolImage[];
  /** `host:port` of the hub. */
  readonly host: string;
  /** Out of so many requests one is for the hub's own control; the others are for the API. */
  readonly controlEvery: number;
}

/** Methods that Node's own client and server both speak; CONNECT asks for a tunnel, not a path. */
const METHODS = HTTP_METHODS.filter((method) => method !== 'CONNECT');

/** Requests to any operation. */
export function requests(material: Material): Arbitrary<FuzzRequest> {
  const isControl = ({ path }: Operation): boolean => path.startsWith('/_hub/');
  // Their answers end with the hub alone; test/web/live.test.ts asks for them.
  const isStream = ({ path }: Operation): boolean => path.endsWith('/events');
  const operations = fc.oneof(
    {
      weight: material.controlEvery - 1,
      arbitrary: among(material.operations.filter((each) => !isControl(each) && !isStream(each))),
    },
    { weight: 1, arbitrary: among(material.operations.filter(isControl)) },
  );
  return operations.chain((operation) => {
    const { values, images, host } = material;
    return fc
      .record({
        method: fc.oneof(
          { weight: 30, arbitrary: fc.constant(operation.method) },
          { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
        ),
        path: targets(operation, images, host),
        auth: credentials,
        headers: headerLists(images, host),
        body: bodyParts(operation, values, images),
      })
      .map(({ body, headers, ...request }) => ({
        ...request,
        ...body,
        headers: [...headers, ...body.headers],
      }));
  });
}

function among(operations: readonly Operation[]): Arbitrary<Operation> {
  return fc.constantFrom(...operations);
}

/** Request targets: path, query, and the odd forms of both. */
function targets(
  operation: Operation,
  images: readonly PoolImage[],
  host: string,
): Arbitrary<string> {
  const path = fc.tuple(
    fc.oneof(
      { weight: 3, arbitrary: wholePaths(operation) },
      { weight: 4, arbitrary: paths(operation, images) },
    ),
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('') },
      fc.constantFrom('/', '/', '//', '/.', '%2F', ...LONG_ENDS),
    ),
  );
  const form = fc.oneof(
    { weight: 40, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom(`http://${host}`, 'http://other.example', '/') },
  );
  return fc
    .tuple(form, path, queries(operation))
    .map(([start, [middle, end], query]) => `${start}${middle}${end}${query}`);
}

/** What a careless reader of paths would look at again and again. */
const LONG_ENDS = ['/', '%2f', '#', ':@', '%3a', '\\'].map((part) =>
  part.repeat(14_000 / part.length),
);

/** The path of a repository that is really there, so that a request gets past the first check. */
function wholePaths(operation: Operation): Arbitrary<string> {
  const { path } = operation;
  const names = path.includes('{namespace}')
    ? REPOSITORIES
    : REPOSITORIES.filter((name) => name.startsWith('library/'));
  return fc.constantFrom(...names).map((full) => {
    const [namespace = '', repository = ''] = full.split('/');
    return path
      .replace('{namespace}', namespace)
      .replace('{repository}', repository)
      .replace('{username}', namespace)
      .replace('{tag}', 'latest')
      .replace('{reference}', 'latest')
      .replace('{digest}', MANIFESTS[0]?.digest ?? '')
      .replace('{upload}', LAST_UPLOAD)
      .replace('{name}', 'one')
      .replace('{student}', 'student01')
      .replace('{rest}', 'alice/web/manifests/latest')
      .replace('{id}', '0'.repeat(64));
  });
}

function paths(operation: Operation, images: readonly PoolImage[]): Arbitrary<string> {
  const parts = operation.path.split('/').map((part) => {
    const parameter = /^\{(\w+)\}$/.exec(part)?.[1];
    if (parameter !== undefined) return segments(parameter, images);
    return fc.oneof(
      { weight: 60, arbitrary: fc.constant(part) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(part.toUpperCase(), `${part}/`, `%${hex(part)}`, ''),
      },
    );
  });
  return fc.tuple(...parts).map((all) => {
    const joined = all.join('/');
    // HTTP takes no path without a slash at its start.
    return joined.startsWith('/') ? joined : `/${joined}`;
  });
}

/** The first letter as a byte, with the rest of the word behind it. */
function hex(part: string): string {
  return part === '' ? '2F' : `${part.charCodeAt(0).toString(16)}${part.slice(1)}`;
}

const AWKWARD = [
  '',
  '%',
  '%00',
  '%ff',
  '%C3%A9',
  'library',
  'web',
  '*',
  '.*',
  '(((((',
  '0',
  '-1',
  '1e2',
  '99999999999999999999',
  '100',
  '101',
  '2',
  'NaN',
  '+',
  '[]',
  'x'.repeat(8000),
  '='.repeat(8000),
  '%'.repeat(8000),
  '&'.repeat(8000),
  '+'.repeat(8000),
] as const;

/** Values that parameters of v2 may understand. */
const KNOWN: ReadonlyMap<string, readonly string[]> = new Map([
  ['digest', DIGESTS],
  ['mount', DIGESTS],
  ['from', [...REPOSITORIES, 'base', 'a/b/c', '..']],
  // A blank ends the target of a request.
  ['scope', SCOPES.map((scope) => scope.replaceAll(' ', '%20'))],
  ['tag', ['latest', 'v1', '-no', 'x'.repeat(129)]],
  ['last', ['', 'alice/web', 'latest', ...DIGESTS]],
]);

function queries({ parameters }: Operation): Arbitrary<string> {
  const known = parameters.flatMap(({ name, place }) => (place === 'query' ? [name] : []));
  const name = fc.constantFrom(...known, ...known, 'q', 'n[]', '__proto__', '');
  const value = (key: string): Arbitrary<string> => {
    const known = KNOWN.get(key) ?? [];
    return fc.constantFrom(...known, ...known, ...AWKWARD);
  };
  const pair = name
    .chain((key) => fc.tuple(fc.constant(key), value(key)))
    // What takes long by its nature is asked not to.
    .map(([key, text]) => (key === 'timeout' ? 'timeout=20' : `${key}=${text}`));
  const some = fc.array(pair, { minLength: 1, maxLength: 4 }).map((all) => `?${all.join('&')}`);
  if (known.includes('timeout')) return some.map((query) => `${query}&timeout=20`);
  return fc.oneof(
    { weight: known.length > 0 ? 1 : 12, arbitrary: fc.constant('') },
    { weight: known.length > 0 ? 6 : 1, arbitrary: some },
    { weight: 1, arbitrary: fc.constantFrom('?', '??', '?a', '#x', '?#') },
  );
}
