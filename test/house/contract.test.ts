import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controlRoutes, routes, webRoutes } from '../../routes/index.js';
import {
  type Answer,
  checkAnswer,
  documentedRoutes,
  field,
  isRecord,
  METHODS,
  OpenApi,
  type Place,
} from '../support/contract.js';

const api = new OpenApi();
const REPOSITORY = '/v1/repositories/jamtur01/static_web';
const ID = '800a49ad4a4ba70b961f9a03aec52fdfa7069a2c341d355018b74ed183e0ab8d';

interface Operation {
  readonly name: string;
  readonly item: Place;
  readonly place: Place;
  readonly method: string;
  readonly path: string;
}

function operations(): Operation[] {
  return api.children(api.child(api.root, 'paths')).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const place = api.child(item, method);
      return place === undefined ? [] : [{ name: `${method} ${path}`, item, place, method, path }];
    }),
  );
}

/** Every mapping in the document, with the keys that lead there. */
function* mappings(value: unknown, at = '#'): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (isRecord(value)) yield [at, value];
  for (const [key, child] of Object.entries(value)) yield* mappings(child, `${at}/${key}`);
}

/** `example` and `examples` of a parameter, a header or a media type. */
function examplesOf(place: Place): unknown[] {
  const several = api.children(api.child(place, 'examples')).map(([, one]) => field(one, 'value'));
  const single = api.child(place, 'example');
  return single === undefined ? several : [...several, single.value];
}

/** The path without and with its optional part, such as `{/}` or `{/*rest}`. */
function variants(path: string): string[] {
  const [, before = '', part = '', after = ''] = /^(.*?)\{(\/[^{}]*)\}(.*)$/.exec(path) ?? [];
  if (part === '') return [path];
  return [...variants(before + after), ...variants(before + part + after)];
}

/**
 * Routes of the server's table as openapi.yaml spells them, a slash at the end left out. HEAD goes
 * with GET on both sides, so it is compared only where a path has it alone.
 */
function normalised(all: readonly { method: string; path: string }[]): Set<string> {
  const spelt = all.flatMap(({ method, path }) =>
    variants(path).map((variant) => ({
      method: method.toUpperCase(),
      path: variant.replace(/[:*](\w+)/g, '{$1}').replace(/(?<=.)\/$/, ''),
    })),
  );
  const has = (method: string, path: string) =>
    spelt.some((route) => route.method === method && route.path === path);
  return new Set(
    spelt
      .filter(({ method, path }) => method !== 'HEAD' || !has('GET', path))
      .map(({ method, path }) => `${method} ${path}`),
  );
}

describe('openapi.yaml and the route table', () => {
  const documented = normalised(documentedRoutes());
  const served = normalised([...routes, ...webRoutes, ...controlRoutes]);

  it('documents every route that is served', () => {
    assert.deepEqual([...served].filter((route) => !documented.has(route)).sort(), []);
  });

  it('promises no route that is not served', () => {
    assert.deepEqual([...documented].filter((route) => !served.has(route)).sort(), []);
  });

  it('calls each operation as its row does, and no two the same', () => {
    const spelt = (path: string) =>
      path.replace(/[:*](\w+)/g, '{$1}').replace(/(?:\{\/\}|\/)$/, '');
    const rows = [...routes, ...webRoutes, ...controlRoutes].map(
      ({ method, path, id }) => `${id} ${method} ${spelt(path)}`,
    );
    const here = operations().map(({ method, path, place }) => {
      return `${field(place, 'operationId')} ${method.toUpperCase()} ${spelt(path)}`;
    });
    assert.deepEqual(rows.sort(), here.sort());
  });
});

describe('what is made from one row', () => {
  const places = new Map(operations().map(({ place }) => [field(place, 'operationId'), place]));
  const WORDS = ['operationId', 'summary', 'description', 'examples'];
  const withoutWords = (id: string): unknown =>
    JSON.parse(
      JSON.stringify(places.get(id)?.value, (key, value) =>
        WORDS.includes(key) ? undefined : value,
      ),
    );

  for (const { id, row } of [...routes, ...webRoutes, ...controlRoutes].filter(
    (each) => each.id !== each.row,
  )) {
    it(`is described as one: ${id} and ${row}`, () => {
      assert.deepEqual(withoutWords(id), withoutWords(row));
    });
  }
});

