/**
 * JSON as the Hub wrote it, in the manner of Python's json.dumps: a blank after `,` and `:`, and
 * nothing but ASCII. Scripts of the time split answers at those blanks, and one error of the real
 * registry was measured to be 29 bytes long (protocol.md §0.1, §0.9, §3).
 */
export function toPythonJson(value: unknown): string {
  if (value instanceof WrittenJson) return value.text;
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return writeList(value);
  if (typeof value === 'object' && value !== null) return writeObject(value);
  return JSON.stringify(value);
}

/** JSON that is written already, as a part of more. */
export class WrittenJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function writeList(values: readonly unknown[]): string {
  let text = '';
  for (const value of values) text += `${text && ', '}${toPythonJson(value)}`;
  return `[${text}]`;
}

function writeObject(fields: object): string {
  let text = '';
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) text += `${text && ', '}${quote(name)}: ${toPythonJson(value)}`;
  }
  return `{${text}}`;
}

/** What needs no escape; nearly every text of the API. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
