import { RescueError } from './problems.js';

/** The root of a registry, without a login and without a path of its API. */
export function baseOf(url: URL): URL {
  const path = url.pathname.replace(/\/(?:v[12]\/?)?$/, '');
  return new URL(`${path}/`, url.origin);
}

/** The header that shows the name and the password of an address; none if it has none. */
export function loginOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}

/** Why a registry that answers 401 can't be asked, by one who showed it a login or had none. */
export function refusedLogin({ origin }: URL, hasLogin: boolean): RescueError {
  if (hasLogin) return new RescueError(`${origin} does not take the name and password`);
  const wanted = origin.replace('//', '//NAME:PASSWORD@');
  return new RescueError(`${origin} wants a login: ${wanted}`);
}
