import { parseJson } from '../json.js';
import { DocumentError, quote } from './document-error.js';

/*
 * The JSON documents of images, field by field. Anything that is not as the format has it is a
 * DocumentError that says where and what was expected.
 */

/** An object of a document, and what it is called in messages. */
export class Fields {
  readonly place: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(value: unknown, place: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw expected(place, 'an object');
    }
    this.place = place;
    this.#values = value as Record<string, unknown>;
  }

  /** Whether a field is there, and is not null. */
  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  /** A field as it is; undefined for null too. */
  value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  text(name: string): string {
    return asText(this.value(name), this.#at(name));
  }

  /** A text that may be missing. */
  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  number(name: string): number {
    const value = this.value(name);
    if (typeof value !== 'number') throw expected(this.#at(name), 'a number');
    return value;
  }

  object(name: string): Fields {
    return new Fields(this.value(name), this.#at(name));
  }

  /** An object that may be missing. */
  optionalObject(name: string): Fields | undefined {
    return this.has(name) ? this.object(name) : undefined;
  }

  /** A list of texts; empty when it is missing. */
  texts(name: string): string[] {
    return asList(this.value(name) ?? [], this.#at(name)).map(([value, at]) => asText(value, at));
  }

  /** A list of objects; empty when it is missing. */
  objects(name: string): Fields[] {
    return asList(this.value(name) ?? [], this.#at(name)).map(
      ([value, at]) => new Fields(value, at),
    );
  }

  /** Every field that is not null. */
  entries(): [string, unknown][] {
    return Object.entries(this.#values).filter(([, value]) => value !== null);
  }

  #at(name: string): string {
    return `${this.place}: ${name}`;
  }
}

/** Parses a document. Throws a DocumentError that names it. */
export function parseDocument(bytes: Uint8Array, name: string): unknown {
  try {
    return parseJson(bytes);
  } catch {
    throw new DocumentError(`${quote(name)} is not valid JSON`);
  }
}

/** The members of a list, each with what it is called in messages. */
export function asList(value: unknown, place: string): [value: unknown, place: string][] {
  if (!Array.isArray(value)) throw expected(place, 'a list');
  return value.map((member, index) => [member, `${place}[${index}]`]);
}

export function asText(value: unknown, place: string): string {
  if (typeof value !== 'string') throw expected(place, 'a text');
  return value;
}

export function expected(place: string, what: string): DocumentError {
  return new DocumentError(`${place} must be ${what}`);
}
