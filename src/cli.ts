#!/usr/bin/env node
import { randomBytes } from 'node:crypto';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Accounts } from './domain/accounts.js';
import { HubError } from './domain/errors.js';
import { type Hub, openHub, startHub } from './hub.js';
import { DEFAULT_DATA, type ServeFlags, serveOptions, toHubOptions } from './options.js';
import { version } from './version.js';

/** What the shell is told: the command line was wrong, or what it asked for failed. */
const BAD_USAGE = 2;
const FAILED = 1;

const program = new Command('hub-v1')
  .description('the legacy Docker Hub (API v1) on one machine')
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'hub-v1: ')) });

const serve = program
  .command('serve', { isDefault: true })
  .description('run the hub (the default command)');
for (const option of serveOptions) serve.addOption(option);
serve.action((flags: ServeFlags) => runHub(flags));

const user = program.command('user').description('accounts in the data directory of a stopped hub');
userCommand('add <name> <password> [email]', 'make an account', async (accounts, args) => {
  const [username = '', password = '', email = `${username}@localhost.localdomain`] = args;
  await accounts.register({ username, password, email });
});
userCommand('passwd <name> <password>', 'set a password', (accounts, [name = '', password = '']) =>
  accounts.setPassword(name, password),
);
userCommand('activate <name>', 'let an account log in', (accounts, [name = '']) =>
  accounts.setFlags(name, { active: true }),
);
userCommand('deactivate <name>', 'let an account no longer log in', (accounts, [name = '']) =>
  accounts.setFlags(name, { active: false }),
);
userCommand('admin <name>', 'make an account an admin', (accounts, [name = '']) =>
  accounts.setFlags(name, { admin: true }),
);
userCommand('list', 'show all accounts', async (accounts) => {
  for (const { username, active, admin, emails } of accounts.list()) {
    const rights = `${admin ? 'admin' : 'user'}${active ? '' : ', inactive'}`;
    print(`${username}\t${rights}\t${emails.join(' ')}`);
  }
});

await main();

async function main(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Says what went wrong in one line, and which exit code that is. */
function report(error: unknown): number {
  // commander has said it already; it also throws after --help and --version.
  if (error instanceof CommanderError && !(error instanceof InvalidArgumentError)) {
    return error.exitCode === 0 ? 0 : BAD_USAGE;
  }
  const { message } = error as Error;
  complain(message);
  return error instanceof InvalidArgumentError ? BAD_USAGE : FAILED;
}

async function runHub(flags: ServeFlags): Promise<void> {
  const options = toHubOptions(flags);
  const admin = options.admin ?? (await inventAdmin(flags));
  const hub = await startHub({ ...options, ...(admin === undefined ? {} : { admin }) }).catch(
    (error: unknown) => {
      throw explainStart(error, flags);
    },
  );
  print(`hub-v1 listening on ${hub.url}`);
  stopOnSignal(hub);
}

/** With no account at all there would be nobody to push official images: one is made and shown once. */
async function inventAdmin(flags: ServeFlags) {
  if (flags.ephemeral !== true) {
    const { domain, close } = await openHub(toHubOptions(flags));
    const isEmpty = domain.accounts.list().length === 0;
    await close();
    if (!isEmpty) return undefined;
  }
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
    if (stopping) process.exit(FAILED);
    stopping = true;
    hub.close().then(
      () => process.exit(0),
      (error: unknown) => {
        complain((error as Error).message);
        process.exit(FAILED);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function userCommand(
  usage: string,
  description: string,
  work: (accounts: Accounts, args: readonly string[]) => Promise<void>,
): void {
  user
    .command(usage)
    .description(description)
    .addOption(
      new Option('--data <folder>', 'the data directory').env('HUB_DATA').default(DEFAULT_DATA),
    )
    .action(async (...received: unknown[]) => {
      const command = received.at(-1) as Command;
      const { data } = command.opts<{ data: string }>();
      const { domain, close } = await openHub({ data });
      try {
        await work(domain.accounts, command.args);
      } finally {
        await close();
      }
    });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(message: string): void {
  process.stderr.write(`hub-v1: ${message}\n`);
}
