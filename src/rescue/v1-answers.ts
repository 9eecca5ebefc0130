import type { Answer, WholeAnswer } from './connection.js';
import { BrokenError, quote } from './problems.js';
import { fieldOf, parsed } from './v1-documents.js';

/* What a registry of API v1 answers besides documents, and how it is asked. */

/** An endpoint is `host[:port]`; the scheme is the index's (protocol.md §0.7). */
export function endpointOf(endpoint: string | undefined, base: URL): URL {
  if (endpoint === undefined || endpoint === '' || endpoint === base.host) return base;
  if (!URL.canParse(`${base.protocol}//${endpoint}/`)) return base;
  return new URL(`${base.protocol}//${endpoint}/`);
}

/** Where a repository is, below the root of its registry. */
export function pathOf(name: string): string {
  return `v1/repositories/${name.split('/').map(encodeURIComponent).join('/')}`;
}

/** Tags by name; the index's list has only the beginnings of ids. */
export function tagsIn(value: unknown): (readonly [tag: string, id: unknown])[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!Array.isArray(value)) return Object.entries(value);
  return value.flatMap((entry) => {
    const name = fieldOf(entry, 'name');
    return typeof name === 'string' ? [[name, undefined] as const] : [];
  });
}

/** Length of a layer in bytes, where the answer with its json says it. */
export function sizeIn(headers: Answer['headers']): number | undefined {
  const size = Number(headers['x-docker-size'] ?? '');
  return Number.isSafeInteger(size) && size > 0 ? size : undefined;
}

/** Why a registry did not give what it was asked for, in its words if it says any. */
export function refusal({ status, bytes }: WholeAnswer, what: string): BrokenError {
  const said = fieldOf(parsed(bytes), 'error') ?? parsed(bytes);
  const words = typeof said === 'string' && said !== '' ? ` (${quote(said)})` : '';
  if (status === 404) return new BrokenError(`${what} is not there${words}`);
  return new BrokenError(`${what} can't be had: the answer is ${status}${words}`);
}
