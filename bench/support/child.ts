import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A baseline in a process of its own, which answers one request at a time. */
export interface Child<Request, Reply> {
  readonly pid: number;
  ask(request: Request): Promise<Reply>;
  stop(): Promise<void>;
}

/**
 * Starts `bench/baselines/<name>.js`. `threads` is the size of libuv's pool there, which is how many
 * file operations can run at once.
 */
export async function startChild<Request extends object, Reply>(
  name: string,
  { threads = 4 }: { readonly threads?: number } = {},
): Promise<Child<Request, Reply>> {
  const child = fork(new URL(`../baselines/${name}.js`, import.meta.url), {
    execArgv: [],
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
  });
  await once(child, 'spawn');
  return {
    pid: pidOf(child),
    ask: (request) =>
      new Promise((resolve, reject) => {
        const fail = (code: number): void => reject(new Error(`${name} ended with ${code}`));
        child.once('exit', fail);
        child.once('message', (reply) => {
          child.off('exit', fail);
          resolve(reply as Reply);
        });
        child.send(request);
      }),
    stop: () => stopChild(child),
  };
}

/** The number of a process that is running. */
export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process did not start');
  return child.pid;
}

/** Ends a process and waits until it is gone. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
