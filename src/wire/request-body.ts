import { HttpMethodEnum, koaBody } from 'koa-body';
import { errors, HubError } from '../domain/errors.js';
import { parseJson } from '../domain/json.js';
import type { BodyReader, HubContext } from './context.js';
import { SEEN_BYTES } from './seen-body.js';

/**
 * Reads a body of bounded length with any Content-Type: old clients and curl's `-d` name the wrong
 * type or none. Throws `bodyTooLarge` (413), `bodyTooSlow` (408) or `unreadableBody` (400), or as
 * `Identities.confirm` where the caller's account has changed while the body came.
 */
export async function readBytes(ctx: HubContext): Promise<Buffer> {
  const { headers } = ctx.req;
  // koa-body reads only what has a type.
  if (!ctx.is('*/*')) headers['content-type'] = 'application/octet-stream';
  try {
    await inTime(
      ctx,
      ctx.state.readBody(ctx, async () => undefined),
    );
  } catch (error) {
    if (error instanceof HubError) throw error;
    const { status, message } = error as { status?: number; message?: string };
    if (status === 413) throw errors.bodyTooLarge(ctx.state.settings.maxJson);
    if (status === 415) throw errors.unreadableBody('its Content-Encoding is unknown here');
    throw errors.unreadableBody(message ?? 'the connection broke');
  }
  const { caller, domain } = ctx.state;
  if (caller !== undefined) domain.identities.confirm(caller);
  const text: unknown = ctx.request.body;
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'latin1');
  // A copy, so that remembering the start does not keep the whole.
  const start = bytes.length > SEEN_BYTES ? Buffer.from(bytes.subarray(0, SEEN_BYTES)) : bytes;
  ctx.state.received = { size: bytes.length, start };
  return bytes;
}

/** Waits for a body, but not for one that comes in drops. */
async function inTime(ctx: HubContext, reading: Promise<void>): Promise<void> {
  const { bodyTimeout } = ctx.state.settings;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(errors.bodyTooSlow(bodyTimeout)), bodyTimeout * 1000);
  });
  try {
    await Promise.race([reading, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * koa-body, set to hand over bodies of at most `limit` bytes as they are: as latin1, which keeps every
 * byte, since an image json must not change on its way (clients.md, Push 3).
 */
export function createBodyReader(limit: number): BodyReader {
  return koaBody({
    json: false,
    urlencoded: false,
    multipart: false,
    text: true,
    textTypes: ['*/*'],
    textLimit: limit,
    encoding: 'latin1',
    parsedMethods: [HttpMethodEnum.POST, HttpMethodEnum.PUT],
  }) as unknown as BodyReader;
}

/**
 * Reads named fields, from a JSON object or a form. What curl's `-d` sends is called a form, but is
 * JSON where it begins like JSON. Throws as `readBytes`; `notJson` or `wrongBody` for what is not JSON or not an
 * object, or `refusal` for both.
 */
export async function readFields(
  ctx: HubContext,
  refusal?: () => HubError,
): Promise<Readonly<Record<string, unknown>>> {
  const isForm = ctx.is('urlencoded') !== false;
  const bytes = await readBytes(ctx);
  if (isForm && !/^\s*[[{"]/.test(bytes.toString('latin1', 0, 64))) {
    return Object.fromEntries(new URLSearchParams(bytes.toString('utf8')));
  }
  const value = parseJson(bytes, refusal);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal?.() ?? errors.wrongBody('an object');
  }
  return value as Readonly<Record<string, unknown>>;
}
