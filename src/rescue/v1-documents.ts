import { parseImageJson } from '../domain/images/image-json.js';
import { isImageId } from '../domain/repositories/names.js';
import type { TagDocument } from '../storage/documents/documents.js';
import type { FoundTag } from './found.js';
import { BrokenError } from './problems.js';

/* What an old registry writes in JSON, in its folder and over HTTP alike. */

/** The longest word about a client that is kept. */
const LONGEST_WORD = 128;
const PAYLOAD = /^sha256:[0-9a-f]{64}$/;
/** A second of the year 9999 is the last one that ISO 8601 writes with four digits. */
const LAST_SECOND = 253_402_300_799;

/** The id that an image json names as its parent, if any. Throws a BrokenError, or a HubError as `parseImageJson`. */
export function parentIn(id: string, json: Uint8Array): string | undefined {
  if (parsed(json) === undefined) throw new BrokenError('its json is not valid JSON');
  return parseImageJson(id, json).parent;
}

/**
 * The ids of an image list, `[{"id", "checksum"?, "Tag"?}, …]` (clients.md, Push 1), each once; entries without one
 * are left out. Throws a BrokenError for anything but a list.
 */
export function parseListed(bytes: Uint8Array, what: string): readonly string[] {
  const list = parsed(bytes);
  if (!Array.isArray(list)) throw new BrokenError(`${what} is not a list in JSON`);
  const ids = list.map((entry: unknown) => fieldOf(entry, 'id'));
  return [...new Set(ids.filter((id): id is string => typeof id === 'string' && isImageId(id)))];
}

/** What `tag<tag>_json` says of a push; nothing where it can't be read, as it is only told. */
export function parseTagDetails(
  bytes: Uint8Array | undefined,
): Pick<FoundTag, 'updated' | 'client'> {
  const details = bytes === undefined ? undefined : parsed(bytes);
  const seconds = fieldOf(details, 'last_update');
  const isTime = typeof seconds === 'number' && seconds >= 0 && seconds <= LAST_SECOND;
  return {
    updated: isTime ? new Date(seconds * 1000).toISOString() : undefined,
    client: clientOf(details),
  };
}

function clientOf(details: unknown): TagDocument['client'] {
  const fields = ['arch', 'docker_go_version', 'docker_version', 'kernel', 'os'] as const;
  const known = fields.map((field) => [field, fieldOf(details, field)] as const);
  return Object.fromEntries(
    known.filter(([, word]) => typeof word === 'string' && word.length <= LONGEST_WORD),
  );
}

/**
 * The payload sums in what a docker-registry kept of an image's checksums: a list in JSON, or before 0.7 one bare sum.
 * Those by other rules are left out.
 */
export function parsePayloads(bytes: Buffer): readonly string[] {
  const list = parsed(bytes);
  const sums: readonly unknown[] = Array.isArray(list) ? list : [bytes.toString().trim()];
  return sums.filter((sum): sum is string => typeof sum === 'string' && PAYLOAD.test(sum));
}

/** The JSON of some bytes; undefined if they are invalid. */
export function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

/** A field of an object, if it is one and has it. */
export function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined;
  return (value as Record<string, unknown>)[field];
}
