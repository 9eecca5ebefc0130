import type { Caller } from '../domain/access.js';
import { errors } from '../domain/errors.js';
import type { Identities } from '../domain/identities.js';
import type { PresentedToken } from '../domain/tokens.js';
import { clientAddress } from './client-address.js';
import type { HubContext } from './context.js';

/** What a request says of who makes it. */
export type Credentials =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | { readonly scheme: 'token'; readonly token: PresentedToken };

/**
 * Finds out who makes the request. Throws `oddAuthorization`, or what `Identities` does with
 * credentials that are not right.
 */
export async function identify(ctx: HubContext): Promise<Caller> {
  const { domain, authorizations } = ctx.state;
  const credentials = authorizations.read(ctx.req.headers.authorization);
  const caller = await callerBehind(credentials, domain.identities, ctx);
  ctx.state.caller = caller;
  return caller;
}

function callerBehind(
  credentials: Credentials,
  identities: Identities,
  ctx: HubContext,
): Caller | Promise<Caller> {
  if (credentials.scheme === 'none') return { kind: 'anonymous' };
  if (credentials.scheme === 'token') return identities.byToken(credentials.token);
  const { username, password } = credentials;
  return identities.byPassword({ username, password, from: clientAddress(ctx) });
}

/** How many headers are remembered at once, and how long those may be. */
const MOST_REMEMBERED = 1000;
const LONGEST_REMEMBERED = 1000;

/**
 * Reads Authorization headers. Basic is read strictly; a token as leniently as docker-registry did,
 * with blanks, other orders and the word Token twice (protocol.md §2). A client shows the same token
 * with many requests, so that it is remembered how those read; passwords are not.
 */
export class Authorizations {
  readonly #tokens = new Map<string, Credentials>();

  /** Throws `oddAuthorization`. */
  read(header: string | undefined): Credentials {
    if (header === undefined || header === '') return { scheme: 'none' };
    const known = this.#tokens.get(header);
    if (known !== undefined) return known;
    const credentials = parseAuthorization(header);
    const isShort = header.length <= LONGEST_REMEMBERED;
    if (credentials.scheme === 'token' && isShort) this.#remember(header, credentials);
    return credentials;
  }

  #remember(header: string, credentials: Credentials): void {
    if (this.#tokens.size >= MOST_REMEMBERED) this.#tokens.clear();
    this.#tokens.set(header, credentials);
  }
}

function parseAuthorization(header: string): Credentials {
  const [, scheme = '', rest = ''] = /^([A-Za-z]+)(?: +(.*))?$/.exec(header.trim()) ?? [];
  if (scheme.toLowerCase() === 'basic') return parseBasic(rest);
  if (scheme.toLowerCase() === 'token') return { scheme: 'token', token: parseToken(rest) };
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

function parseToken(text: string): PresentedToken {
  const fields = { signature: '', repository: '', access: '' };
  for (const [, name = '', value = ''] of text.matchAll(TOKEN_FIELD)) {
    fields[name.toLowerCase() as keyof typeof fields] = value;
  }
  return fields;
}
