import { errors } from '../../src/domain/errors.js';
import type { HubContext } from '../../src/wire/context.js';
import { readBytes } from '../../src/wire/request-body.js';
import type { WebContext } from './web.js';

/**
 * Reads a form. Throws as `readBytes`, and `unreadableBody` for what is not one: a page of another site could send
 * other types without asking.
 */
export async function readForm(ctx: WebContext): Promise<URLSearchParams> {
  const isForm = ctx.is('urlencoded') !== false;
  const bytes = await readBytes(ctx as unknown as HubContext);
  if (!isForm && bytes.length > 0) throw errors.unreadableBody('it is not a form');
  return new URLSearchParams(bytes.toString('utf8'));
}

/** A field of one line; empty where there is none. */
export function lineOf(form: URLSearchParams, name: string): string {
  return (form.get(name) ?? '').trim();
}

/** A field of several lines, which browsers send with carriage returns. */
export function textOf(form: URLSearchParams, name: string): string {
  return (form.get(name) ?? '').replaceAll('\r\n', '\n');
}
