/*
 * openapi.yaml as a judge: every answer that a test sees is held against it (architecture.md, "The contract").
 */
import { AssertionError } from 'node:assert';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { controlRoutes, routes, webRoutes } from '../../routes/index.js';
import { RouteTable } from '../../routes/route-table.js';
import type { RouteVoice } from '../../src/wire/operation.js';
import { pathOf, plainTarget } from '../../src/wire/target.js';

/** An answer as it came over the wire. */
export interface Answer {
  readonly method: string;
  /** The path as it was sent, percent-encoding and all; a query is ignored. */
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body's bytes, without chunk framing. */
  readonly body?: string | Uint8Array | undefined;
}

/** One method on one path, as openapi.yaml spells it. */
export interface DocumentedRoute {
  readonly method: string;
  readonly path: string;
}

export interface Contract {
  /** Throws an AssertionError that says what in the answer is not in the contract. */
  readonly checkAnswer: (answer: Answer) => void;
  readonly documentedRoutes: () => DocumentedRoute[];
}

/** A value in the document, and the keys that lead to it once its `$ref`s are followed. */
export interface Place {
  readonly keys: readonly string[];
  readonly value: unknown;
}

/** The methods that a path item can have. */
export const METHODS = ['get', 'head', 'put', 'post', 'delete', 'patch'] as const;

/** Headers that belong to the connection or the framing, and so to no operation. */
const TRANSPORT_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
  // On every answer, as info.description says.
  'x-request-id',
]);

/** The voices that speak the JSON of today, and what the names of their shared answers begin with. */
const OF_TODAY: ReadonlyMap<RouteVoice, string> = new Map([
  ['control', 'Control'],
  ['v2', 'V2'],
]);

/** Whether a value is a mapping, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The bare value of a mapping's field; undefined if the place holds no mapping with that field. */
export function field(place: Place, name: string): unknown {
  return isRecord(place.value) ? place.value[name] : undefined;
}

/** openapi.yaml, with its references followed and its schemas compiled when they are first needed. */
export class OpenApi {
  readonly root: Place;
  readonly #ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  readonly #validators = new Map<string, ValidateFunction>();

  /** Takes the text of the document; without one, reads the file of this package. */
  constructor(text?: string) {
    const document: unknown = text === undefined ? ownDocument() : parse(text);
    if (!isRecord(document)) throw new Error('openapi.yaml holds no mapping');
    this.root = { keys: [], value: document };
    addFormats.default(this.#ajv);
    // The whole document is given to ajv, so that "#/components/…" means there what it means here.
    this.#ajv.addVocabulary(Object.keys(document));
    this.#ajv.addSchema(document, 'hub');
  }

  /** What a reference such as `#/components/schemas/ImageId` leads to. */
  resolve(reference: string): Place {
    if (!reference.startsWith('#/')) throw new Error(`${reference} does not begin with "#/"`);
    let place = this.root;
    for (const key of reference.slice(2).split('/')) {
      const next = this.child(place, key.replaceAll('~1', '/').replaceAll('~0', '~'));
      if (next === undefined) throw new Error(`${reference} leads nowhere`);
      place = next;
    }
    return place;
  }

  /** The value under a key, after any `$ref`; undefined if there is none. */
  child(place: Place, key: string): Place | undefined {
    if (typeof place.value !== 'object' || place.value === null) return undefined;
    if (!Object.hasOwn(place.value, key)) return undefined;
    const child = { keys: [...place.keys, key], value: Reflect.get(place.value, key) as unknown };
    const reference = field(child, '$ref');
    return typeof reference === 'string' ? this.resolve(reference) : child;
  }

  /** The named values of a mapping, each after its `$ref`. */
  children(place: Place | undefined): [string, Place][] {
    if (place === undefined || !isRecord(place.value)) return [];
    return Object.keys(place.value).flatMap((key): [string, Place][] => {
      const child = this.child(place, key);
      return child === undefined ? [] : [[key, child]];
    });
  }

  /** The elements of a list, each after its `$ref`. */
  elements(place: Place | undefined): Place[] {
    if (place === undefined || !Array.isArray(place.value)) return [];
    return [...place.value.keys()].flatMap((index) => this.child(place, String(index)) ?? []);
  }

  /** Why a value does not fit the schema at a place; undefined if it does. */
  schemaProblem(schema: Place, value: unknown): string | undefined {
    const validate = this.validator(schema);
    if (validate(value)) return undefined;
    return this.#ajv.errorsText(validate.errors, { dataVar: 'it', separator: '; ' });
  }

  /** The compiled schema at a place; an unknown keyword in it is an error. */
  validator(schema: Place): ValidateFunction {
    const pointer = schema.keys.map((key) =>
      encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')),
    );
    const reference = `hub#/${pointer.join('/')}`;
    const known = this.#validators.get(reference);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile({ $ref: reference });
    this.#validators.set(reference, validate);
    return validate;
  }
}

/**
 * This package's document. It lies as JSON beside what was built, under the sum of its text: to parse the YAML would take
 * each of two hundred test files half a second.
 */
function ownDocument(): unknown {
  const text = readFileSync(contractFile(), 'utf8');
  const sum = createHash('sha256').update(text).digest('hex');
  const kept = fileURLToPath(new URL(`../../contract-${sum}.json`, import.meta.url));
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'));
  const document: unknown = parse(text);
  // Test files run beside each other.
  const aside = `${kept}.${process.pid}`;
  writeFileSync(aside, JSON.stringify(document));
  renameSync(aside, kept);
  return document;
}

/** Finds openapi.yaml above this file, from the sources and from a build folder alike. */
function contractFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'openapi.yaml'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('openapi.yaml is in no folder above the tests');
    folder = parent;
  }
  return join(folder, 'openapi.yaml');
}

