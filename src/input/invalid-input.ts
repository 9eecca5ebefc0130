import type { z } from 'zod';
import { HubError } from '../domain/errors.js';
import { InvalidInput } from './invalid.js';

export { InvalidInput } from './invalid.js';

/** The value, if it has the shape of the schema. Throws an InvalidInput about the first thing wrong. */
export function checkShape<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new InvalidInput('', 'not understood');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    throw new InvalidInput(fieldName([...issue.path, key]), 'there is no such field');
  }
  const [reason = issue] = issue.code === 'invalid_key' ? issue.issues : [];
  throw new InvalidInput(fieldName(issue.path), plainly(reason.message));
}

/** Runs a check; what it finds wrong is said of the field, or of a field within it. */
export function within<R>(field: string, check: () => R): R {
  try {
    return check();
  } catch (error) {
    throw placed(field, error);
  }
}

/** As `within`, for work that takes its time. */
export async function withinAsync<R>(field: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw placed(field, error);
  }
}

/** The same error, said of a field; a full disk is not the input's fault. */
function placed(field: string, error: unknown): unknown {
  if (error instanceof InvalidInput) {
    return new InvalidInput(joined(field, error.field), error.problem);
  }
  if (error instanceof HubError && error.id !== 'diskFull') {
    return new InvalidInput(field, error.message);
  }
  return error;
}

function joined(outer: string, inner: string): string {
  if (outer === '' || inner === '') return outer + inner;
  return inner.startsWith('[') ? outer + inner : `${outer}.${inner}`;
}

function plainly(message: string): string {
  return message
    .replace(/^Invalid input: /, '')
    .replace(', received undefined', ', but it is missing');
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
