import { createHash } from 'node:crypto';

/** Device names that Windows gives to no file, with any ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/;
/** What is a file name as it is; nearly every name. */
const PLAIN = /^[a-z0-9_-][a-z0-9_.-]*$/;
/** Leaves room for an ending and a temporary suffix in the 255 bytes of a file name. */
const LONGEST = 200;

/**
 * The file or folder name for a validated name. Two names never share one, on file systems that
 * fold case or Unicode forms either: anything but lower-case letters, digits, `_`, `-` and inner
 * dots is written as `%` and two hex digits, and what gets too long ends in its SHA-256 instead.
 */
export function fileName(name: string): string {
  if (PLAIN.test(name) && !DEVICE.test(name) && name.length <= LONGEST) return name;
  const escaped = [...Buffer.from(name, 'utf8')].map(escapeByte).join('');
  const safe = DEVICE.test(escaped) || escaped.startsWith('.') ? escapeFirst(escaped) : escaped;
  if (safe.length <= LONGEST) return safe;
  return `${safe.slice(0, 100)}~${createHash('sha256').update(name).digest('hex')}`;
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[a-z0-9_.-]/.test(character) ? character : hex(byte);
}

function escapeFirst(text: string): string {
  return hex(text.charCodeAt(0)) + text.slice(1);
}

function hex(byte: number): string {
  return `%${byte.toString(16).padStart(2, '0')}`;
}
