import type { JournalRecord } from '../journal/journal-record.js';
import { type Part, quoted, withPassword } from './curl-parts.js';

/*
 * What is different by hand over v2: the token comes from a service of its own, an upload has an address of its own,
 * and a blob is fetched from here before it is sent again.
 */

/** What follows a repository's name in a path. */
const PARTS: readonly string[] = ['manifests', 'blobs', 'tags', 'referrers'];

/** The name of the repository that a path is about, of one part or two. */
function repositoryIn(path: string): string | undefined {
  const [, v2, ...parts] = path.split('/');
  const end = parts.findIndex((part, at) => at > 0 && PARTS.includes(part));
  return v2 === 'v2' && (end === 1 || end === 2) ? parts.slice(0, end).join('/') : undefined;
}

const UPLOADS = '/blobs/uploads/';

export function isBearer(authorization: string): boolean {
  return /^bearer\b/i.test(authorization);
}

/** A token again, for what the request needs; one that was refused is invalid again. */
export function bearerFor(record: JournalRecord): Part {
  const { who, status } = record;
  if (who.by === 'none' && status === 401) return { part: `-H 'Authorization: Bearer invalid'` };
  const login = 'user' in who ? `-u ${withPassword(who.user)} ` : '';
  return {
    part: '-H "Authorization: Bearer $TOKEN"',
    before: ({ origin }) => {
      const url = quoted(`${origin}/v2/token${scopeOf(record)}`);
      return `TOKEN=$(curl -sS ${login}${url} | sed -n 's/.*"token": *"\\([^"]*\\)".*/\\1/p')`;
    },
  };
}

function scopeOf({ method, path }: JournalRecord): string {
  const repository = repositoryIn(path);
  if (repository === undefined) return '';
  const isUpload = path.includes('/blobs/uploads');
  const isReading = (method === 'GET' || method === 'HEAD') && !isUpload;
  const change = method === 'DELETE' && !isUpload ? 'delete' : 'pull,push';
  const name = repository.includes('/') ? repository : `library/${repository}`;
  return `?scope=repository:${name}:${isReading ? 'pull' : change}`;
}

/** An upload that is under way is over by now: another one is begun. */
export function uploadFor({ path, query, status }: JournalRecord, login = ''): Part | undefined {
  const at = path.lastIndexOf(UPLOADS);
  const begin = path.slice(0, at + UPLOADS.length);
  if (at === -1 || path === begin || status === 404) return undefined;
  const rest = query === '' ? '' : quoted(`?${query}`);
  return {
    part: `"$UPLOAD"${rest}`,
    before: ({ origin }) =>
      `UPLOAD=$(curl -sS -o /dev/null -D - ${login} -X POST ${quoted(origin + begin)} | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')`,
  };
}

/** Stands in for part of a blob whose bytes are not kept. */
const STAND_IN = 1024;

/** The body of a request of v2. */
export function bodyForV2(record: JournalRecord, login = ''): Part | undefined {
  const { method, path, query, body } = record;
  const repository = repositoryIn(path);
  const digest = new URLSearchParams(query).get('digest');
  if (repository !== undefined && path.includes(UPLOADS)) {
    if (method === 'PATCH') {
      const size = body.size === 0 ? STAND_IN : body.size;
      return { part: '--data-binary @blob', before: () => `head -c ${size} /dev/zero >blob` };
    }
    if (digest === null || !['POST', 'PUT'].includes(method)) return undefined;
    // The blob that was sent is here by now.
    const url = (origin: string): string => quoted(`${origin}/v2/${repository}/blobs/${digest}`);
    return {
      part: '--data-binary @blob',
      before: ({ origin }) => `curl -sS -o blob ${login} ${url(origin)}`,
    };
  }
  if (body.size === 0) return undefined;
  if (body.text !== undefined && body.cut !== true) return written(body.text);
  if (method !== 'PUT' || !path.includes('/manifests/')) return { part: '--data-binary @body' };
  return {
    part: '--data-binary @manifest.json',
    before: ({ origin }) => `curl -sS -o manifest.json ${login} ${quoted(origin + path)}`,
  };
}

/** A body as it was; of a form with a login, without the password. */
function written(text: string): Part {
  const [before = '', after] = text.split('password=***');
  if (after === undefined) return { part: `--data-binary ${quoted(text)}` };
  return {
    part: `--data-binary ${quoted(`${before}password=`)}"$PASSWORD"${after === '' ? '' : quoted(after)}`,
  };
}
