import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { HubError } from '../domain/errors.js';
import { type Hub, startHub } from '../hub.js';
import { type ServeFlags, serveOptions, toHubOptions } from '../options.js';
import { complain, print } from './terminal.js';

/** `hub-v1 serve`, the default command: runs a hub until a signal ends it. */
export function addServeCommand(program: Command): void {
  const serve = program
    .command('serve', { isDefault: true })
    .description('run the hub (the default command)');
  for (const option of serveOptions()) serve.addOption(option);
  serve.action((flags: ServeFlags) => runHub(flags));
}

async function runHub(flags: ServeFlags): Promise<void> {
  const options = toHubOptions(flags);
  try {
    const hub = await startHub({ ...options, firstAdmin: inventAdmin });
    print(`hub-v1 listening on ${hub.url}`);
    stopOnSignal(hub);
  } catch (error) {
    throw explainStart(error, flags);
  }
}

/** With no account at all nobody could push official images: one is made, and shown once. */
function inventAdmin() {
  const admin = { username: 'admin', password: randomBytes(12).toString('base64url') };
  print(`hub-v1 made the account ${admin.username} with the password ${admin.password}`);
  return admin;
}

function explainStart(error: unknown, { host, port }: ServeFlags): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return new Error(`port ${port} on ${host} is in use`);
  if (code === 'EACCES') return new Error(`port ${port} on ${host} may not be used`);
  if (error instanceof HubError) return new InvalidArgumentError(`--admin: ${error.message}`);
  return error;
}

/** The first signal ends the hub in good order, a second one at once. */
function stopOnSignal(hub: Hub): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    hub.close().then(
      () => process.exit(0),
      (error: unknown) => {
        complain((error as Error).message);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
