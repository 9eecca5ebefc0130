type Headers = Readonly<NodeJS.Dict<number | string | string[]>>;

const MASK = '***';

/** Headers with a secret in them: what of it may be shown stays. */
const SECRET_HEADERS = new Set([
  'authorization',
  'proxy-authorization',
  'x-registry-auth',
  'www-authenticate',
  'x-docker-token',
  'cookie',
  'set-cookie',
  'x-hub-key',
]);

/** Headers as they may be shown: the user's name and a token's repository stay, the secrets go. */
export function maskHeaders(headers: Headers): Record<string, string | readonly string[]> {
  const shown: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const isSecret = SECRET_HEADERS.has(name);
    const show = (text: string): string => (isSecret ? maskCredentials(text) : text);
    shown[name] = Array.isArray(value) ? value.map(show) : show(String(value));
  }
  return shown;
}

/** `Basic jamtur01:***`, `Token signature=***,repository="…",access=…`; anything else is hidden. */
export function maskCredentials(text: string): string {
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

/** Fields with a secret in them. A name with an escape or a `%` in it may be any name once it is read. */
const SECRET_NAME = String.raw`(?:pass\w*|pwd|secret|auth|key|[^"&=]*[\\%][^"&=]*)`;
/** A JSON field with a secret in it, up to its end or the end of the text. */
const SECRET_FIELD = new RegExp(
  String.raw`("${SECRET_NAME}"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|[[{].*$|[^\s,}\]"][^\s,}\]]*)`,
  'gis',
);
const SECRET_PARAMETER = new RegExp(`(^|[&?;])(${SECRET_NAME}=)[^&]*`, 'gi');
/** Nobody should put one into an address, but some do. */
const SECRET_IN_QUERY = new RegExp(`(^|&)((?:token|signature|${SECRET_NAME})=)[^&]*`, 'gi');

/** Whether bodies sent to this path or route have passwords in them: /v1/users, and the control. */
export function hasSecrets(place: string): boolean {
  return /^\/(?:v1\/users|_hub)(?:[/{]|$)/i.test(place);
}

/**
 * A body as it may be shown, without passwords; `isCut` says that it is only a start. Where passwords are
 * sent, what is neither JSON nor a form is not shown at all: no part of it can be told from a password.
 */
export function maskBody(place: string, text: string, isCut = false): string {
  if (!hasSecrets(place)) return text;
  if (isObject(text) || (isCut && /^\s*\{/.test(text))) {
    return text.replace(SECRET_FIELD, `$1"${MASK}"`);
  }
  if (/^[\w.%+-]+=/.test(text)) return text.replace(SECRET_PARAMETER, `$1$2${MASK}`);
  return MASK;
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

/** A path as it may be shown: `//name:password@host/` can come of an address put together wrongly. */
export function maskPath(path: string): string {
  return path.replace(/:[^/@]*@/g, `:${MASK}@`);
}

/** A query as it may be shown. */
export function maskQuery(query: string): string {
  return query.replace(SECRET_IN_QUERY, `$1$2${MASK}`);
}
