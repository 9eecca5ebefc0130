import { MemoryDisk, parseShell, type SimpleCommand } from '../old-docker/index.js';
import { Allowance, LONGEST_LINE, MOST_COMMANDS, MOST_FILES, MOST_IMAGES } from './bounds.js';
import { CURL_OPTIONS, curl, type Reach } from './curl.js';
import { runDocker } from './docker.js';
import { Failed, FILE_COMMANDS, redirect } from './file-commands.js';
import { Folder } from './folder.js';
import { withoutPasswords } from './passwords.js';
import { Printed } from './printed.js';
import { Transcript, type Typed } from './transcript.js';

export interface ShellOptions {
  /** The docker that it plays: `1.5.0`. */
  readonly version?: string;
}

/** What a line came to. */
export interface Ran {
  /** The line, its passwords masked. */
  readonly line: string;
  /** What was printed, standard error with it. */
  readonly text: string;
  /** 0: all went well. */
  readonly exit: number;
}

const HELP = `docker COMMAND   a docker of the time, played: login, search, pull, push, images, tag, rmi, build, …
curl ADDRESS     ${CURL_OPTIONS}; only this hub, only /v1/ and /v2/
ls cat echo mkdir touch rm cd pwd
                 over a folder of your own, which ends with your session; > and >> put output into a file
One line at a time; && and ; between commands, each is done if the one before went well. Quotes as in a shell, but no
variables, patterns or pipes. Nothing runs here, and nothing but this hub is reached.
`;

/** One reader's shell: its files, the images of its docker, and the folder that it is in. */
export class Shell {
  readonly #version: string;
  readonly #files = new MemoryDisk(MOST_FILES);
  readonly #graph = new MemoryDisk(MOST_IMAGES);
  #folder = new Folder(this.#files);
  readonly #transcript = new Transcript();
  #isBusy = false;

  constructor({ version = '1.5.0' }: ShellOptions = {}) {
    this.#version = version;
  }

  /** What comes before the next line: `/web $`. */
  get prompt(): string {
    return `/${this.#folder.path} $`;
  }

  /** What was typed, and what it came to. */
  get transcript(): readonly Typed[] {
    return this.#transcript.lines;
  }

  /** Does a line against the hub at `reach`; one at a time. Never rejects for what a reader typed. */
  async run(line: string, reach: Reach): Promise<Ran> {
    const shown = withoutPasswords(line.slice(0, LONGEST_LINE));
    if (this.#isBusy) {
      return { line: shown, text: 'sh: the line before is still under way\n', exit: 1 };
    }
    this.#isBusy = true;
    const printed = new Printed();
    const { prompt } = this;
    try {
      const exit = await this.#do(line, reach, printed);
      const ran = { line: shown, text: printed.text, exit };
      this.#transcript.add({ ...ran, prompt });
      return ran;
    } finally {
      this.#isBusy = false;
    }
  }

  /** The password that `docker login` keeps for the hub, if the login is of this account. */
  async passwordOf(username: string): Promise<string | undefined> {
    const file = await this.#files.read('.dockercfg');
    for (const auth of loginsIn(String(file ?? ''))) {
      const decoded = Buffer.from(auth, 'base64').toString('utf8');
      if (decoded.startsWith(`${username}:`)) return decoded.slice(username.length + 1);
    }
    return undefined;
  }

  async #do(line: string, reach: Reach, printed: Printed): Promise<number> {
    try {
      const allowance = new Allowance();
      for (const command of read(line)) {
        const exit = await this.#doOne(command, { reach, printed, allowance });
        if (exit !== 0) return exit;
      }
      return 0;
    } catch (error) {
      printed.add(`${(error as Error).message}\n`);
      return error instanceof Failed ? error.exit : 1;
    }
  }

  /** Does one command, its output to where it is to go. Errors are told on the terminal. */
  async #doOne(
    { words: [name = '', ...rest], output }: SimpleCommand,
    { reach, printed, allowance }: { reach: Reach; printed: Printed; allowance: Allowance },
  ): Promise<number> {
    const kept = output === undefined ? printed : new Printed();
    const folder = this.#folder;
    const print = kept.add;
    const context = { ...reach, folder, print, allowance };
    const exit = await this.#dispatch(name, rest, context);
    if (output !== undefined) await redirect(folder, output, kept.text);
    return exit;
  }

  async #dispatch(
    name: string,
    words: readonly string[],
    context: Parameters<typeof curl>[0],
  ): Promise<number> {
    const { folder, print } = context;
    const command = FILE_COMMANDS.get(name);
    if (command !== undefined) {
      const enter = (to: Folder): void => {
        this.#folder = to;
      };
      await command({ folder, print, enter }, words);
      return 0;
    }
    switch (name) {
      case 'docker':
        return runDocker(
          { ...context, version: this.#version, graph: this.#graph, home: new Folder(this.#files) },
          words,
        );
      case 'curl':
        await curl(context, words);
        return 0;
      case 'help':
        print(HELP);
        return 0;
      default:
        throw new Failed(`sh: ${name}: command not found ("help" lists what there is)`, 127);
    }
  }
}

function read(line: string): SimpleCommand[] {
  if (line.length > LONGEST_LINE) {
    throw new Failed(`sh: a line has at most ${LONGEST_LINE} characters`, 2);
  }
  // People copy `sudo docker …` and the `$` of a prompt from their books.
  const commands = parseShell(
    line
      .trim()
      .replace(/^\$ +/, '')
      .replace(/^sudo +/, ''),
  );
  if (commands === undefined) {
    throw new Failed(
      "sh: this shell has no variables, patterns or pipes; letters such as $ ? * [ belong in '…'",
      2,
    );
  }
  if (commands.length > MOST_COMMANDS) {
    throw new Failed(`sh: a line has at most ${MOST_COMMANDS} commands`, 2);
  }
  return commands;
}

/** The logins that a `.dockercfg` has, in base64; none in what a reader has made of it. */
function loginsIn(dockercfg: string): string[] {
  try {
    const hosts: unknown = JSON.parse(dockercfg);
    return Object.values(Object(hosts)).flatMap((host) => {
      const { auth } = Object(host) as { auth?: unknown };
      return typeof auth === 'string' ? [auth] : [];
    });
  } catch {
    return [];
  }
}
