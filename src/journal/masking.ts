import type { PathParams } from '../wire/context.js';
import type { Operation, SecretPlace } from '../wire/operation.js';
import { plainTarget } from '../wire/target.js';
import { readTokenFields } from '../wire/token-fields.js';
import { maskFields } from './json-secrets.js';

const MASK = '***';

/** What a name has in it if it is that of a secret. */
const SECRET_WORD = /pass|pwd|secret|token|auth|signature|key/i;
/** Headers with an address in them. */
const ADDRESSES = new Set(['referer', 'location', 'origin']);

/** Headers as they may be shown: the user's name and a token's repository stay, the secrets go. */
export function maskHeaders(
  headers: ReadonlyMap<string, string | string[]>,
): Record<string, string | readonly string[]> {
  return Object.fromEntries(
    [...headers].map(([name, value]) => {
      const show = showing(name);
      return [name, typeof value === 'string' ? show(value) : value.map(show)];
    }),
  );
}

function showing(name: string): (text: string) => string {
  if (isSecretHeader(name)) return maskCredentials;
  return ADDRESSES.has(name) ? maskAddress : (text) => text;
}

/** Headers with a secret in them: what of it may be shown stays. */
function isSecretHeader(name: string): boolean {
  return SECRET_WORD.test(name) || /cookie|^x-registry-config$/i.test(name);
}

/** `Basic jamtur01:***`, `Token signature=***,repository="…",access=…`; anything else is hidden. */
function maskCredentials(text: string): string {
  const [, encoded] = /^basic +(\S+)$/i.exec(text) ?? [];
  if (encoded !== undefined) return `Basic ${nameIn(encoded)}:${MASK}`;
  if (/^bearer +\S/i.test(text)) return CHALLENGE.test(text) ? text : `Bearer ${MASK}`;
  // Not secret: the challenges, and the header by which a client asks for a token.
  if (/^(?:basic realm="[\w -]*"(?:,token)?|token|true)$/i.test(text)) return text;
  return maskToken(text) ?? MASK;
}

/** How v2 asks for a token. */
const CHALLENGE =
  /^Bearer realm="https?:\/\/[\w.:[\]-]+\/v2\/token",service="[\w.:[\]-]+"(?:,scope="repository:[\w./-]+:[a-z,*]+")?(?:,error="\w+")?$/;

