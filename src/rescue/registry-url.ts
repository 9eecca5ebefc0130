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
