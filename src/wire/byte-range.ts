import type { ByteRange } from '../domain/documents.js';

/**
 * The part of a body of `size` bytes that a Range header asks for (RFC 9110 §14): `undefined` when it
 * asks for none that we serve (then the whole goes out), `unsatisfiable` when there is no such part,
 * `backwards` when it ends before it begins, which a server may ignore or refuse.
 * An end past the last byte is clamped; docker sends the size itself as the end (clients.md, Pull).
 */
export function parseByteRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | 'backwards' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec((header ?? '').replaceAll(' ', ''));
  if (match === null) return undefined;
  const [, start = '', end = ''] = match;
  if (start === '') return end === '' ? undefined : suffix(Number(end), size);
  const first = Number(start);
  const last = end === '' ? size - 1 : Math.min(Number(end), size - 1);
  if (end !== '' && Number(end) < first) return 'backwards';
  return first >= size ? 'unsatisfiable' : { first, last };
}

/** The last bytes of a body. Those of an empty one are the whole: Content-Range can't name them. */
function suffix(length: number, size: number): ByteRange | 'unsatisfiable' | undefined {
  if (length === 0) return 'unsatisfiable';
  if (size === 0) return undefined;
  return { first: Math.max(0, size - length), last: size - 1 };
}
