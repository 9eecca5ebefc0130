import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isVersion, NEWEST, OLDEST } from '../old-docker/eras/dialect.js';
import type { Machine } from '../old-docker/index.js';
import { ownTerminal } from './docker-terminal.js';

interface DockerFlags {
  readonly as: string;
  readonly graph: string;
  readonly index: URL;
  readonly step?: true;
}

/** `hub-v1 docker …`: a docker of the time, played. Its images and logins lie in a folder of their own. */
export function addDockerCommand(program: Command): void {
  program
    .enablePositionalOptions()
    .command('docker [command...]')
    .description('play a docker of the time: login, search, pull, push, build …; it runs nothing')
    .passThroughOptions()
    .addOption(
      new Option('--as <version>', `the docker to be, ${OLDEST} to ${NEWEST}`)
        .env('HUB_V1_DOCKER_AS')
        .default('1.5.0')
        .argParser(parseVersion),
    )
    .addOption(
      new Option('--graph <dir>', 'where its images and its login file lie')
        .env('HUB_V1_DOCKER_GRAPH')
        .default(join(homedir(), '.hub-v1-docker'), '~/.hub-v1-docker'),
    )
    .addOption(
      new Option('--index <url>', 'the hub that plays index.docker.io')
        .env('HUB_V1_DOCKER_INDEX')
        .default(new URL('http://127.0.0.1:5000'), 'http://127.0.0.1:5000')
        .argParser(parseIndex),
    )
    .option('--step', 'wait before each request, and show it, also as curl')
    .action(async (words: string[], flags: DockerFlags) => {
      // Here, so that other commands need not load it.
      const played = await import('../old-docker/index.js');
      process.exitCode = await played.docker(machineOf(flags, played), words);
      process.stdin.pause().unref?.();
    });
}

type Played = Pick<typeof import('../old-docker/index.js'), 'describeRequest' | 'FolderDisk'>;

function machineOf(
  { as, graph, index, step }: DockerFlags,
  { describeRequest, FolderDisk }: Played,
): Machine {
  const terminal = ownTerminal();
  const folder = resolve(graph);
  const homeName = join(folder, 'home');
  return {
    version: as,
    terminal,
    graph: new FolderDisk(folder),
    home: new FolderDisk(homeName),
    homeName,
    files: new FolderDisk(process.cwd()),
    index,
    now: Date.now,
    ...(step === true && {
      onRequest: async (request, address) => {
        await terminal.stderr.write(`${describeRequest(request, address)}[Enter] `);
        await terminal.stdin.readLine();
        if (!terminal.stdin.isTerminal) await terminal.stderr.write('\n');
      },
    }),
  };
}

function parseVersion(text: string): string {
  if (!isVersion(text)) {
    throw new InvalidArgumentError(
      `there was no docker ${text}: ${OLDEST} to ${NEWEST} are played`,
    );
  }
  return text;
}

function parseIndex(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidArgumentError(`not an address like http://127.0.0.1:5000: ${text}`);
  }
  return url;
}
