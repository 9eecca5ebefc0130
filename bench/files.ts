/* How many files a reader opens to follow one request: those of which a function runs while it is answered. */

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const USAGE = `Lists the files of which a function runs while the hub answers one request.

  node dist/bench/files.js             numbers alone
  node dist/bench/files.js --list      and the files
  node dist/bench/files.js --tree DIR  of another build: the path of its dist folder
`;

const { values } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    tree: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
    help: { type: 'boolean', default: false },
  },
});

interface Hub {
  readonly port: number;
  close(): Promise<void>;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const PING: Asked = { method: 'GET', path: '/v1/_ping' };
const BASIC = { Authorization: `Basic ${Buffer.from('jamtur01:secret').toString('base64')}` };

/** A push of one image with this id, in the order in which docker asks. */
function pushOf(id: string): Asked[] {
  const json = JSON.stringify({ id });
  const layer = gzipSync(Buffer.alloc(1024));
  const sum = createHash('sha256').update(`${json}\n`).update(layer).digest('hex');
  const image = `/v1/images/${id}`;
  const named = { ...BASIC, 'X-Docker-Checksum-Payload': `sha256:${sum}` };
  const list = JSON.stringify([{ id, Tag: 'latest' }]);
  return [
    { method: 'GET', path: '/v1/users/', headers: BASIC },
    {
      method: 'PUT',
      path: '/v1/repositories/jamtur01/web/',
      headers: { ...BASIC, 'X-Docker-Token': 'true' },
      body: list,
    },
    { method: 'PUT', path: `${image}/json`, headers: BASIC, body: json },
    { method: 'PUT', path: `${image}/layer`, headers: BASIC, body: layer },
    { method: 'PUT', path: `${image}/checksum`, headers: named },
  ];
}

function ask(port: number, { method, path, headers, body }: Asked): Promise<number> {
  return new Promise((done, fail) => {
    const sent = request({ port, method, path, headers, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => done(answer.statusCode ?? 0));
    });
    sent.once('error', fail);
    sent.end(body);
  });
}

/** The files below the tree of which a function ran since the last call; their beginnings do not count. */
async function filesThatRan(session: Session, tree: string): Promise<string[]> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const root = pathToFileURL(tree).href;
  const ran = result.filter(({ url, functions }) => {
    const own = functions.filter(
      ({ ranges: [whole] }) => whole !== undefined && whole.startOffset > 0,
    );
    return url.startsWith(root) && own.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
  });
  return ran
    .map(({ url }) => relative(tree, fileURLToPath(url)))
    .filter((path) => /^(?:src|routes)\//.test(path))
    .sort();
}

const shownPath = (path: string): string => path.replace(/(?:cd){32}/, 'ID');

/** One line for a request, and its files if they are wanted. */
function report(what: string, files: readonly string[], around: readonly string[]): void {
  const own = files.filter((file) => !around.includes(file));
  process.stdout.write(`${what}: ${files.length} files, ${own.length} of them its own\n`);
  if (values.list) process.stdout.write(`${own.map((file) => `  ${file}\n`).join('')}\n`);
}

async function main(): Promise<void> {
  const tree = resolve(values.tree);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const { startHub } = (await import(pathToFileURL(`${tree}/src/hub.js`).href)) as {
    startHub(options: object): Promise<Hub>;
  };
  const folder = mkdtempSync(join(tmpdir(), 'hub-v1-files-'));
  const seed = { users: [{ username: 'jamtur01', password: 'secret' }] };
  const hub = await startHub({ data: folder, seed, bcryptRounds: 4, logLevel: 'silent' });
  try {
    // Once before, so that what is made only once does not count.
    await ask(hub.port, PING);
    for (const each of pushOf('ab'.repeat(32))) await ask(hub.port, each);
    await filesThatRan(session, tree);
    await ask(hub.port, PING);
    const around = await filesThatRan(session, tree);
    report('Around every request (GET /v1/_ping)', around, []);
    for (const each of pushOf('cd'.repeat(32))) {
      await filesThatRan(session, tree);
      const status = await ask(hub.port, each);
      if (status !== 200) throw new Error(`${each.method} ${each.path} was answered ${status}`);
      report(`${each.method} ${shownPath(each.path)}`, await filesThatRan(session, tree), around);
    }
  } finally {
    await hub.close();
    session.disconnect();
    rmSync(folder, { recursive: true });
  }
}

if (values.help) process.stdout.write(USAGE);
else await main();
