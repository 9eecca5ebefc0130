/**
 * The few habits of Go's standard library that show on the wire or in docker's messages.
 */

/** `json.Marshal`: compact, and `<`, `>`, `&` and the two line separators as escapes. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `%q` of a byte slice, near enough: quotes, backslashes and control characters escaped. */
export function goQuote(text: string): string {
  return JSON.stringify(text);
}

/** `url.QueryEscape`: a space is `+`, and unlike in JavaScript `!'()*` are escaped. */
export function goQueryEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
}

/** Either the decoded value or what `json.Unmarshal` would say. */
export type Decoded<T> = { value: T } | { error: string };

/** `json.Unmarshal` of any value. */
export function decodeJson(body: Buffer): Decoded<unknown> {
  const text = body.toString('utf8');
  if (text.trim() === '') {
    return { error: 'unexpected end of JSON input' };
  }
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(value) ? { error: 'exceeded max depth' } : { value };
  } catch {
    const first = text.trimStart().charAt(0);
    return { error: `invalid character '${first}' looking for beginning of value` };
  }
}

/** Nothing that a registry or an archive says is so many brackets deep; Go's own bound is 10,000. */
const DEEPEST = 100;

function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth += 1) {
    level = level.flatMap((each) =>
      each !== null && typeof each === 'object' ? Object.values(each) : [],
    );
  }
  return level.length > 0;
}

/** `json.Unmarshal` into a `map[string]string`, the type that docker reads tags and errors into. */
export function decodeStringMap(body: Buffer): Decoded<Record<string, string>> {
  const decoded = decodeJson(body);
  if ('error' in decoded) {
    return decoded;
  }
  const { value } = decoded;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return { error: cannotUnmarshal(value, 'map[string]string') };
  }
  const entries = Object.entries(value);
  const odd = entries.find(([, entry]) => typeof entry !== 'string');
  return odd === undefined
    ? { value: Object.fromEntries(entries) }
    : { error: cannotUnmarshal(odd[1], 'string') };
}

/** `json.Unmarshal` into a `[]string`, the type of an ancestry. */
export function decodeStringList(body: Buffer): Decoded<string[]> {
  const decoded = decodeJson(body);
  if ('error' in decoded) {
    return decoded;
  }
  const { value } = decoded;
  if (!Array.isArray(value)) {
    return { error: cannotUnmarshal(value, '[]string') };
  }
  const odd = value.find((entry) => typeof entry !== 'string');
  return odd === undefined
    ? { value: value.map(String) }
    : { error: cannotUnmarshal(odd, 'string') };
}

/** The sentence of `json.Unmarshal` for a value of the wrong type. */
export function cannotUnmarshal(value: unknown, into: string): string {
  return `json: cannot unmarshal ${goKind(value)} into Go value of type ${into}`;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) {
    return 'array';
  }
  return { boolean: 'bool', number: 'number', string: 'string' }[String(typeof value)] ?? 'object';
}
