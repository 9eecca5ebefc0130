import { join } from 'node:path';
import type { SentAnswer } from '../baselines/koa.js';
import { startChild } from '../support/child.js';
import { compare, type Run } from '../support/compare.js';
import { ACCOUNT, LOGIN, writeData, writeFullRepository } from '../support/data.js';
import { type Answer, Client } from '../support/http.js';
import { startHubProcess } from '../support/hub-process.js';
import { load } from '../support/load.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';

const BASELINE = 'a bare Koa app sending the same bytes';
const CONNECTIONS = 8;
const REPOSITORIES = 1000;
/** A repository whose list and tags have this many entries. */
const FULL = 'full';
const ENTRIES = 20;
const REPOSITORY = `/v1/repositories/${ACCOUNT}/${FULL}`;

/** What is read, and what is sent along. */
export interface Reading {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** HEAD is asked for by clients of the bench's own: autocannon waits for the body that does not come. */
  readonly method?: 'GET' | 'HEAD';
}

/** The small reads: what the server costs beyond what Koa costs. */
export const reads: readonly Row[] = [
  row('ping', 'GET _ping', 0.6, async () => ({ path: '/v1/_ping', headers: {} })),
  row('images-basic', `GET images of ${ENTRIES}, Basic`, 0.6, async () => ({
    path: `${REPOSITORY}/images`,
    headers: LOGIN,
  })),
  row('images-new-token', `GET images of ${ENTRIES}, Basic, for a new token`, 0.6, async () => ({
    path: `${REPOSITORY}/images`,
    // As docker asks: it wants a token for all that follows (clients.md, Pull).
    headers: { ...LOGIN, 'X-Docker-Token': 'true' },
  })),
  row('images-token', `GET images of ${ENTRIES}, Token`, 0.6, async (client) => ({
    path: `${REPOSITORY}/images`,
    headers: await readToken(client),
  })),
  row('tags', `GET tags, ${ENTRIES} of them`, 0.6, async (client) => ({
    path: `${REPOSITORY}/tags`,
    headers: await readToken(client),
  })),
  row('tag', 'GET tags/(tag)', 0.6, async (client) => ({
    path: `${REPOSITORY}/tags/v7`,
    headers: await readToken(client),
  })),
  row('search', `GET search among ${REPOSITORIES}`, 0.4, async () => ({
    path: '/v1/search?q=redis',
    headers: {},
  })),
];

/** A row of some small read. */
export function row(
  name: string,
  work: string,
  atLeast: number,
  reading: (client: Client) => Promise<Reading>,
): Row {
  const targets = [{ of: 'ratio', figure: 'perSecond', atLeast }] as const;
  return { name, work, baseline: BASELINE, targets, run: (options) => run(options, reading) };
}

async function run(
  { folder, rounds, seconds }: BenchOptions,
  reading: (client: Client) => Promise<Reading>,
): Promise<Outcome> {
  const data = join(folder, 'data');
  writeData(data, { repositories: REPOSITORIES });
  writeFullRepository(data, FULL, ENTRIES);
  const hub = await startHubProcess(data);
  const baseline = await startChild<SentAnswer, number>('koa');
  const client = new Client(hub.url);
  try {
    const { path, headers, method = 'GET' } = await reading(client);
    const port = await baseline.ask(sentAnswer(await client.call({ method, path, headers })));
    const under = (url: string) => () =>
      method === 'GET'
        ? load({ url, path, headers, seconds, connections: CONNECTIONS })
        : heads({ url, path, headers, seconds });
    const sides = {
      hub: { pid: hub.pid, run: under(hub.url) },
      baseline: { pid: baseline.pid, run: under(`http://127.0.0.1:${port}`) },
    };
    return await compare(sides, rounds);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

/** As `load`, for HEAD. */
export async function heads({
  url,
  path,
  headers,
  seconds,
}: Reading & { readonly url: string; readonly seconds: number }): Promise<Run> {
  const started = performance.now();
  let done = 0;
  const asking = async (): Promise<void> => {
    const client = new Client(url, { keepAlive: true });
    while (performance.now() - started < seconds * 1000) {
      await client.call({ method: 'HEAD', path, headers });
      done += 1;
    }
    client.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, asking));
  return { done, seconds: (performance.now() - started) / 1000 };
}

/** What a docker sends after the image list: the token that came with it. */
async function readToken(client: Client): Promise<Record<string, string>> {
  const headers = { ...LOGIN, 'X-Docker-Token': 'true' };
  const answer = await client.call({ path: `${REPOSITORY}/images`, headers });
  return { Authorization: `Token ${answer.headers['X-Docker-Token']}` };
}

/** The answer without what node:http adds by itself. */
function sentAnswer({ status, headers, body }: Answer): SentAnswer {
  const { Date: _date, Connection: _connection, 'Keep-Alive': _keepAlive, ...own } = headers;
  return { status, headers: own, body: body.toString('utf8') };
}
