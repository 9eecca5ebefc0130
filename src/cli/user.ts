import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Accounts } from '../domain/accounts/accounts.js';
import { openHub, openHubToRead } from '../open-hub.js';
import { commandOption } from '../options/command-line.js';
import { type Login, parseLogin } from '../options/option-texts.js';
import { requireDataDirectory } from './require-data.js';
import { print } from './terminal.js';

type Work = (accounts: Accounts, args: readonly string[], flags: UserFlags) => Promise<void>;

interface UserFlags {
  readonly data: string;
  readonly email?: string;
  readonly admin?: true;
  readonly inactive?: true;
  readonly revoke?: true;
}

/** `hub-v1 user …`: accounts, for the operator, in the data directory of a stopped hub; `list` reads any. */
export function addUserCommands(program: Command): void {
  const user = program
    .command('user')
    .description('accounts of a stopped hub; list works beside a running one');
  add(
    user,
    'add <name> [password] [email]',
    'make an account; a password left out is read from standard input',
    async (accounts, args, flags) => {
      const login = await readLogin(args);
      const email = flags.email ?? args[2] ?? `${login.username}@example.com`;
      const { admin = false, inactive = false } = flags;
      await accounts.register({ ...login, email }, { admin, active: !inactive });
    },
  )
    .option('--email <address>', 'its e-mail address')
    .option('--admin', 'make it an admin')
    .option('--inactive', 'do not let it log in yet');
  add(
    user,
    'passwd <name> [password]',
    'set a password, or the one on standard input',
    async (accounts, args) => {
      const { username, password } = await readLogin(args);
      await accounts.setPassword(username, password);
    },
  );
  add(user, 'activate <name>', 'let an account log in', (accounts, [name = '']) =>
    accounts.setFlags(name, { active: true }),
  );
  add(user, 'deactivate <name>', 'no longer let an account log in', (accounts, [name = '']) =>
    accounts.setFlags(name, { active: false }),
  );
  add(user, 'admin <name>', 'make an account an admin', (accounts, [name = ''], { revoke }) =>
    accounts.setFlags(name, { admin: revoke !== true }),
  ).option('--revoke', 'make it no admin any more');
  add(user, 'list', 'show all accounts', listAccounts);
}

function add(user: Command, usage: string, description: string, work: Work): Command {
  return user
    .command(usage)
    .description(description)
    .addOption(commandOption('data'))
    .action((...received: unknown[]) => runOnAccounts(received.at(-1) as Command, work));
}

async function runOnAccounts(command: Command, work: Work): Promise<void> {
  const flags = command.opts<UserFlags>();
  if (command.name() !== 'add') requireDataDirectory(flags.data);
  // Reading needs no stopped hub.
  const open = work === listAccounts ? openHubToRead(flags.data) : openHub({ data: flags.data });
  const { domain, close } = await open;
  try {
    await work(domain.accounts, command.args, flags);
  } finally {
    await close();
  }
}

/** A name and a password, as `NAME PASSWORD`, `NAME:PASSWORD`, or with the password on standard input. */
async function readLogin([name = '', password]: readonly string[]): Promise<Login> {
  if (password !== undefined) return { username: name, password };
  if (name.includes(':')) return parseLogin(name);
  const [first = ''] = (await text(process.stdin)).split('\n');
  return { username: name, password: first };
}

async function listAccounts(accounts: Accounts): Promise<void> {
  for (const { username, active, admin, emails } of accounts.list()) {
    const rights = `${admin ? 'admin' : 'user'}${active ? '' : ', inactive'}`;
    print(`${username}\t${rights}\t${emails.join(' ')}`);
  }
}
