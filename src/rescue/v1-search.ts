import { type Connection, shown } from './connection.js';
import { foreignNames, type NamePage } from './foreign-names.js';
import { RescueError } from './problems.js';
import { refusedLogin } from './registry-url.js';
import { fieldOf, parsed } from './v1-documents.js';

/** In bytes. */
const LONGEST_LIST = 64 * 1024 * 1024;
/** The default order of a search of old registries: all that there is. */
const SEARCH = 'v1/search?q=&n=100';

export interface SearchOptions {
  /** The root of the registry. */
  readonly base: URL;
  readonly connection: Connection;
  /** The header of the login, or none. */
  readonly login: Readonly<Record<string, string>>;
  /** Hears why the search was not followed to its end. */
  readonly onProblem: (reason: string) => void;
  /** How many names are taken; another number than the usual is for tests. */
  readonly most?: number | undefined;
}

/** The names of all repositories that a registry of API v1 finds. Throws a RescueError where it has no search. */
export function searchedNames(options: SearchOptions): AsyncGenerator<string> {
  const { onProblem, most } = options;
  return foreignNames(results(options), { list: 'its search', onProblem, most });
}

/** Old searches give all at once, later ones pages. */
async function* results({ base, connection, login }: SearchOptions): AsyncGenerator<NamePage> {
  for (let page = 1, isMore = true; isMore; page += 1) {
    const url = new URL(page === 1 ? SEARCH : `${SEARCH}&page=${page}`, base);
    const { status, bytes } = await connection.ask(url, LONGEST_LIST, { headers: login });
    if (status === 401) throw refusedLogin(base, login.authorization !== undefined);
    const value = status === 200 ? parsed(bytes) : undefined;
    const found = fieldOf(value, 'results');
    if (!Array.isArray(found)) {
      const advice = 'name the repositories that are to come';
      throw new RescueError(`${shown(url)} answers ${status}: ${advice}`);
    }
    const count = Number(fieldOf(value, 'num_pages'));
    isMore = found.length > 0 && Number.isSafeInteger(count) && page < count;
    const names = found.map((result) => fieldOf(result, 'name'));
    yield { names, rest: isMore ? 'next page' : 'none' };
  }
}
