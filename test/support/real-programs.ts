/* Programs of others that tests run: clients and registries of today, where they are installed. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const LONGEST = 120_000;
const LONGEST_START = 30_000;

/** The folders where Debian keeps what only root starts, such as dockerd. */
const PATH = [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter);

/** Why a program is not used, or false. */
export function missing(program: string): string | false {
  const { status } = spawnSync(program, ['--version'], { stdio: 'ignore', env: { PATH } });
  return status === 0 ? false : `there is no ${program}`;
}

/** Runs a program to its end. Resolves to what it wrote to standard output; rejects with what it wrote, if it failed. */
export async function run(
  program: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { timeout: LONGEST, env: { PATH, HOME: '/nonexistent', ...env } };
  // The hub answers in this process, so that nothing here may wait for the program.
  const { stdout } = await promisify(execFile)(program, words, options);
  return stdout;
}

/** A server of others. */
export interface RealServer {
  end(): Promise<void>;
}

/**
 * Starts a server and waits until `readyBy` gives something for what it wrote so far. Undefined if it ended before, or
 * took too long: dockerd needs rights that many containers do not give. It does not outlive the process of the tests.
 */
async function startServer<T>(
  program: string,
  words: readonly string[],
  readyBy: (output: string) => Promise<T | undefined>,
): Promise<(RealServer & { readonly ready: T }) | undefined> {
  const tied = ['--pdeathsig', 'KILL', program, ...words];
  const server = spawn('setpriv', tied, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH } });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(server, 'exit').catch(() => undefined);
  const end = async (): Promise<void> => {
    server.kill('SIGTERM');
    await ended;
  };
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  for (const start = Date.now(); !hasEnded && Date.now() - start < LONGEST_START; ) {
    const ready = await readyBy(output).catch(() => undefined);
    if (ready !== undefined) return { ready, end };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await end();
  return undefined;
}

/** A docker of today with a daemon of its own, which keeps everything in `folder`. */
export async function startDocker(folder: string): Promise<RealDocker | undefined> {
  if (missing('dockerd') !== false || missing('docker') !== false) return undefined;
  const socket = join(folder, 'docker.sock');
  const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: join(folder, 'config') };
  const docker = (...words: string[]): Promise<string> => run('docker', words, env);
  const server = await startServer(
    'dockerd',
    [
      ...['--data-root', join(folder, 'root'), '--exec-root', join(folder, 'exec')],
      ...['--host', env.DOCKER_HOST, '--pidfile', join(folder, 'pid')],
      // Without what changes the machine: no mounts, no network.
      ...['--storage-driver=vfs', '--iptables=false', '--ip6tables=false', '--bridge=none'],
    ],
    () => docker('version'),
  );
  if (server === undefined) return undefined;
  const containerd = join(folder, 'exec/containerd/containerd.sock');
  const ctr = (...words: string[]): Promise<string> => run('ctr', ['-a', containerd, ...words]);
  return { docker, ctr, end: server.end };
}

export interface RealDocker extends RealServer {
  /** Runs `docker` with these words. */
  docker(...words: string[]): Promise<string>;
  /** Runs `ctr` on the containerd of this docker. */
  ctr(...words: string[]): Promise<string>;
}

/** A distribution of today that keeps everything in `folder`, on a free port; undefined where none is installed. */
export async function startDistribution(
  folder: string,
): Promise<(RealServer & { readonly url: string }) | undefined> {
  if (missing('docker-registry') !== false) return undefined;
  const settings = join(folder, 'settings.yml');
  const root = join(folder, 'storage');
  // JSON is YAML too.
  const storage = { filesystem: { rootdirectory: root }, delete: { enabled: true } };
  const http = { addr: '127.0.0.1:0' };
  await writeFile(settings, JSON.stringify({ version: '0.1', storage, http }));
  const server = await startServer('docker-registry', ['serve', settings], (output) => {
    const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(output) ?? [];
    return Promise.resolve(address);
  });
  return server && { url: `http://${server.ready}`, end: server.end };
}
