import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));
/** Milliseconds within which a hub must listen, on however busy a machine. */
const LONGEST_START = 60_000;

/** The built command, running on a folder; to be killed. */
export class HubProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  #output = '';
  #complaints = '';

  constructor(folder: string) {
    const options = ['--port', '0', '--bcrypt-rounds', '4', '--log-level', 'error'];
    const args = ['--data', folder, '--admin', 'admin:open sesame', ...options];
    this.#child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exit = once(this.#child, 'exit');
    this.#child.stdout?.on('data', (chunk) => {
      this.#output += chunk;
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#complaints += chunk;
    });
  }

  /** What it wrote to standard error. */
  get complaints(): string {
    return this.#complaints;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves to the port once the hub listens; rejects when it ends instead. */
  async listening(): Promise<number> {
    const deadline = performance.now() + LONGEST_START;
    while (performance.now() < deadline) {
      const port = /listening on http:\/\/[^:]+:(\d+)\n/.exec(this.#output)?.[1];
      if (port !== undefined) return Number(port);
      if (!this.isRunning) throw new Error(`the hub did not start: ${this.#complaints}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('the hub does not listen');
  }

  /** SIGKILL, and gone when it resolves. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** SIGTERM; resolves to the exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await this.#exit;
    return this.#child.exitCode;
  }
}

/** Runs the built command to its end. */
export async function runCommand(args: readonly string[]): Promise<{ code: number; text: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, text };
}
