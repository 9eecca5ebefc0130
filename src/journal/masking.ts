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
  // What is no secret: the challenges, and the header by which a client asks for a token.
  if (/^(?:basic realm="[\w -]*"(?:,token)?|token|true)$/i.test(text)) return text;
  return maskToken(text) ?? MASK;
}

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

/** Whether bodies sent to this path or route have passwords in them: /v1/users, and the control. */
export function hasSecrets(place: string): boolean {
  return /^\/(?:v1\/users|_hub)(?:[/{]|$)/i.test(place);
}

/**
 * A body as it may be shown, without passwords; `isCut` says that it is only a start. Where passwords are
 * sent, what is neither a JSON object nor a form, as a whole, is not shown at all: no part of it can be
 * told from a password.
 */
export function maskBody(place: string, text: string, isCut = false): string {
  if (!hasSecrets(place)) return text;
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
export function maskPath(path: string): string {
  const plain = plainTarget(path);
  const masked = maskPlainPath(plain);
  return masked === plain ? maskPlainPath(path) : masked;
}

function maskPlainPath(path: string): string {
  return maskAccount(path.split('/').map(maskLogin).join('/'));
}

/** What a path to the accounts begins with, up to where a name may stand. */
const BEFORE_NAME = /^\/+v1\/+users(?:[/#]|%2f)+/i;

/** `/v1/users/name:***`. In steps, as one pattern would try every way in which the slashes can be shared out. */
function maskAccount(path: string): string {
  const [before = ''] = BEFORE_NAME.exec(path) ?? [];
  if (before === '') return path;
  const [part = '', ...rest] = path.slice(before.length).split('/');
  const [login = ''] = part.split(/(?<=:|%3a)/i, 1);
  return login === part ? path : before + [login + MASK, ...rest].join('/');
}

/** `name:***@host`. By hand, as are parameters: a pattern would begin anew at each letter. */
function maskLogin(part: string): string {
  const [colon, at] = [part.indexOf(':'), part.lastIndexOf('@')];
  return colon !== -1 && colon < at ? part.slice(0, colon + 1) + MASK + part.slice(at) : part;
}

/** A query as it may be shown. With /v1/users there is none, but for a login that somebody put there. */
export function maskQuery(path: string, query: string): string {
  if (query !== '' && /^\/+v1\/+users(?:[/#]|%2f|$)/i.test(plainTarget(path))) return MASK;
  return maskParameters(query);
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
  return [maskPath(path), ...query.map((each) => maskQuery(path, each))].join('?');
}

/** Whom credentials name, as far as that is no secret itself; undefined for nobody. */
export function nameClaimed(authorization: string): string | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  const [, owner] = /^([\w-]+)\//.exec(readTokenFields(authorization).repository) ?? [];
  const name = encoded === undefined ? owner : nameIn(encoded);
  return name === MASK || name === '' ? undefined : name;
}
