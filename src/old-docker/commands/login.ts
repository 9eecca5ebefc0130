import { OldDockerError } from '../requests/errors.js';
import { login, WrongPassword } from '../requests/login.js';
import type { Credentials } from '../requests/session.js';
import type { Command } from './command.js';
import { type Context, clientFor } from './context.js';
import { Exit, Failure } from './failure.js';

/** `docker login [HOST]`. */
export const loginCommand: Command = {
  name: 'login',
  synopsis: [
    ['0', '[OPTIONS] [SERVER]'],
    ['1.0', '[OPTIONS] [SERVER]'],
  ],
  about: [
    ['0', 'Register or Login to the docker registry server'],
    [
      '0.9',
      'Register or Login to a docker registry server, if no server is specified "https://index.docker.io/v1/" is the default.',
    ],
    ['1.11', 'Log in to a Docker registry.'],
  ],
  least: 0,
  most: 1,
  flags: [
    { name: 'email', short: 'e', empty: '""', help: [['0', 'Email']] },
    { name: 'password', short: 'p', empty: '""', help: [['0', 'Password']] },
    { name: 'username', short: 'u', empty: '""', help: [['0', 'Username']] },
  ],
  run: async (context, { options, words: [host] }) => {
    if (context.wording.deprecatedFlags && options.has('email')) {
      await context.terminal.stderr.write(
        'Flag --email has been deprecated, will be removed in 1.13.\n',
      );
    }
    await logIn(context, host === undefined ? undefined : hostOf(host), {
      username: options.get('username'),
      password: options.get('password'),
      email: options.get('email'),
    });
  },
};

/** What was given with the command. */
type Partly = { readonly [Key in keyof Credentials]?: string | undefined };

/** `http://localhost:5000/v1/` is `localhost:5000`. */
export function hostOf(server: string): string | undefined {
  const host = server.replace(/^https?:\/\//, '').replace(/\/(?:v\d\/?)?$/, '');
  return host === 'index.docker.io' || host === 'docker.io' ? undefined : host;
}

/**
 * Logs in at a host (none: the Hub): asks for what is missing, says how it went, and keeps the login.
 * @param asked whether a push or pull led here, which at the Hub is when 0.6 and 0.7 named it
 */
export async function logIn(
  context: Context,
  host: string | undefined,
  given: Partly,
  asked = false,
): Promise<void> {
  const { terminal, wording, logins } = context;
  if (wording.namesServerAtLogin && (host !== undefined || asked)) {
    await terminal.stdout.write(`Login against server at ${serverOf(host)}\n`);
  }
  const credentials = await askFor(context, await logins.find(host), given, host);
  const client = await clientFor(context, host, credentials);
  let line: string;
  try {
    line = await login(client);
  } catch (error) {
    if (!(error instanceof OldDockerError)) throw error;
    if (error instanceof WrongPassword && wording.forgetsWrongLogin) await logins.forget(host);
    throw new Failure('daemon', error.message);
  }
  await logins.keep(host, credentials);
  if (wording.warnsOfFile) {
    const file = `${context.homeName}/${logins.path}`;
    await terminal.stdout.write(`WARNING: login credentials saved in ${file}\n`);
  }
  await terminal.stdout.write(`${line}\n`);
}

function serverOf(host: string | undefined): string {
  return host === undefined ? 'https://index.docker.io/v1/' : `http://${host}/v1/`;
}

async function askFor(
  context: Context,
  stored: Credentials | undefined,
  given: Partly,
  host: string | undefined,
): Promise<Credentials> {
  return context.wording.promptsFor === 'docker id'
    ? askForDockerId(context, stored, given, host)
    : askForAll(context, stored, given);
}

/** Up to 1.10. A name that is stored brings its password with it, up to 1.2 even if another one was typed. */
async function askForAll(
  context: Context,
  stored: Credentials | undefined,
  given: Partly,
): Promise<Credentials> {
  const { wording } = context;
  const typed = given.username ?? (await ask(context, 'Username', stored?.username ?? ''));
  const username = typed.trim() === '' ? (stored?.username ?? '') : typed;
  const isStored = username === (stored?.username ?? '');
  const kept = { password: stored?.password ?? '', email: stored?.email ?? '' };
  const asksAlways = wording.promptsFor === 'password always';
  if (isStored && !asksAlways) {
    const password = wording.reusesStoredLogin ? kept.password : (given.password ?? kept.password);
    const email = wording.reusesStoredLogin ? kept.email : (given.email ?? kept.email);
    return { username, password, email };
  }
  const password = given.password ?? (await askSecretly(context));
  if (asksAlways && password === '') await refuse(context, 'Error : Password Required');
  if (isStored) return { username, password, email: given.email ?? kept.email };
  const email = given.email ?? (await ask(context, 'Email', kept.email));
  return { username, password, email: email === '' ? kept.email : email };
}

/** From 1.11. */
async function askForDockerId(
  context: Context,
  stored: Credentials | undefined,
  given: Partly,
  host: string | undefined,
): Promise<Credentials> {
  const { stdin, stdout } = context.terminal;
  const isWhole = given.username !== undefined && given.password !== undefined;
  if (!isWhole && !stdin.isTerminal) {
    await refuse(context, 'Error: Cannot perform an interactive login from a non TTY device');
  }
  if (host === undefined && given.username === undefined) {
    await stdout.write(
      "Login with your Docker ID to push and pull images from Docker Hub. If you don't have a " +
        'Docker ID, head over to https://hub.docker.com to create one.\n',
    );
  }
  const typed = given.username ?? (await ask(context, 'Username', stored?.username ?? ''));
  const username = typed.trim() === '' ? (stored?.username ?? '') : typed;
  if (username === '') await refuse(context, 'Error: Non-null Username Required');
  const password = given.password ?? (await askSecretly(context));
  if (password === '') await refuse(context, 'Error: Password Required');
  return { username, password, email: '' };
}

/** An error of the client itself: the bare text, in every version. */
async function refuse({ terminal }: Context, text: string): Promise<never> {
  await terminal.stderr.write(`${text}\n`);
  throw new Exit(1);
}

async function ask({ terminal }: Context, what: string, kept: string): Promise<string> {
  await terminal.stdout.write(kept === '' ? `${what}: ` : `${what} (${kept}): `);
  const line = await terminal.stdin.readLine();
  if (line !== undefined) return line;
  await terminal.stdout.write('EOF\n');
  throw new Exit(1);
}

async function askSecretly(context: Context): Promise<string> {
  const { terminal, wording } = context;
  if (!terminal.stdin.isTerminal) return withoutTerminal(context);
  await terminal.stdout.write('Password: ');
  const line = await terminal.stdin.readSecret();
  await terminal.stdout.write('\n');
  if (line !== undefined || wording.promptsFor !== 'all') return line ?? '';
  await terminal.stdout.write('EOF\n');
  throw new Exit(1);
}

/** Before 1.5 the client fell over where it could not turn the echo off. */
async function withoutTerminal({ terminal, wording }: Context): Promise<never> {
  if (wording.secretWithoutTerminal !== 'panic') {
    throw new Failure('client', 'inappropriate ioctl for device');
  }
  await terminal.stdout.write('Password: ');
  await terminal.stderr.write(
    'panic: runtime error: invalid memory address or nil pointer dereference\n',
  );
  throw new Exit(2);
}
