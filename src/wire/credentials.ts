import type { Caller } from '../domain/access.js';
import { errors } from '../domain/errors.js';
import type { Credentials } from '../domain/identities.js';
import { clientAddress } from './client-address.js';
import type { HubContext } from './context.js';

/** Finds out who makes the request. Throws what `Identities.identify` does, or `oddAuthorization`. */
export async function identify(ctx: HubContext): Promise<Caller> {
  const credentials = parseAuthorization(ctx.req.headers.authorization);
  const caller = await ctx.state.domain.identities.identify(credentials, clientAddress(ctx));
  ctx.state.caller = caller;
  return caller;
}

/**
 * Reads an Authorization header. Basic is read strictly; a token as leniently as docker-registry did,
 * with blanks, other orders and the word Token twice (protocol.md §2). Throws `oddAuthorization`.
 */
export function parseAuthorization(header: string | undefined): Credentials {
  if (header === undefined || header === '') return { scheme: 'none' };
  const [, scheme = '', rest = ''] = /^([A-Za-z]+)(?: +(.*))?$/.exec(header.trim()) ?? [];
  if (scheme.toLowerCase() === 'basic') return parseBasic(rest);
  if (scheme.toLowerCase() === 'token') return parseToken(rest);
  throw errors.oddAuthorization();
}

function parseBasic(encoded: string): Credentials {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded)) throw errors.oddAuthorization();
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) throw errors.oddAuthorization();
  return { scheme: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) };
}

const TOKEN_FIELD = /\b(signature|repository|access) *[:=] *"?([^",\s]+)"?/gi;

function parseToken(text: string): Credentials {
  const fields = { signature: '', repository: '', access: '' };
  for (const [, name = '', value = ''] of text.matchAll(TOKEN_FIELD)) {
    fields[name.toLowerCase() as keyof typeof fields] = value;
  }
  return { scheme: 'token', ...fields };
}
