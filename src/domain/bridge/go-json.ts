/*
 * JSON to the byte as Go's encoding/json writes it, for what docker takes sums of: no spaces, `<`, `>`
 * and `&` escaped, the keys of maps sorted by their bytes. Values are built as texts, so that the order
 * of keys is the writer's and not JavaScript's.
 */

/** One field of an object: its name, and its value as JSON. */
export type JsonField = readonly [name: string, json: string];

/** Go escapes these beyond what JSON.stringify does; it has no short forms for \b and \f. */
const ESCAPED = /[<>&\u2028\u2029]|\\[bf\\]/g;

/** A text as Go writes it; half of a surrogate pair becomes U+FFFD, as when Go reads it. */
export function goText(text: string): string {
  // Before stringify, which would write a lone surrogate as an escape.
  const whole = text.replace(/[\ud800-\udfff]/gu, '\ufffd');
  return JSON.stringify(whole).replace(ESCAPED, (found) => {
    if (found === '\\b') return '\\u0008';
    if (found === '\\f') return '\\u000c';
    if (found.startsWith('\\')) return found;
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A struct: the fields in their order. */
export function goObject(fields: Iterable<JsonField>): string {
  return `{${[...fields].map(([name, json]) => `${goText(name)}:${json}`).join(',')}}`;
}

/** A map: the fields sorted by the bytes of their names. */
export function goMap(fields: Iterable<JsonField>): string {
  const sorted = [...fields].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return goObject(sorted);
}

export function goList(values: readonly string[]): string {
  return `[${values.join(',')}]`;
}

/** Any parsed JSON value, the keys of objects in the order in which they came. */
export function goValue(value: unknown): string {
  if (typeof value === 'string') return goText(value);
  if (Array.isArray(value)) return goList(value.map(goValue));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  return goObject(Object.entries(value).map(([name, member]) => [name, goValue(member)]));
}
