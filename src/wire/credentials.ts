import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../domain/access/access.js';
import type { Identities } from '../domain/access/identities.js';
import type { ScopedCaller } from '../domain/access/scoped-tokens.js';
import type { PresentedToken } from '../domain/access/tokens.js';
import type { Claim } from '../domain/accounts/passwords.js';
import type { Domain } from '../domain/domain.js';
import { errors } from '../domain/errors.js';
import type { ClientAddresses } from './client-address.js';
import type { HubContext } from './context.js';
import { readTokenFields } from './token-fields.js';

/** Who a request says it is from. */
export type Credentials =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic'; readonly claim: Claim }
  | { readonly scheme: 'token'; readonly token: PresentedToken }
  | { readonly scheme: 'bearer'; readonly token: string };

/**
 * Finds out who makes the request. Throws `oddAuthorization`, or what `Identities` does with
 * credentials that are not right.
 */
export async function identify(ctx: HubContext): Promise<Caller> {
  const { domain, authorizations } = ctx.state;
  const found = callerBehind(authorizations.read(ctx.req), domain.identities);
  // Even awaiting a value that is there already takes time.
  const caller = found instanceof Promise ? await found : found;
  ctx.state.caller = caller;
  return caller;
}

function callerBehind(credentials: Credentials, identities: Identities): Caller | Promise<Caller> {
  if (credentials.scheme === 'none') return { kind: 'anonymous' };
  if (credentials.scheme === 'token') return identities.byToken(credentials.token);
  // A token of v2, which v1 knows nothing of.
  if (credentials.scheme === 'bearer') throw errors.oddAuthorization();
  return identities.byPassword(credentials.claim);
}

/**
 * The same for v2, where an empty name and password are nobody's (podman and skopeo without a login, v2.md §0.2).
 * Throws also for a token of v1.
 */
export async function identifyScoped(ctx: HubContext): Promise<ScopedCaller> {
  const { domain, authorizations } = ctx.state;
  const credentials = authorizations.read(ctx.req);
  const found = await scopedCaller(credentials, domain);
  ctx.state.caller = found.caller;
  return found;
}

async function scopedCaller(credentials: Credentials, domain: Domain): Promise<ScopedCaller> {
  if (credentials.scheme === 'bearer') return domain.scopedTokens.verify(credentials.token);
  if (credentials.scheme === 'token') throw errors.badToken();
  if (credentials.scheme === 'none' || isNobody(credentials.claim)) {
    return { caller: { kind: 'anonymous' }, scopes: undefined };
  }
  return { caller: await domain.identities.byPassword(credentials.claim), scopes: undefined };
}

function isNobody({ username, password }: Claim): boolean {
  return username === '' && password === '';
}

/** How many headers with tokens are remembered at once, and how long those may be. */
const MOST_REMEMBERED = 1000;
const LONGEST_REMEMBERED = 1000;

/** The newest header with a password on a connection, its client, and how it reads. */
interface Said {
  readonly header: string;
  /** A proxy carries many clients on one connection. */
  readonly from: string;
  readonly credentials: Credentials;
}

/**
 * Reads Authorization headers. Basic is read strictly; a token as leniently as docker-registry did,
 * with blanks, other orders and the word Token twice (protocol.md §2). A client shows the same header
 * with many requests, so that it is remembered how it reads: a token's for all connections, a
 * password's for its own and as long as that is open.
 */
export class Authorizations {
  readonly #tokens = new LRUCache<string, Credentials>({ max: MOST_REMEMBERED });
  readonly #said = new WeakMap<Socket, Said>();
  readonly #clients: ClientAddresses;

  constructor(clients: ClientAddresses) {
    this.#clients = clients;
  }

  /** Throws `oddAuthorization`. */
  read(request: IncomingMessage): Credentials {
    const { headers, socket } = request;
    const header = headers.authorization;
    if (header === undefined || header === '') return NONE;
    const token = this.#tokens.get(header);
    if (token !== undefined) return token;
    const from = this.#clients.networkOf(request);
    const said = this.#said.get(socket);
    if (said?.header === header && said.from === from) return said.credentials;
    const credentials = parseAuthorization(header, from);
    const isToken = credentials.scheme === 'token' || credentials.scheme === 'bearer';
    if (isToken) this.#remember(header, credentials);
    else this.#said.set(socket, { header, from, credentials });
    return credentials;
  }

  #remember(header: string, credentials: Credentials): void {
    if (header.length > LONGEST_REMEMBERED) return;
    this.#tokens.set(header, credentials);
  }
}

const NONE: Credentials = { scheme: 'none' };

function parseAuthorization(header: string, from: string): Credentials {
  const text = header.trim();
  const blank = text.indexOf(' ');
  const scheme = (blank === -1 ? text : text.slice(0, blank)).toLowerCase();
  const rest = blank === -1 ? '' : text.slice(blank).trimStart();
  if (scheme === 'basic') return parseBasic(rest, from);
  if (scheme === 'token') return { scheme: 'token', token: readTokenFields(rest) };
  if (scheme === 'bearer') return { scheme: 'bearer', token: rest };
  throw errors.oddAuthorization();
}

function parseBasic(encoded: string, from: string): Credentials {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded)) throw errors.oddAuthorization();
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) throw errors.oddAuthorization();
  const [username, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return { scheme: 'basic', claim: { username, password, from } };
}
