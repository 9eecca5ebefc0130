/**
 * JSON as the Hub wrote it, in the manner of Python's json.dumps: a blank after `,` and `:`, and
 * nothing but ASCII. Scripts of the time split answers at those blanks, and one error of the real
 * registry was measured to be 29 bytes long (protocol.md §0.1, §0.9, §3).
 */
export function toPythonJson(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return `{${fields(value).join(', ')}}`;
  return JSON.stringify(value);
}

function fields(value: object): string[] {
  const written: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) written.push(`${quote(key)}: ${toPythonJson(field)}`);
  }
  return written;
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