/** The path of a request, as routes are looked up by. */
function pathIn({ path }: Answer): string {
  return pathOf(plainTarget(path));
}

/** Holds one answer against the contract, part by part; each part gives the first problem it has. */
class Checker {
  readonly #api: OpenApi;
  /** By the operationId. */
  readonly #operations = new Map<unknown, Place>();
  readonly #routes: DocumentedRoute[] = [];
  /** Which operation a request is meant for: each row of it has its id in the contract. */
  readonly #table = new RouteTable([...routes, ...webRoutes, ...controlRoutes]);

  constructor(api: OpenApi) {
    this.#api = api;
    for (const [path, item] of api.children(api.child(api.root, 'paths'))) {
      for (const method of METHODS) {
        const operation = api.child(item, method);
        if (operation === undefined) continue;
        this.#operations.set(field(operation, 'operationId'), operation);
        this.#routes.push({ method: method.toUpperCase(), path });
      }
    }
  }

  routes(): DocumentedRoute[] {
    return this.#routes;
  }

  problem(answer: Answer): string | undefined {
    const method = answer.method.toUpperCase();
    const path = pathIn(answer);
    const route = this.#table.find(method, path)?.route;
    if (route === undefined) {
      const methods = this.#table.methods(path);
      if (methods.length === 0) return this.#unknownPathProblem(answer);
      return this.#wrongMethodProblem(answer, methods);
    }
    const name = `${method} ${route.path} (${route.id})`;
    const operation = this.#operations.get(route.id);
    if (operation === undefined) return `${name} is not documented`;
    // What is in use may have fewer methods than its path; then Allow says which.
    const allowed = headersOf(answer).get('allow')?.split(/,\s*/);
    if (answer.status === 405 && allowed?.includes(method) !== false) {
      return `${route.path} has the method ${method}`;
    }
    const responses = this.#api.child(operation, 'responses');
    const response = responses && this.#api.child(responses, String(answer.status));
    if (response === undefined) return `${name} has no status ${answer.status}`;
    return this.#responseProblem(answer, response);
  }

