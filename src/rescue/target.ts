import { Connection, type ConnectionOptions, shown } from './connection.js';
import { RescueError } from './problems.js';
import { baseOf, loginOf } from './registry-url.js';
import { V2Connection } from './v2-connection.js';

/** The address to push to. Throws a RescueError. */
export function targetOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new RescueError('--to must be http(s)://[user:password@]host[:port]');
}

/**
 * Asks the registry to push to for API v2, with its login, before the source is read for it. Throws a RescueError where
 * it does not answer, refuses the login or does not speak API v2.
 */
export async function requireTarget(target: URL, options: ConnectionOptions = {}): Promise<void> {
  const base = baseOf(target);
  const connection = new V2Connection(new Connection(options), loginOf(target));
  try {
    const { status } = await connection.greet(base);
    if (status === 200 || status === 401) return;
    throw new RescueError(`${shown(base)} does not speak API v2: /v2/ answers ${status}`);
  } finally {
    connection.close();
  }
}