/** A field of a token, and what is around its value. */
const TOKEN_FIELD = /^( *)(signature|repository|access)( *[=:] *"?)([^",\s]+)("? *)$/i;

/** `signature=…,repository="…",access=…`, as leniently as it is read; undefined with anything beside it. */
function maskToken(text: string): string | undefined {
  const [scheme = ''] = /^(?:token +)*/i.exec(text) ?? [];
  const fields = text.slice(scheme.length).split(',').map(maskTokenField);
  return fields.includes(undefined) ? undefined : scheme + fields.join(',');
}

function maskTokenField(field: string): string | undefined {
  const [, before, name = '', sign, value = '', end] = TOKEN_FIELD.exec(field) ?? [];
  if (before === undefined) return undefined;
  return isOpen(name.toLowerCase(), value) ? field : `${before}${name}${sign}${MASK}${end}`;
}

/** What a token says openly, as far as it looks like that. */
function isOpen(field: string, value: string): boolean {
  if (field === 'access') return /^(?:read|write|delete)$/i.test(value);
  return field === 'repository' && /^[\w-]+\/[\w.-]+$/.test(value);
}

/** The name in Basic credentials; what is not made of a name and a password may all be secret. */
function nameIn(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? MASK : text.slice(0, colon).replace(/[^\x20-\x7e]/g, '?');
}

/** Where secrets may stand in a request. */
export type Secrets = readonly SecretPlace[];

/** What a path to the accounts or the control begins with, however slashes are put or escaped. */
const ACCOUNTS = /^\/+v1\/+users(?:[/#]|%2f|$)/i;
const CONTROL = /^\/+_hub(?:[/#]|%2f|$)/i;

/**
 * Where secrets may stand in a request: as the row of its route says. What has no route is told by its path,
 * here and nowhere else: a mistyped or unknown path, a request that could not be read, and an address in a
 * header may hold a login all the same.
 */
export function secretsOf(operation: Operation | undefined, path: string): Secrets {
  if (operation !== undefined) return operation.secrets;
  const plain = plainTarget(path);
  if (ACCOUNTS.test(plain)) return ['path', 'query', 'body'];
  return CONTROL.test(plain) ? ['body'] : [];
}

/**
 * A body as it may be shown, without passwords; `isCut` says that it is only a start. Where passwords are
 * sent, what is neither a JSON object nor a form, as a whole, is not shown at all: no part of it can be
 * told from a password.
 */
export function maskBody(text: string, secrets: Secrets, isCut = false): string {
  if (!secrets.includes('body')) return text;
  if (isObject(text)) return maskFields(text, isSecretField, MASK);
  if (!isCut && /^[\w.%+[\]-]+=/.test(text)) return maskParameters(text);
  return MASK;
}

/** With an escape in it, it may be any name once it is read. */
function isSecretField(name: string): boolean {
  return SECRET_WORD.test(name) || name.includes('\\');
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/**
 * A path as it may be shown: `//name:password@host/` can come of an address put together wrongly, and so
 * can `/v1/users/name:password`. What had to be masked is shown without needless escapes.
 */
export function maskPath(path: string, secrets: Secrets): string {
  const plain = plainTarget(path);
  const masked = maskParts(plain, secrets);
  return masked === plain ? maskParts(path, secrets) : masked;
}

/** The parts of a path by their names, as they may be shown. */
export function maskParams(params: PathParams, secrets: Secrets): PathParams {
  const shown = Object.entries(params).map(([name, value]) => [name, maskParts(value, secrets)]);
  return Object.fromEntries(shown) as PathParams;
}

/** What a whole address, as proxies are sent, has before its path. */
const AUTHORITY = /^https?:\/\/[^/?#]*/i;

function maskParts(path: string, secrets: Secrets): string {
  const [authority = ''] = AUTHORITY.exec(path) ?? [];
  const show = (part: string): string =>
    maskLogin(secrets.includes('path') ? maskName(part) : part);
  const parts = path.slice(authority.length).split('/');
  return authority.split('/').map(maskLogin).join('/') + parts.map(show).join('/');
}

/** `name:***`. */
function maskName(part: string): string {
  const [login = ''] = part.split(/(?<=:|%3a)/i, 1);
  return login === part ? part : login + MASK;
}

/** `name:***@host`. By hand, as are parameters: a pattern would start over at each letter. */
function maskLogin(part: string): string {
  const [colon, at] = [part.indexOf(':'), part.lastIndexOf('@')];
  return colon !== -1 && colon < at ? part.slice(0, colon + 1) + MASK + part.slice(at) : part;
}

/**
 * A query as it may be shown. Where somebody may have put a login into it, only what a token of v2 is asked for with is
 * shown, as far as it looks like that.
 */
export function maskQuery(query: string, secrets: Secrets): string {
  if (query === '' || !secrets.includes('query')) return maskParameters(query);
  return secrets.includes('answer') ? query.split('&').map(maskUnknown).join('&') : MASK;
}

/** By their names, what the open parameters of a request for a token say. */
const OPEN: Readonly<Record<string, RegExp>> = {
  service: /^[\w.:[\]-]{1,260}$/,
  scope: /^(?:repository|registry):[\w./:-]{1,500}:[a-z,*]{1,30}$/,
  account: /^[a-z0-9_]{1,30}$/,
  client_id: /^[a-z-]{1,30}$/,
  offline_token: /^(?:true|false)$/,
};

function maskUnknown(parameter: string): string {
  const [name = '', value, more] = parameter.split('=');
  if (value === undefined) return MASK;
  const open = more === undefined && Object.hasOwn(OPEN, name) ? OPEN[name] : undefined;
  const said = new URLSearchParams(`value=${value}`).get('value') ?? '';
  if (open?.test(said) === true) return parameter;
  return /^[a-z_]{1,20}$/.test(name) ? `${name}=${MASK}` : MASK;
}

function maskParameters(text: string): string {
  return text.split('&').map(maskParameter).join('&');
}

/** All that comes after a secret's name, since a value may go on behind a `;`. */
function maskParameter(parameter: string): string {
  const parts = parameter.split('=');
  const secret = parts.findIndex(
    (name, place) => place < parts.length - 1 && isSecretParameter(name),
  );
  return secret === -1 ? parameter : [...parts.slice(0, secret + 1), MASK].join('=');
}

/** One with a `%` may be any name. */
export function isSecretParameter(name: string): boolean {
  return SECRET_WORD.test(name) || name.includes('%');
}

function maskAddress(address: string): string {
  const [path = '', ...query] = address.split('?');
  const secrets = secretsOf(undefined, path);
  return [maskPath(path, secrets), ...query.map((each) => maskQuery(each, secrets))].join('?');
}

/** The account that credentials name, unless the name may itself be secret; undefined for nobody. */
export function nameClaimed(authorization: string): string | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  const [, owner] = /^([\w-]+)\//.exec(readTokenFields(authorization).repository) ?? [];
  const name = encoded === undefined ? owner : nameIn(encoded);
  return name === MASK || name === '' ? undefined : name;
}
