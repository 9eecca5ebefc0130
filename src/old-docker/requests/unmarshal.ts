import type { z } from 'zod';
import { OldDockerError } from './errors.js';
import { cannotUnmarshal, decodeJson } from './go.js';

/** What Go calls the kinds of zod. */
const GO_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'int',
  boolean: 'bool',
  array: '[]string',
  record: 'map[string]string',
};

/**
 * Reads a json into a shape, as `json.Unmarshal` does.
 * @param into what Go calls the shape, and the things in it that are neither a text nor a number, by
 *   the names of their fields (`*` for any): `{ '': 'image.Image', config: 'runconfig.Config' }`
 * @returns the value as it was written, its fields in their own order
 * @throws OldDockerError in Go's words
 */
export function unmarshal<T>(
  schema: z.ZodType<T>,
  json: string | Buffer,
  into: Readonly<Record<string, string>>,
): T {
  const decoded = decodeJson(Buffer.from(json));
  if ('error' in decoded) throw new OldDockerError(decoded.error);
  const { value } = decoded;
  const read = schema.safeParse(value);
  if (read.success) return value as T;
  const { path, expected } = wrongPlace(read.error);
  const steps = path.map((step) => (typeof step === 'number' ? '*' : String(step)));
  const places = [steps, [...steps.slice(0, -1), '*']].map((each) => into[each.join('.')]);
  const type = places.find((name) => name !== undefined) ?? GO_TYPES[expected] ?? expected;
  throw new OldDockerError(cannotUnmarshal(at(value, path), type));
}

/** Where the first thing is that does not fit, and what it should be: of two choices, the first. */
function wrongPlace({ issues }: Pick<z.ZodError, 'issues'>): {
  path: readonly PropertyKey[];
  expected: string;
} {
  const [issue] = issues;
  if (issue?.code === 'invalid_union') {
    const inner = wrongPlace({ issues: issue.errors[0] ?? [] });
    return { path: [...issue.path, ...inner.path], expected: inner.expected };
  }
  const expected = issue?.code === 'invalid_type' ? issue.expected : 'object';
  return { path: issue?.path ?? [], expected };
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const step of path) found = new Map(Object.entries(Object(found))).get(String(step));
  return found;
}