describe('openapi.yaml itself', () => {
  it('has no reference that leads nowhere', () => {
    for (const [at, { $ref }] of mappings(api.root.value)) {
      if (typeof $ref === 'string') assert.doesNotThrow(() => api.resolve($ref), at);
    }
  });

  it('has no component that nothing refers to', () => {
    const used = new Set([...mappings(api.root.value)].map(([, { $ref }]) => $ref));
    const components = api.children(api.child(api.root, 'components'));
    const names = components
      .filter(([kind]) => kind !== 'securitySchemes')
      .flatMap(([kind, all]) => api.children(all).map(([name]) => `#/components/${kind}/${name}`));
    // Unknown paths have no operation that could refer to their answer.
    used.add('#/components/responses/NotFound');
    assert.deepEqual(
      names.filter((name) => !used.has(name)),
      [],
    );
  });

  it('names, tags and sums up every operation', () => {
    const tags = new Set(
      api.elements(api.child(api.root, 'tags')).map((tag) => field(tag, 'name')),
    );
    const ids = new Set<unknown>();
    for (const { name, place } of operations()) {
      assert.match(String(field(place, 'operationId')), /^[a-z]\w+$/, name);
      assert.ok(!ids.has(field(place, 'operationId')), `${name} has the operationId of another`);
      ids.add(field(place, 'operationId'));
      assert.match(String(field(place, 'summary') ?? ''), /^[A-Z].{3,}/, `${name} has no summary`);
      const own = api.elements(api.child(place, 'tags'));
      assert.ok(own.length === 1 && own.every(({ value }) => tags.has(value)), `tags of ${name}`);
    }
  });

  it('describes every parameter in a path', () => {
    for (const { name, item, place, path } of operations()) {
      const parameters = [item, place].flatMap((one) => api.elements(api.child(one, 'parameters')));
      const named = parameters.filter((one) => field(one, 'in') === 'path');
      assert.deepEqual(
        named.map((one) => `{${field(one, 'name')}}`),
        path.match(/\{\w+\}/g) ?? [],
        name,
      );
      for (const one of named) assert.equal(field(one, 'required'), true, name);
    }
  });

  it('says 405 everywhere, 413 where a JSON body is read, 401 where a login is', () => {
    for (const { name, place } of operations()) {
      const statuses = new Set(api.children(api.child(place, 'responses')).map(([one]) => one));
      assert.ok(statuses.has('405'), `${name}: 405`);
      const content = api.child(api.child(place, 'requestBody') ?? place, 'content');
      const readsJson = api.children(content).some(([type]) => type === 'application/json');
      if (readsJson) assert.ok(statuses.has('413'), `${name}: 413`);
      const security = api.elements(api.child(place, 'security'));
      if (security.length > 0) assert.ok(statuses.has('401'), `${name}: 401`);
      assert.ok(field(place, 'security') !== undefined, `${name}: security`);
    }
  });

  it('gives an example of every JSON success', () => {
    for (const { name, place } of operations()) {
      for (const [status, response] of api.children(api.child(place, 'responses'))) {
        const json = api.child(api.child(response, 'content') ?? response, 'application/json');
        if (!status.startsWith('2') || json === undefined || status === '204') continue;
        assert.ok(examplesOf(json).length > 0, `${name}: ${status}`);
      }
    }
  });

  it('has only schemas that compile, and examples that fit them', () => {
    for (const [at, { schema, ...rest }] of mappings(api.root.value)) {
      if (schema === undefined || at.includes('/examples/')) continue;
      const place = placeOf(at);
      const schemaPlace = api.child(place, 'schema');
      assert.ok(schemaPlace, at);
      assert.doesNotThrow(() => api.validator(schemaPlace), at);
      for (const example of examplesOf({ ...place, value: rest })) {
        assert.equal(api.schemaProblem(schemaPlace, example), undefined, at);
      }
    }
  });
});

/** The place that keys joined by slashes lead to; a path such as /v1/users is one key. */
function placeOf(at: string): Place {
  let place = api.root;
  let rest = at.slice('#/'.length);
  while (rest !== '') {
    const keys = Object.keys(Object(place.value)).sort((a, b) => b.length - a.length);
    const key = keys.find((one) => rest === one || rest.startsWith(`${one}/`));
    const next = key === undefined ? undefined : api.child(place, key);
    assert.ok(key !== undefined && next !== undefined, at);
    place = next;
    rest = rest.slice(key.length + 1);
  }
  return place;
}

const INDEX = { 'Content-Type': 'application/json', Vary: 'Accept' };
const REGISTRY = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-cache',
  Expires: '-1',
  Pragma: 'no-cache',
  'X-Docker-Registry-Config': 'common',
  'X-Docker-Registry-Version': '0.9.1',
};
const BARE = { 'Content-Type': 'application/json' };
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="auth required",Token' };

