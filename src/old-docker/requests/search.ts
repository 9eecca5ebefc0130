import { OldDockerError } from './errors.js';
import { cannotUnmarshal, decodeJson, goQueryEscape } from './go.js';
import type { Header } from './messages.js';
import { probe } from './probe.js';
import { type Client, Session } from './session.js';

/** One line of `docker search`. */
export interface Found {
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly official: boolean;
  readonly trusted: boolean;
}

/**
 * `docker search HOST/term`. Before 1.3 only index.docker.io was ever asked, and not probed; the
 * model then asks its host as if it were that.
 */
export async function search(client: Client, term: string): Promise<Found[]> {
  const { dialect } = client;
  const { alwaysBasic } = await probe(client, 'search');
  const session = new Session(client);
  const limit = dialect.searchLimit ? '&n=25' : '';
  const token: Header[] = dialect.searchSendsToken ? [['X-Docker-Token', 'true']] : [];
  const answer = await session.send('GET', `/v1/search?q=${goQueryEscape(term)}${limit}`, {
    auth: dialect.searchSendsBasic || alwaysBasic ? 'basic' : 'none',
    headers: token,
  });
  if (answer.status !== 200) {
    throw new OldDockerError(`Unexpected status code ${answer.status}`);
  }
  const decoded = decodeJson(answer.body);
  if ('error' in decoded) {
    throw new OldDockerError(decoded.error);
  }
  return resultsOf(decoded.value).map((result) => readResult(result, dialect.searchStringsOnly));
}

/** `results: null` and a missing list are tolerated; the counts must be what Go decodes into. */
function resultsOf(value: unknown): Record<string, unknown>[] {
  const page = record(value, 'registry.SearchResults');
  field(page, 'query', 'string');
  field(page, 'num_results', 'number');
  const { results } = page;
  if (results === undefined || results === null) {
    return [];
  }
  if (!Array.isArray(results)) {
    throw new OldDockerError(cannotUnmarshal(results, '[]registry.SearchResult'));
  }
  return results.map((result) => record(result, 'registry.SearchResult'));
}

function readResult(result: Record<string, unknown>, stringsOnly: boolean): Found {
  if (stringsOnly) {
    for (const key of Object.keys(result)) {
      field(result, key, 'string');
    }
  } else {
    field(result, 'star_count', 'number');
    for (const key of ['is_official', 'is_trusted', 'is_automated']) {
      field(result, key, 'boolean');
    }
  }
  field(result, 'name', 'string');
  field(result, 'description', 'string');
  return {
    name: String(result.name ?? ''),
    description: String(result.description ?? ''),
    stars: Number(result.star_count ?? 0),
    official: String(result.is_official ?? false) === 'true',
    trusted: String(result.is_trusted ?? false) === 'true',
  };
}

function record(value: unknown, type: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new OldDockerError(cannotUnmarshal(value, type));
  }
  return { ...value };
}

/** A field may be missing or null, but not of another type. */
function field(
  result: Record<string, unknown>,
  key: string,
  type: 'string' | 'number' | 'boolean',
): void {
  const value = result[key];
  if (value !== undefined && value !== null && typeof value !== type) {
    throw new OldDockerError(
      cannotUnmarshal(value, { string: 'string', number: 'int', boolean: 'bool' }[type]),
    );
  }
}
