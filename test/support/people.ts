/* What somebody does with an account. */
import { type Address, basic, PASSWORD, send } from './client.js';

/** What registers somebody. */
export function person(username: string, changes: Readonly<Record<string, unknown>> = {}) {
  return { username, password: PASSWORD, email: `${username}@example.com`, ...changes };
}

/** Registers somebody over the wire; the address is made from the name unless it is given. */
export async function register(
  hub: Address,
  username: string,
  { password = PASSWORD, email = `${username}@example.com` } = {},
): Promise<void> {
  await send(hub, 'POST /v1/users/', { body: { username, password, email } }).expect(201);
}

/** `GET /v1/users/`: docker's login. */
export function logIn(hub: Address, username: string, password: string = PASSWORD) {
  return send(hub, 'GET /v1/users/', { auth: basic(username, password) });
}

/** Whether a login is answered 200. */
export async function canLogIn(
  hub: Address,
  username: string,
  password: string = PASSWORD,
): Promise<boolean> {
  const { status } = await logIn(hub, username, password);
  return status === 200;
}
