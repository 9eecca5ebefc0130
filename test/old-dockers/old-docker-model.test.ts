/**
 * The model of the old docker client against the recordings of the real ones: the same requests in
 * the same order, header by header and byte by byte, without the hub.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Credentials,
  type Dialect,
  dialectOf,
  type LocalImage,
  OldDocker,
  OldDockerError,
  RECORDED_VERSIONS,
  type Version,
} from '../support/old-docker.js';
import {
  cutLayersOf,
  describeTrace,
  imageOf,
  type Override,
  replay,
  standInLayer,
} from '../support/replay.js';
import {
  bytesOf,
  callsOf,
  hasTrace,
  headerOf,
  isWhole,
  readTrace,
  type TracedCall,
  type TraceLine,
  type TraceName,
} from '../support/traces.js';

/** What a run against the recorded answers came to. */
interface Run<T> {
  readonly result: T | undefined;
  readonly error: string | undefined;
}

for (const version of RECORDED_VERSIONS) {
  describe(`the model of docker ${version}`, () => {
    const logins = {
      login_new:
        /^Account created\. Please see the documentation of the registry http:\/\/HOST\/v1\//,
      login_existing: /^Login Succeeded$/,
      login_wrong: /^Wrong login\/password, please try again$/,
      login_inactive:
        version === '0.6.7'
          ? /^Login: "Account is not Active" \(Code: 403; /
          : /^Login: Account is not [Aa]ctive\. Please see /,
    };
    for (const name of Object.keys(logins) as (keyof typeof logins)[]) {
      it(`logs in as recorded: ${name}`, async () => {
        const { result, error } = await compare(version, name, (docker) => docker.login());
        // From 1.11 nobody is registered, so a new name is a wrong one.
        const expected =
          !dialectOf(version).registers && name === 'login_new' ? 'login_wrong' : name;
        assert.match(result ?? error ?? '', logins[expected]);
        assert.equal(error === undefined, ['login_new', 'login_existing'].includes(expected));
      });
    }

    for (const name of ['push', 'push_again', 'push_root'] as const) {
      it(`pushes as recorded: ${name}`, async () => {
        const calls = callsOf(readTrace(version, name));
        const { images, tags } = localRepository(version, name);
        const { result, error } = await compare(version, name, (docker) =>
          docker.push(repositoryOf(calls), images, { tags }),
        );
        assert.equal(error, undefined);
        const sent = calls.filter(({ request }) => /^PUT .*\/layer$/.test(lineOf({ request })));
        assert.deepEqual(
          result?.sent,
          sent.map(({ request }) => imageOf(request.url)),
        );
      });
    }

    const pulls = {
      pull_tag: 'v1',
      pull_all: undefined,
      pull_root: 'latest',
      pull_missing_repo: 'latest',
      pull_missing_tag: 'nosuchtag',
    };
    for (const name of Object.keys(pulls) as (keyof typeof pulls)[]) {
      it(`pulls as recorded: ${name}`, async () => {
        const calls = callsOf(readTrace(version, name));
        const tag = pulls[name];
        const { result, error } = await compare(version, name, (docker) => {
          for (const id of alreadyHere(calls)) {
            docker.graph.set(id, { id, json: Buffer.alloc(0), layer: Buffer.alloc(0), size: 0 });
          }
          return docker.pull(repositoryOf(calls), tag === undefined ? {} : { tag });
        });
        assert.deepEqual([...(result?.fetched ?? [])].sort(), layersIn(calls).sort());
        if (name === 'pull_missing_repo' || name === 'pull_missing_tag') {
          assert.match(error ?? '', missing(version, name));
        } else {
          assert.equal(error, undefined);
        }
      });
    }

    if (hasTrace(version, 'search')) {
      it('searches as recorded', async () => {
        const [, term = ''] =
          /q=(\w+)/.exec(lineOf(callsOf(readTrace(version, 'search')).at(-1))) ?? [];
        const { result } = await compare(version, 'search', (docker) => docker.search(term));
        assert.deepEqual(
          result?.map(({ name, stars, official }) => [name, stars, official]),
          [[`${term.replace('e2e', 'user')}/${term}`, 3, false]],
        );
      });
    }

    for (const [what, override, message] of refusals(dialectOf(version))) {
      it(`does not accept ${what}`, async () => {
        const name = repositoryOf(callsOf(readTrace(version, 'push')));
        const { images, tags } = localRepository(version, 'push');
        const { error } = await run(version, 'push', override, (docker) =>
          docker.push(name, images, { tags }),
        );
        assert.match(error ?? 'accepted', message);
      });
    }
  });
}

/** clients.md, "Push": what each step accepts and nothing else. */
function refusals(dialect: Dialect): [what: string, override: Override, message: RegExp][] {
  const on = (line: RegExp, status: number, body = '{}'): Override => {
    return (method, url) =>
      line.test(`${method} ${url}`) ? { status, body, bodySize: body.length } : undefined;
  };
  const cases: [string, Override, RegExp][] = [
    ['201 for a json', on(/^PUT .*\/json$/, 201), /^HTTP code 201 while uploading metadata: /],
    [
      '204 for a checksum',
      on(/^PUT .*\/checksum$/, 204),
      /^HTTP code 204 while uploading metadata/,
    ],
    ['204 for a tag', on(/^PUT .*\/tags\//, 204), /^Internal server error: 204 trying to push tag/],
    [
      '200 for the images',
      on(/^PUT .*\/images$/, 200),
      /^Error: Status 200 trying to push checksums/,
    ],
    [
      '201 for a layer',
      on(/^PUT .*\/layer$/, 201),
      /^Received HTTP code 201 while uploading layer/,
    ],
    [
      '403 for the repository',
      on(/^PUT .*\/$/, 403, '"no"'),
      dialect.quotesBodies ? /: "\\"no\\""$/ : /: "no"$/,
    ],
  ];
  if (dialect.needsAllHeaders) {
    const ping: Override = (_, url) => (url === '/v1/_ping' ? { headers: {} } : undefined);
    cases.push(['a ping without a version', ping, /does not look like a Registry server/]);
  }
  return cases;
}

/** clients.md, "What they say on errors". */
function missing(version: Version, name: 'pull_missing_repo' | 'pull_missing_tag'): RegExp {
  if (version === '0.6.7') {
    return /^Server error: 404 trying to fetch remote history for \w+\/\w+$/;
  }
  if (name === 'pull_missing_tag') {
    return /^Tag nosuchtag not found in repository HOST\/\w+\/\w+$/;
  }
  return ['0.7.6', '0.9.1', '1.0.1'].includes(version)
    ? /^HTTP code: 404$/
    : version === '1.10.3'
      ? /^Error: image \w+\/\w+ not found$/
      : /^Error: image \w+\/\w+:latest not found$/;
}

/** Runs the model against a recording's answers and compares what it sent with the recording. */
async function compare<T>(
  version: Version,
  name: TraceName,
  action: (docker: OldDocker) => Promise<T>,
): Promise<Run<T>> {
  const outcome = await run(version, name, undefined, action);
  const expected = describeTrace(readTrace(version, name), cutLayers(version));
  assert.deepEqual(settle(version, name, outcome.seen), settle(version, name, expected));
  return outcome;
}

async function run<T>(
  version: Version,
  name: TraceName,
  override: Override | undefined,
  action: (docker: OldDocker) => Promise<T>,
): Promise<Run<T> & { seen: string[] }> {
  const trace = readTrace(version, name);
  const server = await replay(trace, cutLayers(version), override);
  const credentials = credentialsIn(trace);
  const docker = new OldDocker({ version, host: server.host, ...(credentials && { credentials }) });
  const nameHost = (text: string): string => text.replaceAll(server.host, 'HOST');
  try {
    const result = await action(docker);
    const shown = typeof result === 'string' ? (nameHost(result) as T & string) : result;
    return { result: shown, error: undefined, seen: server.seen };
  } catch (error) {
    assert.ok(error instanceof OldDockerError, String(error));
    return { result: undefined, error: nameHost(error.message), seen: server.seen };
  } finally {
    await server.close();
  }
}

/** Puts what was sent at once, in an order of chance, into a fixed order. */
function settle(version: Version, name: TraceName, seen: readonly string[]): string[] {
  const dialect = dialectOf(version);
  const atOnce = name.startsWith('push') ? /^(GET .*\/json|POST)/ : /^GET .*\/layer/;
  const isAtOnce = (line: string): boolean => atOnce.test(line) && dialect.looksUpAhead;
  const settled: string[] = [];
  const ancestries = dialect.pullsJsonFirst ? [] : seen.filter((line) => /\/ancestry\n/.test(line));
  const rest = seen.filter((line) => !ancestries.includes(line));
  let runOf: string[] = [];
  for (const line of [...rest, '']) {
    if (isAtOnce(line)) {
      runOf.push(line);
    } else {
      settled.push(...runOf.sort(), line);
      runOf = [];
    }
  }
  return [...settled, ...ancestries.sort()];
}

/** The images that a version's recorded push sent, and the tags of this recording. */
function localRepository(
  version: Version,
  name: TraceName,
): { images: LocalImage[]; tags: Record<string, string> } {
  const pushed = callsOf(readTrace(version, 'push'));
  const list = JSON.parse(
    callsOf(readTrace(version, name)).find(({ request }) => request.method === 'PUT')?.request
      .body ?? '',
  ) as { id: string; Tag?: string }[];
  const images = list.map(({ id }) => localImage(pushed, id));
  const parents = new Set(images.map(({ parent }) => parent));
  const tags = list.flatMap(({ id, Tag }) =>
    Tag && !isBelow(id, Tag) ? [[Tag, id] as const] : [],
  );
  return { images, tags: Object.fromEntries(tags) };

  /** Up to 0.8 the images below a tagged one are listed with the same tag. */
  function isBelow(id: string, tag: string): boolean {
    return parents.has(id) && list.filter((entry) => entry.Tag === tag).length > 1;
  }
}

function localImage(pushed: readonly TracedCall[], id: string): LocalImage {
  const put = (what: string): TracedCall | undefined =>
    pushed.find(({ request }) => lineOf({ request }) === `PUT /v1/images/${id}/${what}`);
  const json = put('json')?.request;
  const layer = put('layer')?.request;
  assert.ok(json && layer, `the push of ${id} was recorded`);
  const { parent } = JSON.parse(json.body) as { parent?: string };
  const sent = isWhole(layer) ? bytesOf(layer) : standInLayer(layer.bodySha256 ?? id);
  return { id, parent, json: bytesOf(json), layer: sent };
}

function cutLayers(version: Version): Set<string> {
  return cutLayersOf(callsOf(readTrace(version, 'push')));
}

function credentialsIn(trace: readonly TraceLine[]): Credentials | undefined {
  const calls = callsOf(trace);
  const registration = calls.find(
    ({ request }) => request.method === 'POST' && request.body !== '',
  );
  if (registration !== undefined) {
    return JSON.parse(registration.request.body) as Credentials;
  }
  const headers = calls.map(({ request }) => headerOf(request, 'Authorization') ?? '');
  const encoded = headers.find((value) => value.startsWith('Basic '))?.slice('Basic '.length);
  if (encoded === undefined) {
    return undefined;
  }
  const [username = '', password = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  return { username, password, email: `${username}@example.com` };
}

function repositoryOf(calls: readonly TracedCall[]): string {
  const urls = calls.map(({ request }) => request.url);
  const [, name = ''] =
    urls.map((url) => /^\/v1\/repositories\/(.*?)(?:\/|\/images)$/.exec(url)).find(Boolean) ?? [];
  return name;
}

function layersIn(calls: readonly TracedCall[]): string[] {
  const layers = calls.filter(({ request }) => /^GET .*\/layer$/.test(lineOf({ request })));
  return layers.map(({ request }) => imageOf(request.url) ?? '');
}

/** The images that the recorded docker had: those of the chains that it did not fetch. */
function alreadyHere(calls: readonly TracedCall[]): string[] {
  const chains = calls.filter(({ request, response }) => {
    return request.url.endsWith('/ancestry') && response.status === 200;
  });
  const fetched = layersIn(calls);
  const ids = chains.flatMap(({ response }) => JSON.parse(response.body) as string[]);
  return ids.filter((id) => !fetched.includes(id));
}

function lineOf(call: Pick<TracedCall, 'request'> | undefined): string {
  return `${call?.request.method} ${call?.request.url}`;
}