function answer(line: string, status: number, headers: Answer['headers'], body?: string): Answer {
  const [method = '', path = ''] = line.split(' ');
  return { method, path, status, headers, body };
}

describe('checkAnswer', () => {
  const endpoints = { ...INDEX, 'X-Docker-Endpoints': '127.0.0.1:5000, [::1]:5001' };
  const notAllowed = { ...INDEX, Allow: 'HEAD, GET, POST' };

  const good: readonly Answer[] = [
    answer('GET /v1/users', 200, INDEX, '"OK"'),
    answer('GET /v1/users/?x=%', 200, INDEX, '"OK"'),
    answer('HEAD /v1/users', 200, INDEX),
    answer('GET /v1/users', 401, { ...INDEX, ...CHALLENGE }, '"Wrong login/password"'),
    answer('PATCH /v1/users/', 405, notAllowed, '"Method not allowed"'),
    answer('GET /v1/nothing', 404, INDEX, '"Not found"'),
    answer('GET /v1/images/x/y/z', 404, REGISTRY, '{"error": "Not found"}'),
    answer('PUT /v1/users/jamtur01', 204, INDEX),
    answer('PUT /v1/repositories/foo/images', 204, INDEX),
    answer('PUT /v1/repositories/foo/images/', 200, endpoints, '""'),
    answer('PUT /v1/repositories/foo/images/images', 204, INDEX),
    answer('DELETE /v1/repositories/foo/%69mages', 204, endpoints),
    answer(`GET ${REPOSITORY}/images`, 200, endpoints, '[]'),
    answer('PUT /v1/repositories/foo/tags/json', 200, REGISTRY, 'true'),
    answer('POST /v2/a/b/uploads/', 404, { 'Content-Type': 'text/plain' }, '404 page not found'),
    answer('PUT /v1/repositories/%zz/', 400, INDEX, '"Wrong repository name"'),
  ];
  for (const one of good) {
    it(`accepts ${one.method} ${one.path} ${one.status}`, () => checkAnswer(one));
  }

  const bad: readonly (readonly [RegExp, Answer])[] = [
    [/does not fit/, answer('GET /v1/users', 200, INDEX, '"Ok"')],
    [/is not JSON\n/, answer('GET /v1/users', 200, INDEX, 'OK')],
    [/Python/, answer('GET /v1/users', 200, INDEX, '"OK"\n')],
    [/Python/, answer(`GET ${REPOSITORY}/tags`, 200, REGISTRY, `{"latest":"${ID}"}`)],
    [/header Vary: it is missing/, answer('GET /v1/users', 200, BARE, '"OK"')],
    [
      /header x-powered-by/,
      answer('GET /v1/users', 200, { ...INDEX, 'X-Powered-By': 'me' }, '"OK"'),
    ],
    [/header WWW-Authenticate/, answer('GET /v1/users', 401, INDEX, '"Wrong login/password"')],
    [/Content-Type/, answer('GET /v1/users', 200, { ...INDEX, 'Content-Type': 'text/html' }, '')],
    [/has no status 500/, answer('GET /v1/users', 500, INDEX, '"Oops"')],
    [/has the method GET/, answer('GET /v1/users', 405, notAllowed, '"Method not allowed"')],
    [/Allow leaves out POST/, answer('PUT /v1/users', 405, { ...INDEX, Allow: 'GET' }, '"Not so"')],
    [/does not have this method/, answer('DELETE /v1/users', 200, INDEX, '"OK"')],
    [/the path is not documented/, answer('GET /v1/nothing', 200, INDEX, '"OK"')],
    [/HTTP allows none/, answer('HEAD /v1/users', 200, INDEX, '"OK"')],
    [/has no status 200/, answer('PUT /v1/repositories/foo/images', 200, endpoints, '""')],
    [/does not fit/, answer('GET /v1/search', 200, INDEX, '{"results": null}')],
    [/X-Docker-Endpoints/, answer(`PUT ${REPOSITORY}/`, 200, INDEX, '""')],
    [
      /X-Docker-Token/,
      answer(`PUT ${REPOSITORY}`, 200, { ...endpoints, 'X-Docker-Token': 'x' }, '""'),
    ],
    [
      /api-version: it is never sent with text\/plain/,
      answer('GET /v2/', 404, {
        'Content-Type': 'text/plain',
        'Docker-Distribution-Api-Version': 'registry/2.0',
      }),
    ],
  ];
  for (const [reason, one] of bad) {
    it(`refuses ${one.method} ${one.path} ${one.status}: ${reason.source}`, () => {
      assert.throws(() => checkAnswer(one), { name: 'AssertionError', message: reason });
    });
  }
});
