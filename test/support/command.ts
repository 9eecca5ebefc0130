/* The built command, run as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TestHub } from './hub.js';

const CLI = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));

export interface CommandOptions {
  /** Variables in its environment; of those of the tests it has PATH alone. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input. */
  readonly input?: string;
  /** Where it runs. */
  readonly cwd?: string;
  /** Ctrl-C is pressed when this resolves. */
  readonly until?: Promise<void>;
}

/** A command that has ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote to standard output and to standard error. */
  readonly output: string;
  readonly errors: string;
}

/** A `serve` that listens, and can be asked as a hub in the test's own process can. */
export interface Served extends TestHub {
  readonly pid: number;
  /** All that was written so far. */
  output(): string;
  errors(): string;
  /** Sends a signal. */
  signal(name: NodeJS.Signals): void;
  /** Sends a signal, SIGTERM unless another is named, and waits for the end. */
  end(name?: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

/** A process and what it has written. */
class Command {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  output = '';
  errors = '';

  constructor(args: readonly string[], { env = {}, input = '', cwd }: CommandOptions) {
    this.process = spawn(process.execPath, [CLI, ...args], {
      env: { PATH: process.env.PATH, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    this.process.stdin?.on('error', () => undefined).end(input);
    this.ended = this.#end();
  }

  async #end(): Promise<Ended> {
    const [code, signal] = (await once(this.process, 'close')) as [
      number | null,
      NodeJS.Signals | null,
    ];
    return { code, signal, output: this.output, errors: this.errors };
  }
}

/** Runs a command to its end. A hub that starts all the same is killed, rather than waited for. */
export function run(args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const command = new Command(args, options);
  command.process.stdout?.on('data', () => {
    if (command.output.includes('hub-v1 listening on')) command.process.kill('SIGKILL');
  });
  void options.until?.then(() => command.process.kill('SIGINT'));
  return command.ended;
}

/**
 * Starts a `serve` on a free port, with cheap passwords, and waits until it listens. It does not
 * outlive the test.
 */
export async function serve(
  test: TestContext,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Served> {
  const command = new Command(['serve', '--port', '0', '--bcrypt-rounds', '4', ...args], options);
  test.after(() => {
    command.process.kill('SIGKILL');
    return command.ended;
  });
  const url = await listening(command);
  const close = async (): Promise<void> => {
    command.process.kill('SIGTERM');
    await command.ended;
  };
  return {
    url,
    port: Number(new URL(url).port),
    get folder() {
      return args[args.indexOf('--data') + 1] ?? '';
    },
    close,
    [Symbol.asyncDispose]: close,
    pid: command.process.pid ?? 0,
    output: () => command.output,
    errors: () => command.errors,
    signal: (name) => command.process.kill(name),
    end: (name = 'SIGTERM') => {
      command.process.kill(name);
      return command.ended;
    },
    ended: command.ended,
  };
}

function listening(command: Command): Promise<string> {
  return new Promise((resolve, reject) => {
    command.process.stdout?.on('data', () => {
      const url = /^hub-v1 listening on (\S+)\n/m.exec(command.output)?.[1];
      if (url !== undefined) resolve(url);
    });
    command.ended.then(({ code, errors }) => {
      reject(new Error(`The command ended with ${code} before it listened: ${errors}`));
    }, reject);
  });
}
