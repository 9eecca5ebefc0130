import type { Command } from 'commander';
import type { Accounts } from '../domain/accounts.js';
import { openHub } from '../hub.js';
import { dataOption } from './data-option.js';
import { print } from './terminal.js';

type Work = (accounts: Accounts, args: readonly string[]) => Promise<void>;

interface UserCommand {
  readonly usage: string;
  readonly description: string;
  readonly work: Work;
}

const commands: readonly UserCommand[] = [
  {
    usage: 'add <name> <password> [email]',
    description: 'make an account',
    work: async (accounts, [username, password, email = `${username}@localhost.localdomain`]) => {
      await accounts.register({ username, password, email });
    },
  },
  {
    usage: 'passwd <name> <password>',
    description: 'set a password',
    work: (accounts, [name = '', password = '']) => accounts.setPassword(name, password),
  },
  {
    usage: 'activate <name>',
    description: 'let an account log in',
    work: (accounts, [name = '']) => accounts.setFlags(name, { active: true }),
  },
  {
    usage: 'deactivate <name>',
    description: 'let an account no longer log in',
    work: (accounts, [name = '']) => accounts.setFlags(name, { active: false }),
  },
  {
    usage: 'admin <name>',
    description: 'make an account an admin',
    work: (accounts, [name = '']) => accounts.setFlags(name, { admin: true }),
  },
  { usage: 'list', description: 'show all accounts', work: listAccounts },
];

/** `hub-v1 user …`: accounts, for the operator, in the data directory of a stopped hub. */
export function addUserCommands(program: Command): void {
  const user = program.command('user').description('accounts of a stopped hub');
  for (const { usage, description, work } of commands) {
    user
      .command(usage)
      .description(description)
      .addOption(dataOption())
      .action((...received: unknown[]) => runOnAccounts(received.at(-1) as Command, work));
  }
}

async function runOnAccounts(command: Command, work: Work): Promise<void> {
  const { data } = command.opts<{ data: string }>();
  const { domain, close } = await openHub({ data });
  try {
    await work(domain.accounts, command.args);
  } finally {
    await close();
  }
}

async function listAccounts(accounts: Accounts): Promise<void> {
  for (const { username, active, admin, emails } of accounts.list()) {
    const rights = `${admin ? 'admin' : 'user'}${active ? '' : ', inactive'}`;
    print(`${username}\t${rights}\t${emails.join(' ')}`);
  }
}
