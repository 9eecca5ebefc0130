import { type Disk, docker, type Terminal } from '../old-docker/index.js';
import type { CurlContext } from './curl.js';

export interface DockerContext extends CurlContext {
  /** `1.5.0` */
  readonly version: string;
  readonly graph: Disk;
  readonly home: Disk;
}

/** The played docker on a reader's files, without a terminal. @returns its exit code */
export function runDocker(context: DockerContext, words: readonly string[]): Promise<number> {
  const { version, graph, home, folder, index, hosts, onConnection, allowance, print } = context;
  return docker(
    {
      version,
      terminal: terminalFor(print),
      graph,
      home,
      homeName: '',
      files: folder,
      index,
      onlyHosts: hosts,
      onConnection,
      ...(index.protocol === 'https:' && { https: {} }),
      now: Date.now,
      onRequest: async () => allowance.spendRequest(),
    },
    words,
  );
}

/** Nobody types at prompts: what is asked for must be given with the command. */
function terminalFor(print: CurlContext['print']): Terminal {
  const output = { isTerminal: false, columns: 100, write: print };
  return {
    stdin: {
      isTerminal: false,
      readLine: async () => undefined,
      readSecret: async () => undefined,
      async *bytes() {},
    },
    stdout: output,
    stderr: output,
  };
}
