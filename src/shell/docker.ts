import { type Disk, docker, type Terminal } from '../old-docker/index.js';
import type { Answers } from './answers.js';
import type { CurlContext } from './curl.js';
import { Failed } from './file-commands.js';

export interface DockerContext extends CurlContext {
  /** `1.5.0` */
  readonly version: string;
  readonly graph: Disk;
  readonly home: Disk;
  /** What it is answered; undefined: it is not on a terminal. */
  readonly answers: Answers | undefined;
}

/** The played docker on a reader's files. @returns its exit code */
export function runDocker(context: DockerContext, words: readonly string[]): Promise<number> {
  const { version, graph, home, folder, index, hosts, onConnection, allowance, answers } = context;
  return docker(
    {
      version,
      terminal: terminalFor(context),
      graph,
      home,
      homeName: '',
      files: folder,
      index,
      onlyHosts: hosts,
      onConnection,
      ...(index.protocol === 'https:' && { https: {} }),
      now: Date.now,
      onRequest: async () => {
        if (answers?.missing !== undefined) throw new Failed('nothing is sent without an answer');
        allowance.spendRequest();
      },
    },
    words,
  );
}

/**
 * The terminal of a pane. What is asked for is answered, or must be given with the command; once an answer is missing, all
 * that comes after it is nothing that anybody sees.
 */
function terminalFor({ print, answers }: DockerContext): Terminal {
  const write = (data: string | Uint8Array): void => {
    if (answers?.missing === undefined) print(data);
  };
  const output = { isTerminal: false, columns: 100, write };
  return {
    stdin: {
      isTerminal: answers !== undefined,
      readLine: async () => answers?.take('word'),
      readSecret: async () => answers?.take('secret'),
      async *bytes() {},
    },
    stdout: output,
    stderr: output,
  };
}
