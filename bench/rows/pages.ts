import { join } from 'node:path';
import { compare, measure, type Side } from '../support/compare.js';
import { ACCOUNT, LOGIN, PASSWORD, writeData, writeFullRepository } from '../support/data.js';
import { type Sample, summarise } from '../support/figures.js';
import { type HubProcess, startHubProcess } from '../support/hub-process.js';
import { load } from '../support/load.js';
import { newImage } from '../support/push.js';
import type { BenchOptions, Outcome, Row } from '../support/row.js';
import { LAYER, LAYERS, takingLayers } from './layers.js';

const CONNECTIONS = 8;
const REPOSITORIES = 1000;
const FULL = 'full';
const ENTRIES = 20;

/** How a hub is pressed while it is measured. */
type Pressed = (hub: HubProcess, seconds: number) => Side;

const WORK: readonly (readonly [name: string, work: string, press: Pressed])[] = [
  ['users', 'GET /v1/users/', reading('/v1/users/')],
  ['images', `GET images of ${ENTRIES}`, reading(`/v1/repositories/${ACCOUNT}/${FULL}/images`)],
  ['layer', 'PUT layer of 64 MB', uploading()],
];

/** What the pages cost those who use the API alone, and how long a page takes. */
export const pages: readonly Row[] = [
  ...WORK.flatMap(([name, work, press]) => [
    beside(`web-${name}`, `${work}, with the pages and their journal`, [], press),
    beside(`web-alone-${name}`, `${work}, with the pages`, ['--sandbox', 'off'], press),
  ]),
  page('page-front', 'the front page of a guest', '/'),
  page('page-search', 'a search', '/search?q=redis'),
  page('page-list', "somebody's repositories", '/repos/owner0/'),
  page(
    'page-layers',
    `the layers page of a repository of ${ENTRIES}`,
    `/u/${ACCOUNT}/${FULL}/layers/`,
  ),
  page('page-summary', 'the summary of somebody who is logged in', '/account/welcome/', logIn),
  page('page-live', 'the live page', '/sandbox/live/', logIn),
];

function beside(name: string, work: string, flags: readonly string[], press: Pressed): Row {
  return {
    name,
    work,
    baseline: 'the same with --no-web',
    targets: [{ of: 'ratio', figure: 'cpu', atMost: 1.15 }],
    run: (options) => withAndWithout(options, flags, press),
  };
}

/** Two hubs on the same data, one of them without pages. */
async function withAndWithout(
  { folder, rounds, seconds }: BenchOptions,
  flags: readonly string[],
  press: Pressed,
): Promise<Outcome> {
  const start = (name: string, more: readonly string[]) =>
    startHubProcess(prepared(join(folder, name)), more);
  const hub = await start('with', flags);
  const baseline = await start('without', ['--no-web']);
  try {
    const sides = { hub: press(hub, seconds), baseline: press(baseline, seconds) };
    return await compare(sides, rounds);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

function prepared(data: string): string {
  writeData(data, { repositories: REPOSITORIES });
  writeFullRepository(data, FULL, ENTRIES);
  return data;
}

function reading(path: string): Pressed {
  return ({ url, pid }, seconds) => ({
    pid,
    run: () => load({ url, path, seconds, headers: LOGIN, connections: CONNECTIONS }),
  });
}

function uploading(): Pressed {
  return (hub) => {
    const images = Array.from({ length: LAYERS }, () => newImage(LAYER));
    return takingLayers(hub, images, 1);
  };
}

type Headers = Readonly<Record<string, string>>;

function page(
  name: string,
  work: string,
  path: string,
  enter: (url: string) => Promise<Headers> = async () => ({}),
): Row {
  return {
    name,
    work: `${work}, with ${REPOSITORIES} repositories`,
    baseline: '',
    targets: [{ of: 'hub', figure: 'each', atMost: 50 }],
    run: async ({ folder, rounds, seconds }) => {
      const { url, pid, stop } = await startHubProcess(prepared(join(folder, 'data')));
      try {
        const headers = { Accept: 'text/html', ...(await enter(url)) };
        const side: Side = {
          pid,
          run: () => load({ url, path, headers, seconds, connections: 1 }),
        };
        await measure(side);
        const samples: Sample[] = [];
        for (let round = 0; round < rounds; round += 1) samples.push(await measure(side));
        return { hub: summarise(samples) };
      } finally {
        await stop();
      }
    },
  };
}

/** The cookies of a session. */
async function logIn(url: string): Promise<Headers> {
  const body = new URLSearchParams({ username: ACCOUNT, password: PASSWORD });
  const asked = { method: 'POST', body, redirect: 'manual' } as const;
  const { status, headers } = await fetch(new URL('/account/login/', url), asked);
  if (status !== 303) throw new Error(`the login was answered with ${status}`);
  const cookies = headers.getSetCookie().map((line) => line.split(';', 1)[0]);
  return { Cookie: cookies.join('; ') };
}