  #unknownPathProblem(answer: Answer): string | undefined {
    if (answer.status === 404) return this.#sharedProblem(answer, 'NotFound');
    if (answer.status === 405) return this.#sharedProblem(answer, 'MethodNotAllowed');
    return 'the path is not documented';
  }

  #wrongMethodProblem(answer: Answer, methods: readonly string[]): string | undefined {
    if (answer.status !== 405) return 'the path does not have this method';
    const problem = this.#sharedProblem(answer, 'MethodNotAllowed');
    if (problem !== undefined) return problem;
    const said = headersOf(answer).get('allow')?.split(/,\s*/) ?? [];
    const missing = methods.filter((method) => method !== 'HEAD' && !said.includes(method));
    if (missing.length > 0) return `Allow leaves out ${missing}`;
    const wrong = said.filter((method) => method !== 'OPTIONS' && !methods.includes(method));
    return wrong.length > 0 ? `Allow promises ${wrong}` : undefined;
  }

  #sharedProblem(answer: Answer, name: string): string | undefined {
    const own = `${OF_TODAY.get(this.#table.voice(pathIn(answer))) ?? ''}${name}`;
    return this.#responseProblem(answer, this.#api.resolve(`#/components/responses/${own}`));
  }

  #isOfToday(answer: Answer): boolean {
    return OF_TODAY.has(this.#table.voice(pathIn(answer)));
  }

  #responseProblem(answer: Answer, response: Place): string | undefined {
    return this.#headersProblem(answer, response) ?? this.#bodyProblem(answer, response);
  }

  #headersProblem(answer: Answer, response: Place): string | undefined {
    const sent = headersOf(answer);
    const documented = this.#api.children(this.#api.child(response, 'headers'));
    for (const [name, header] of documented) {
      const problem = this.#headerProblem(header, sent.get(name.toLowerCase()));
      if (problem !== undefined) return `header ${name}: ${problem}`;
    }
    const names = new Set(documented.map(([name]) => name.toLowerCase()));
    const isKnown = (name: string) => names.has(name) || TRANSPORT_HEADERS.has(name);
    const strange = [...sent.keys()].find((name) => !isKnown(name));
    return strange === undefined ? undefined : `header ${strange} is not documented here`;
  }

  #headerProblem(header: Place, text: string | undefined): string | undefined {
    if (text === undefined) {
      return field(header, 'required') === true ? 'it is missing' : undefined;
    }
    const schema = this.#api.child(header, 'schema');
    return schema && this.#api.schemaProblem(schema, headerValue(schema, text));
  }

  #bodyProblem(answer: Answer, response: Place): string | undefined {
    const text = textOf(answer.body);
    const bodiless = answer.method.toUpperCase() === 'HEAD' || [204, 304].includes(answer.status);
    if (bodiless && text !== '') return 'there is a body, where HTTP allows none';
    const media = this.#api.children(this.#api.child(response, 'content'));
    if (media.length === 0) return text === '' ? undefined : 'there is a body, but none documented';
    const type = headersOf(answer).get('content-type') ?? '(none)';
    const chosen = media.find(([name]) => isOfType(type, name))?.[1];
    if (chosen === undefined) return `Content-Type is ${type}, not ${media.map(([name]) => name)}`;
    const never = this.#api.elements(this.#api.child(chosen, 'x-never-with'));
    const wrong = never.find(({ value }) => headersOf(answer).has(String(value)));
    if (wrong !== undefined) return `${wrong.value}: it is never sent with ${type}`;
    const schema = this.#api.child(chosen, 'schema');
    if (bodiless || schema === undefined) return undefined;
    if (type !== 'application/json') return this.#api.schemaProblem(schema, text);
    // The control is the hub's own, and v2 of today: nobody of that time ever read them.
    const verbatim = field(chosen, 'x-verbatim') === true || this.#isOfToday(answer);
    return (verbatim ? undefined : dialectProblem(text)) ?? this.#jsonProblem(schema, text);
  }

  #jsonProblem(schema: Place, text: string): string | undefined {
    try {
      const problem = this.#api.schemaProblem(schema, JSON.parse(text));
      return problem && `the body does not fit: ${problem}`;
    } catch (error) {
      if (error instanceof SyntaxError) return 'the body is not JSON';
      throw error;
    }
  }
}

/** JSON goes without a charset (protocol.md §1); of other types the parameters do not matter. */
function isOfType(type: string, documented: string): boolean {
  if (documented === 'application/json') return type === documented;
  return type.replace(/\s*;.*$/s, '') === documented;
}

function headersOf(answer: Answer): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value === undefined) continue;
    headers.set(name.toLowerCase(), typeof value === 'string' ? value : value.join(', '));
  }
  return headers;
}

/** Header values are text; a schema that wants a list or a number gets one. */
function headerValue(schema: Place, text: string): unknown {
  const type = field(schema, 'type');
  if (type === 'array') return text.split(/,\s*/);
  return type === 'integer' && /^\d+$/.test(text) ? Number(text) : text;
}

/**
 * JSON as Python's `json.dumps` wrote it: `, ` and `: `, ASCII only, no newline at the end. Scripts
 * cut such answers to pieces by position (protocol.md §1.12).
 */
function dialectProblem(text: string): string | undefined {
  const skeleton = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const spaced = /^(?:[,:] (?=\S)|[^\s,:])*$/.test(skeleton);
  return spaced && /^[ -~]*$/.test(text) ? undefined : 'the body is not JSON as Python prints it';
}

function textOf(body: Answer['body']): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}

function summaryOf(answer: Answer): string {
  const headers = [...headersOf(answer)].map(([name, value]) => `  ${name}: ${value}`);
  const body = textOf(answer.body).slice(0, 300);
  return [...headers, `  body: ${body === '' ? '(none)' : body}`].join('\n');
}

/** A contract of its own: reads openapi.yaml when it is first asked, and remembers what it read. */
export function createContract(load: () => OpenApi = () => new OpenApi()): Contract {
  let loaded: Checker | undefined;
  const checker = (): Checker => {
    loaded ??= new Checker(load());
    return loaded;
  };
  const checkAnswer = (answer: Answer): void => {
    const problem = checker().problem(answer);
    if (problem === undefined) return;
    const { method, path, status } = answer;
    throw new AssertionError({
      message: `${method} ${path}: ${status} is not in openapi.yaml: ${problem}\n${summaryOf(answer)}`,
      stackStartFn: checkAnswer,
    });
  };
  return { checkAnswer, documentedRoutes: () => checker().routes() };
}

/** The contract that all tests of one process share, so that each schema is compiled once. */
export const { checkAnswer, documentedRoutes }: Contract = createContract();
