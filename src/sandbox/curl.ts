import type { Shown } from '../journal/journal.js';
import type { JournalRecord } from '../journal/journal-record.js';
import { type Part, quoted, type Target, withPassword } from './curl-parts.js';
import { bearerFor, bodyForV2, isBearer, uploadFor } from './curl-v2.js';

/*
 * A step to repeat by hand: lines for a shell that work when they are pasted. A password is $PASSWORD, which is asked for
 * first; a token is fetched again; what was refused for a wrong login or token is refused again.
 */

/** Headers that curl writes itself, or that are no part of what was asked. */
const OWN_HEADERS =
  /^(?:host|connection|accept|accept-encoding|content-length|transfer-encoding|expect|authorization|proxy-authorization|cookie|referer|origin|te|x-forwarded-.*|forwarded|via|x-real-ip)$/;

const MASK = '***';

export type { Target };

/** Whether a step was made with the password of this account, or with what it gave. */
export function isWithLoginOf({ record: { who } }: Shown, username: string): boolean {
  if ('user' in who) return who.user === username;
  if (who.by === 'none') return who.claimed === username;
  return who.access !== 'read' && who.repository.startsWith(`${username}/`);
}

/** The same as curl; undefined if the step was not a request. */
export function curlOf({ record, step }: Shown, target: Target): string | undefined {
  if (step === undefined) return undefined;
  return linesOf(target.instead === undefined ? record : byReader(record, target.instead), target);
}

/** The same request as somebody else makes it: what it changes is in their name space. */
function byReader(
  record: JournalRecord,
  { of, reader }: { readonly of: string; readonly reader: string },
): JournalRecord {
  const { who, path, method } = record;
  const within = (text: string): string =>
    text.startsWith(`${of}/`) ? `${reader}${text.slice(of.length)}` : text;
  const repositories = '/v1/repositories/';
  const isChange = !['GET', 'HEAD'].includes(method) && path.startsWith(repositories);
  return {
    ...record,
    path: isChange ? `${repositories}${within(path.slice(repositories.length))}` : path,
    who:
      'user' in who
        ? { ...who, user: who.user === of ? reader : who.user }
        : who.by === 'token'
          ? { ...who, repository: who.access === 'read' ? who.repository : within(who.repository) }
          : who.claimed === of
            ? { ...who, claimed: reader }
            : who,
  };
}

function linesOf(record: JournalRecord, target: Target): string {
  const { method, path, query, headers } = record;
  const login = loginFor(record);
  const body = path.startsWith('/v2/') ? bodyForV2(record, login?.part) : bodyFor(record);
  const url = `${target.origin}${path}${query === '' ? '' : `?${query}`}`;
  const upload = uploadFor(record, login?.part);
  const parts = ['curl -i', method === 'HEAD' ? '-I' : `-X ${quoted(method)}`];
  if (/[[\]{}]/.test(url)) parts.push('-g');
  if (path.includes('/.')) parts.push('--path-as-is');
  if (login !== undefined) parts.push(login.part);
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_HEADERS.test(name)) continue;
    for (const each of [value].flat()) {
      if (!each.includes(MASK)) parts.push(`-H ${quoted(`${name}: ${each}`)}`);
    }
  }
  if (body !== undefined) {
    // Else curl would call it a form.
    if (headers['content-type'] === undefined) parts.push("-H 'Content-Type:'");
    parts.push(body.part);
  }
  const before = [login, upload, body].flatMap((each) => each?.before?.(target) ?? []);
  const address = upload === undefined ? quoted(url) : `${quoted(target.origin)}${upload.part}`;
  const lines = [...before, `${parts.join(' ')} ${address}`];
  const asks = lines.some((line) => line.includes('$PASSWORD'));
  // In brackets, since `read` would take the next line of what is pasted for the password.
  return (asks ? [`( ${ASK}`, ...lines, ')'] : lines).join('\n');
}

const ASK = "printf 'Password: ' >&2; read -r PASSWORD";

function loginFor(record: JournalRecord): Part | undefined {
  const { who, status } = record;
  const authorization = String(record.headers.authorization ?? '');
  if (isBearer(authorization)) return bearerFor(record);
  if ('user' in who) return { part: `-u ${withPassword(who.user)}` };
  if (who.by === 'token') {
    return {
      part: '-H "Authorization: Token $TOKEN"',
      before: (target) => tokenLine(who, imageIn(record), target),
    };
  }
  if (/^token\b/i.test(authorization)) {
    return { part: `-H ${quoted('Authorization: Token signature=invalid')}` };
  }
  if (who.claimed === undefined) return undefined;
  // Refused for its password, and refused again; a login that was refused for another reason was right.
  return status === 401
    ? { part: `-u ${quoted(`${who.claimed}:wrong`)}` }
    : { part: `-u ${withPassword(who.claimed)}` };
}

const ASKED: Readonly<Record<string, readonly [method: string, part: string, rest: string]>> = {
  read: ['GET', '/images', ''],
  write: ['PUT', '/', " -d '[]'"],
  delete: ['DELETE', '/images', ''],
};

/** The image that a step is about. */
function imageIn({ path, body }: JournalRecord): string | undefined {
  return (
    /^\/v1\/images\/([^/]+)\//.exec(path)?.[1] ?? /^"([0-9a-f]{64})"$/.exec(body.text ?? '')?.[1]
  );
}

/** Fetches a token as the client did, with the rights of the repository's owner. */
function tokenLine(
  { repository, access }: { readonly repository: string; readonly access: string },
  image: string | undefined,
  { origin, isPublic, instead }: Target,
): string {
  const [method, part, none] = ASKED[access] ?? ['GET', '/images', ''];
  // Who does it instead has not announced the image yet.
  const isNew = access === 'write' && instead !== undefined && image !== undefined;
  const rest = isNew ? ` -d ${quoted(JSON.stringify([{ id: image }]))}` : none;
  const [owner = ''] = repository.split('/');
  const url = quoted(`${origin}/v1/repositories/${repository}${part}`);
  const isOpen = access === 'read' && isPublic(repository);
  const login = isOpen ? '' : `-u ${withPassword(owner === 'library' ? 'admin' : owner)} `;
  const ask = `curl -sS -o /dev/null -D - ${login}-H 'X-Docker-Token: true' -X ${method}${rest} ${url}`;
  return `TOKEN=$(${ask} | tr -d '\\r' | sed -n 's/^[Xx]-[Dd]ocker-[Tt]oken: //p')`;
}

/** The longest body that is written out, in bytes. */
const LONGEST = 4096;

function bodyFor({ method, body, path }: JournalRecord): Part | undefined {
  const { size, text, cut } = body;
  if (size === 0) return undefined;
  if (text !== undefined && cut !== true && text.length <= LONGEST) {
    const secret = /("password"\s?:\s?)"\*\*\*"/;
    if (!secret.test(text)) return { part: `--data-binary ${quoted(text)}` };
    const [before = '', name = '', after = ''] = text.split(secret);
    return {
      part: `--data-binary ${quoted(`${before}${name}"`)}"$PASSWORD"${quoted(`"${after}`)}`,
    };
  }
  if (method !== 'PUT' || !path.endsWith('/layer')) return { part: '--data-binary @body' };
  return {
    part: '--data-binary @layer.tar.gz',
    // The layer that was sent is here by now.
    before: ({ origin }) =>
      `curl -sS -o layer.tar.gz -H "Authorization: Token $TOKEN" ${quoted(`${origin}${path}`)}`,
  };
}
