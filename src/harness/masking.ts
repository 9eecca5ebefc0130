import { plainTarget } from '../wire/target.js';

const MASK = '***';

/** What a name has in it if it is that of a secret. */
const SECRET_WORD = 'pass|pwd|secret|token|auth|signature|key';
/** Headers with a secret in them: what of it may be shown stays. */
const SECRET_HEADER = new RegExp(`${SECRET_WORD}|cookie|^x-registry-config$`, 'i');
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
  if (SECRET_HEADER.test(name)) return maskCredentials;
  return ADDRESSES.has(name) ? maskAddress : (text) => text;
}

/** `Basic jamtur01:***`, `Token signature=***,repository="…",access=…`; anything else is hidden. */
function maskCredentials(text: string): string {
  const [, encoded] = /^basic +(\S+)$/i.exec(text) ?? [];
  if (encoded !== undefined) return `Basic ${nameIn(encoded)}:${MASK}`;
  // What is no secret: the challenges, and the header by which a client asks for a token.
  if (/^(?:basic realm="[\w -]*"(?:,token)?|token|true)$/i.test(text)) return text;
  return maskToken(text) ?? MASK;
}

/** `signature=…,repository="…",access=…`, as leniently as it is read, and nothing beside it. */
const TOKEN =
  /^(?:token +)*(?:signature|repository|access) *[=:] *"?[^",\s]+"?(?: *, *(?:signature|repository|access) *[=:] *"?[^",\s]+"?)*$/i;

function maskToken(text: string): string | undefined {
  if (!TOKEN.test(text)) return undefined;
  return text.replace(/(\w+)( *[=:] *"?)([^",\s]+)/g, (shown, name: string, sign: string, value) =>
    isOpen(name.toLowerCase(), value) ? shown : `${name}${sign}${MASK}`,
  );
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

/** A secret's name in JSON; with an escape in it, it may be any name once it is read. */
const SECRET_NAME = String.raw`(?=(?:[^"\\]|\\.)*?(?:${SECRET_WORD}|\\))(?:[^"\\]|\\.)*`;
/** A JSON field with a secret in it. */
const SECRET_FIELD = new RegExp(
  String.raw`("${SECRET_NAME}"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[[{].*$|[^\s,}\]"][^\s,}\]]*)`,
  'gis',
);
/** The name of a parameter with a secret in it; one with a `%` may be any name. */
const SECRET_PARAMETER = new RegExp(`${SECRET_WORD}|%`, 'i');

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
  if (isObject(text)) return text.replace(SECRET_FIELD, `$1"${MASK}"`);
  if (!isCut && /^[\w.%+[\]-]+=/.test(text)) return maskParameters(text);
  return MASK;
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
  return path
    .split('/')
    .map(maskLogin)
    .join('/')
    .replace(/^(\/+v1\/+users(?:[/#]|%2f)+[^/:]*(?::|%3a))[^/]+/i, `$1${MASK}`);
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
    (name, place) => place < parts.length - 1 && SECRET_PARAMETER.test(name),
  );
  return secret === -1 ? parameter : [...parts.slice(0, secret + 1), MASK].join('=');
}

function maskAddress(address: string): string {
  const [path = '', ...query] = address.split('?');
  return [maskPath(path), ...query.map((each) => maskQuery(path, each))].join('?');
}

/** Whom credentials name, as far as that is no secret itself; undefined for nobody. */
export function nameClaimed(authorization: string): string | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  const [, owner] = /\brepository *[=:] *"?([\w-]+)\//i.exec(authorization) ?? [];
  const name = encoded === undefined ? owner : nameIn(encoded);
  return name === MASK || name === '' ? undefined : name;
}
