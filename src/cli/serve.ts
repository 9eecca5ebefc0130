import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { reachableAddresses } from '../class/addresses.js';
import { HubError } from '../domain/errors.js';
import type { Hub } from '../harness/hub-handle.js';
import { InvalidInput } from '../input/invalid-input.js';
import { LineWriter } from '../journal/line-writer.js';
import { withDefaults } from '../options/check-options.js';
import { type ServeFlags, serveOptions } from '../options/command-line.js';
import { hasSandbox } from '../options/control-options.js';
import type { Login } from '../options/option-texts.js';
import { whenParentIsGone } from './parent.js';
import { complaint } from './terminal.js';

/**
 * `hub-v1 serve`, the default command: runs a hub until a signal ends it, or the end of `parent`, the
 * process that started this one, if `--exit-with-parent` says so.
 */
export function addServeCommand(program: Command, parent: number): void {
  const serve = program
    .command('serve', { isDefault: true })
    .description('run the hub (the default command)');
  for (const option of serveOptions()) serve.addOption(option);
  serve.action((flags: ServeFlags) => runHub(flags, parent));
}

async function runHub(
  { exitWithParent = false, ...flags }: ServeFlags,
  parent: number,
): Promise<void> {
  let invented: Login | undefined;
  const firstAdmin = (): Login => {
    invented = { username: 'admin', password: randomBytes(12).toString('base64url') };
    return invented;
  };
  try {
    // Loaded here, since the other commands need no server.
    const { startHub } = await import('../hub.js');
    // Without the control nothing gets at the harness, so that it would only cost.
    const teaches = hasSandbox({ ...withDefaults(flags), harness: true });
    const hub = await startHub({
      ...flags,
      harness: flags.control === true,
      sandbox: teaches ? 'on' : 'off',
      firstAdmin,
    });
    // First, since a reader of the line may send a signal at once.
    const stop = stopOnSignal(hub);
    if (exitWithParent) whenParentIsGone(parent, stop);
    const lines = [
      `hub-v1 listening on ${hub.url}`,
      ...warn(flags),
      ...introduce(invented),
      ...announceClass(hub, flags),
    ];
    new LineWriter(1).write(lines.map((line) => `${line}\n`).join(''));
  } catch (error) {
    throw explainStart(error, flags);
  }
}

function forbidden(host: string, port: number): string {
  const help =
    port < 1024 ? ': ports below 1024 want root or the capability cap_net_bind_service' : '';
  return `port ${port} on ${host} may not be used${help}`;
}

/** With no account at all nobody could push official images: one is made, and shown this once. */
function introduce(admin: Login | undefined): string[] {
  if (admin === undefined) return [];
  return [`hub-v1 made the account ${admin.username} with the password ${admin.password}`];
}

/** A teacher is told where the class is, and as whom to look at it. */
function announceClass(hub: Hub, { class: students, admin, host }: ServeFlags): string[] {
  if (students === undefined) return [];
  const admins = hub.users.list().filter((user) => user.admin && user.active);
  const named = typeof admin === 'string' ? admin.split(':', 1)[0] : undefined;
  const leader = named ?? admins[0]?.username;
  if (leader === undefined) {
    return ['hub-v1 has a class, but no admin to lead it: start it with --admin NAME:PASSWORD too'];
  }
  const board = new URL('/sandbox/class/', hub.url);
  // A browser opens one address and not all of them, and what it opens stands on the cards.
  const [first] = host === '0.0.0.0' || host === '::' ? reachableAddresses(host) : [];
  if (first !== undefined) board.hostname = first;
  return [`hub-v1 has a class: log in as ${leader} at ${board.href}`];
}

/** Who runs a hub that asks nobody who they are is reminded of it. */
function warn({ anonymous, anonymousAnywhere = false }: ServeFlags): string[] {
  if (anonymous !== 'push') return [];
  const who = anonymousAnywhere ? 'anybody who reaches it' : 'anybody on this machine';
  return [`hub-v1 lets ${who} push and delete without a login`];
}

function explainStart(error: unknown, { host, port }: Pick<ServeFlags, 'host' | 'port'>): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return new Error(`port ${port} on ${host} is in use`);
  if (code === 'EACCES') return new Error(forbidden(host, port));
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new InvalidArgumentError(`--host: ${host} is not an address of this machine`);
  }
  if (error instanceof HubError) return new InvalidArgumentError(`--admin: ${error.message}`);
  if (error instanceof InvalidInput) return new InvalidArgumentError(error.message);
  return error;
}

/**
 * The first signal ends the hub in good order, a second one at once. A fault that nobody catches ends it too;
 * Node itself would wait until somebody reads what it says of it.
 */
function stopOnSignal(hub: Hub): () => void {
  let stopping = false;
  const fail = (text: string): void => {
    new LineWriter(2).write(complaint(text));
    process.exit(1);
  };
  process.on('uncaughtException', (error) => fail(error.stack ?? String(error)));
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    hub.close().then(
      () => process.exit(0),
      (error: unknown) => fail((error as Error).message),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return stop;
}
