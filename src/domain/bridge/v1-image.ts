import { createHash } from 'node:crypto';
import { expected } from './document-fields.js';
import { goList, goMap, goObject, goText, type JsonField } from './go-json.js';

/*
 * The image json of the v1 format, as docker 1.10 and later reads and writes it (V1Image in
 * image/image.go and container.Config of docker 1.12 to 28, which agree), and the ids that it makes of
 * it (CreateID in image/v1/imagev1.go).
 */

/** A value as docker would write it, and whether that is Go's zero value, which `omitempty` drops. */
interface Written {
  readonly json: string;
  readonly zero: boolean;
}

type Writer = (value: unknown, place: string) => Written;

interface StructField {
  readonly name: string;
  readonly write: Writer;
  readonly omitZero: boolean;
}

/** The fields of a v1 image that are there, in docker's order. */
export type V1Fields = ReadonlyMap<string, string>;

/** For an unknown time: Go's zero time. */
const NO_TIME = '"0001-01-01T00:00:00Z"';
const TIME =
  /^((\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:[.,](\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** How many digits of a second's fraction Go keeps. */
const NANOSECONDS = 9;

function withoutZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

const text: Writer = (value, place) => {
  if (value === undefined || value === null) return { json: '""', zero: true };
  if (typeof value !== 'string') throw expected(place, 'a text');
  return { json: goText(value), zero: value === '' };
};

const flag: Writer = (value, place) => {
  if (value === undefined || value === null) return { json: 'false', zero: true };
  if (typeof value !== 'boolean') throw expected(place, 'true or false');
  return { json: String(value), zero: !value };
};

const wholeNumber: Writer = (value, place) => {
  if (value === undefined || value === null) return { json: '0', zero: true };
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw expected(place, 'a whole number');
  }
  return { json: String(value), zero: value === 0 };
};

/** Whether the day exists: Go refuses 2014-02-30, which Node takes for the 2nd of March. */
function isDay(date: string): boolean {
  const start = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(start.getTime()) && start.toISOString().startsWith(date);
}

/** Go writes the fraction without its last zeros, and no offset as Z. */
const time: Writer = (value, place) => {
  if (value === undefined || value === null) return { json: NO_TIME, zero: true };
  const parts = typeof value === 'string' ? TIME.exec(value) : null;
  const [, seconds = '', date = '', digits = '', zone = ''] = parts ?? [];
  if (!isDay(date)) throw expected(place, 'a time like 2015-01-01T00:00:00Z');
  const fraction = withoutZeros(digits.slice(0, NANOSECONDS));
  const offset = zone === '+00:00' || zone === '-00:00' ? 'Z' : zone;
  return { json: `"${seconds}${fraction === '' ? '' : `.${fraction}`}${offset}"`, zero: false };
};

const texts: Writer = (value, place) => {
  if (value === undefined || value === null) return { json: 'null', zero: true };
  if (!Array.isArray(value)) throw expected(place, 'a list of texts');
  const members = value.map((member, index) => text(member, `${place}[${index}]`).json);
  return { json: goList(members), zero: members.length === 0 };
};

/** A command: images of 2013 also have it as one text. */
const command: Writer = (value, place) =>
  typeof value === 'string' ? texts([value], place) : texts(value, place);

function map(member: Writer): Writer {
  return (value, place) => {
    if (value === undefined || value === null) return { json: 'null', zero: true };
    if (typeof value !== 'object' || Array.isArray(value)) throw expected(place, 'an object');
    const fields = Object.entries(value).map(
      ([name, each]): JsonField => [name, member(each, `${place}.${name}`).json],
    );
    return { json: goMap(fields), zero: fields.length === 0 };
  };
}

/** The value of a set's member, which means nothing. */
const nothing: Writer = () => ({ json: '{}', zero: true });

/** A struct is never left out, a pointer to one when it is null. */
function struct(fields: readonly StructField[]): Writer {
  return (value, place) => ({ json: goObject(writeFields(value, fields, place)), zero: false });
}

function pointer(write: Writer): Writer {
  return (value, place) => {
    if (value === undefined || value === null) return { json: 'null', zero: true };
    return { ...write(value, place), zero: false };
  };
}

function always(name: string, write: Writer): StructField {
  return { name, write, omitZero: false };
}

function ifSet(name: string, write: Writer): StructField {
  return { name, write, omitZero: true };
}

const HEALTHCHECK = [
  ifSet('Test', texts),
  ifSet('Interval', wholeNumber),
  ifSet('Timeout', wholeNumber),
  ifSet('StartPeriod', wholeNumber),
  ifSet('StartInterval', wholeNumber),
  ifSet('Retries', wholeNumber),
];

const CONFIG = [
  always('Hostname', text),
  always('Domainname', text),
  always('User', text),
  always('AttachStdin', flag),
  always('AttachStdout', flag),
  always('AttachStderr', flag),
  ifSet('ExposedPorts', map(nothing)),
  always('Tty', flag),
  always('OpenStdin', flag),
  always('StdinOnce', flag),
  always('Env', texts),
  always('Cmd', command),
  ifSet('Healthcheck', pointer(struct(HEALTHCHECK))),
  ifSet('ArgsEscaped', flag),
  always('Image', text),
  always('Volumes', map(nothing)),
  always('WorkingDir', text),
  always('Entrypoint', command),
  ifSet('NetworkDisabled', flag),
  ifSet('MacAddress', text),
  always('OnBuild', texts),
  always('Labels', map(text)),
  ifSet('StopSignal', text),
  ifSet('StopTimeout', pointer(wholeNumber)),
  ifSet('Shell', command),
];

const V1_IMAGE = [
  ifSet('id', text),
  ifSet('parent', text),
  ifSet('comment', text),
  always('created', time),
  ifSet('container', text),
  always('container_config', struct(CONFIG)),
  ifSet('docker_version', text),
  ifSet('author', text),
  ifSet('config', pointer(struct(CONFIG))),
  ifSet('architecture', text),
  ifSet('variant', text),
  ifSet('os', text),
  ifSet('Size', wholeNumber),
];

const NOT_IN_CONFIG = new Set(['id', 'parent', 'Size']);
const PLATFORM = new Set(['architecture', 'variant', 'os']);

/**
 * The v1 fields of an image's json or config; all others are dropped, as docker drops them. Throws a
 * DocumentError where docker could not read it; `place` is what the document is called there.
 */
export function v1Fields(image: unknown, place: string): V1Fields {
  return new Map(writeFields(image, V1_IMAGE, place));
}

/**
 * Whether an image json and a config say the same. A config has no ids and sizes, and a platform that
 * the json does not name can be any.
 */
export function meansTheSame(json: V1Fields, config: V1Fields): boolean {
  return V1_IMAGE.every(({ name }) => {
    if (NOT_IN_CONFIG.has(name)) return true;
    const said = json.get(name);
    if (said === undefined && PLATFORM.has(name)) return true;
    return said === config.get(name);
  });
}

/**
 * The id that docker gives to the v1 form of an image: the sum over its fields, the sum of its layers
 * (`chainIds`) and the id it is built on. As 64 digits.
 */
export function createId(fields: V1Fields, chainId: string, parent: string | undefined): string {
  const sum: JsonField[] = [...withoutIds(fields), ['layer_id', goText(chainId)]];
  if (parent !== undefined) sum.push(['parent', goText(`sha256:${parent}`)]);
  return sha256(goMap(sum));
}

/** For each layer, the lowest first, the name of all layers up to it, from their sums (`sha256:…`). */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : `sha256:${sha256(`${below} ${diffId}`)}`);
  }
  return chain;
}

function withoutIds(fields: V1Fields): JsonField[] {
  return [...fields].filter(([name]) => name !== 'id' && name !== 'parent');
}

function writeFields(value: unknown, fields: readonly StructField[], place: string): JsonField[] {
  const given = value ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) throw expected(place, 'an object');
  const written: JsonField[] = [];
  for (const { name, write, omitZero } of fields) {
    const { json, zero } = write(find(given, name), `${place}: ${name}`);
    if (!(zero && omitZero)) written.push([name, json]);
  }
  return written;
}

/** Go prefers the field of exactly this name, and else takes one that differs in case. */
function find(given: object, name: string): unknown {
  const values = given as Record<string, unknown>;
  if (Object.hasOwn(values, name)) return values[name];
  const lower = name.toLowerCase();
  const other = Object.keys(values).find((key) => key.toLowerCase() === lower);
  return other === undefined ? undefined : values[other];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
