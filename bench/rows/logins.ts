import { join } from 'node:path';
import { compare } from '../support/compare.js';
import { LOGIN, writeData } from '../support/data.js';
import { basic } from '../support/http.js';
import { startHubProcess } from '../support/hub-process.js';
import { load } from '../support/load.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

const STORED = 2000;
const GUESSERS = 32;
const REPEATED = 1000;
const PING = '/v1/_ping';
const USERS = '/v1/users/';

/** Logins, which cost on purpose, and those who do not log in meanwhile. */
export const logins: readonly Row[] = [
  {
    name: 'ping-under-logins',
    work: `GET _ping, 200 a second, while ${GUESSERS} clients send wrong passwords`,
    baseline: 'the same without them',
    targets: [{ of: 'hub', figure: 'p99', atMost: 50 }],
    run: pingUnderLogins,
  },
  {
    name: 'logins',
    work: `${REPEATED} repeated logins of one account`,
    baseline: `${REPEATED} times _ping`,
    targets: [{ of: 'ratio', figure: 'each', atMost: 1.5 }],
    run: repeatedLogins,
  },
];

async function pingUnderLogins({ folder, rounds, seconds }: BenchOptions): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  // Without the limit, since a guess that is answered 429 costs nothing.
  const hub = await startHubProcess(data, ['--login-limit', '0']);
  const { url, pid } = hub;
  const pinging = () => load({ url, path: PING, connections: 8, rate: 200, seconds });
  const guessing = (guesser: number) =>
    load({
      url,
      path: USERS,
      connections: 1,
      // Some guess at accounts that are there, others at names that nobody has.
      headers: basic(`owner${guesser * 2}`, `wrong ${guesser}`),
      seconds: seconds + 1,
      anyStatus: true,
    });
  const pingingUnderLogins = async () => {
    const guessers = Array.from({ length: GUESSERS }, (_, guesser) => guessing(guesser));
    const run = await pinging();
    await Promise.all(guessers);
    return run;
  };
  try {
    const sides = { hub: { pid, run: pingingUnderLogins }, baseline: { pid, run: pinging } };
    return await compare(sides, rounds);
  } finally {
    await hub.stop();
  }
}

async function repeatedLogins({ folder, rounds }: BenchOptions): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: STORED });
  const hub = await startHubProcess(data);
  const { url, pid } = hub;
  const repeat = (path: string, headers: Record<string, string>) => () =>
    load({ url, path, headers, connections: 1, amount: REPEATED });
  const sides = {
    hub: { pid, run: repeat(USERS, LOGIN) },
    baseline: { pid, run: repeat(PING, {}) },
  };
  try {
    return await compare(sides, rounds);
  } finally {
    await hub.stop();
  }
}
