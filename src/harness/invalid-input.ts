import type { z } from 'zod';

/** Something a test or an operator gave is wrong; the message names the field and what was expected. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  /** Where it stands, such as `then.status` or `users[2].password`; empty for the whole. */
  readonly field: string;

  constructor(field: string, problem: string) {
    super(field === '' ? problem : `${field}: ${problem}`);
    this.field = field;
  }
}

/** The value, if it has the shape of the schema. Throws an InvalidInput about the first thing wrong. */
export function checkShape<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new InvalidInput('', 'not understood');
  throw new InvalidInput(fieldName(issue.path), issue.message);
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
