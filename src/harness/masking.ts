type Headers = Readonly<NodeJS.Dict<number | string | string[]>>;

const MASK = '***';

/** Headers with a secret in them: what of it may be shown stays. */
const SECRET_HEADERS = new Set([
  'authorization',
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
  if (encoded !== undefined) {
    const [username = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
    return `Basic ${username.replace(/[^\x20-\x7e]/g, '?')}:${MASK}`;
  }
  if (/^basic realm=/i.test(text) || /^token$/i.test(text)) return text;
  if (/signature *[=:]/i.test(text)) {
    return text.replace(/(signature *[=:] *"?)[^",\s]+/gi, `$1${MASK}`);
  }
  return MASK;
}

/** A body as it may be shown: of /v1/users, and of the hub's own control, without passwords. */
export function maskBody(path: string, text: string): string {
  if (!/^\/(?:v1\/users|_hub)(?:\/|$)/.test(path)) return text;
  return text
    .replace(/("(?:password|auth)"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)/gi, `$1"${MASK}"`)
    .replace(/(^|&)(password|auth)=[^&]*/gi, `$1$2=${MASK}`);
}
