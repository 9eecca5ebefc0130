import { MemoryDisk, parseShell, type SimpleCommand } from '../old-docker/index.js';
import { Answers, type Asks } from './answers.js';
import { Allowance, LONGEST_LINE, MOST_COMMANDS, MOST_FILES, MOST_IMAGES } from './bounds.js';
import { curl, type Reach } from './curl.js';
import { runDocker } from './docker.js';
import { Failed, FILE_COMMANDS, redirect } from './file-commands.js';
import { Folder } from './folder.js';
import { withoutPasswords } from './passwords.js';
import { Printed } from './printed.js';
import { Transcript, type Typed } from './transcript.js';
import { type Language, WORDS } from './words.js';

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

/** A command that waits for an answer. */
interface Asking {
  readonly command: string;
  /** What was answered so far. */
  readonly answers: readonly string[];
  readonly asks: Asks;
  /** What it asked: `Username:`. */
  readonly prompt: string;
  /** Characters that it has printed. */
  readonly printed: number;
}

/** One reader's shell: its files, the images of its docker, and the folder that it is in. */
export class Shell {
  readonly #version: string;
  readonly #files = new MemoryDisk(MOST_FILES);
  readonly #graph = new MemoryDisk(MOST_IMAGES);
  #folder = new Folder(this.#files);
  readonly #transcript = new Transcript();
  #isBusy = false;
  #asking: Asking | undefined;

  constructor({ version = '1.5.0' }: ShellOptions = {}) {
    this.#version = version;
  }

  /** What comes before the next line: `/web $`, or what a command asks. */
  get prompt(): string {
    return this.#asking?.prompt ?? `/${this.#folder.path} $`;
  }

  /** What the next line is to answer; undefined where it is a command. */
  get asks(): Asks | undefined {
    return this.#asking?.asks;
  }

  /** What was typed, and what it came to. */
  get transcript(): readonly Typed[] {
    return this.#transcript.lines;
  }

  /**
   * Does a line against the hub at `reach`, or takes it for the answer to what a command has asked; one at a time. What
   * the shell says of itself is in `language`. Never rejects for what a reader typed.
   */
  async run(line: string, reach: Reach, language: Language = 'en'): Promise<Ran> {
    const typed = line.slice(0, LONGEST_LINE);
    if (this.#isBusy) {
      const text = `sh: ${WORDS[language].busy}\n`;
      return { line: withoutPasswords(typed), text, exit: 1 };
    }
    this.#isBusy = true;
    const { prompt } = this;
    const asking = this.#asking;
    this.#asking = undefined;
    try {
      const ran = await (asking === undefined
        ? this.#begin(line, reach, language)
        : this.#answer(typed, asking, reach, language));
      this.#transcript.add({ ...ran, prompt });
      return ran;
    } finally {
      this.#isBusy = false;
    }
  }

  /** Leaves off a command that asks something, as Ctrl-C does. */
  interrupt(): void {
    if (this.#asking === undefined) return;
    const { prompt } = this.#asking;
    this.#asking = undefined;
    this.#transcript.add({ prompt, line: '^C', text: '', exit: 130 });
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

  async #begin(line: string, reach: Reach, language: Language): Promise<Ran> {
    const { text, exit } = await this.#ask(line, [], 0, { reach, language });
    return { line: withoutPasswords(line.slice(0, LONGEST_LINE)), text, exit };
  }

  async #answer(
    answer: string,
    { command, answers, asks, printed }: Asking,
    reach: Reach,
    language: Language,
  ): Promise<Ran> {
    const ran = await this.#ask(command, [...answers, answer], printed, { reach, language });
    // The line after a secret ends by what docker prints, as nothing that is typed is shown.
    if (asks === 'secret') return { ...ran, line: '', text: ran.text.replace(/^\n/, '') };
    return { ...ran, line: answer };
  }

  /** Does a line with answers to what it asks. @returns what it has printed from the character `from` on */
  async #ask(
    line: string,
    given: readonly string[],
    from: number,
    { reach, language }: { readonly reach: Reach; readonly language: Language },
  ): Promise<Omit<Ran, 'line'>> {
    const printed = new Printed();
    const answers = new Answers(given);
    const exit = await this.#do(line, { reach, language, printed, answers });
    const { missing } = answers;
    const text = printed.text.slice(from);
    if (missing === undefined) return { text, exit };
    const end = text.lastIndexOf('\n') + 1;
    this.#asking = {
      command: line,
      answers: given,
      asks: missing,
      prompt: text.slice(end).trim(),
      printed: printed.text.length,
    };
    return { text: text.slice(0, end), exit: 0 };
  }

  async #do(line: string, { language, ...doing }: Omit<Doing, 'allowance'>): Promise<number> {
    try {
      const allowance = new Allowance();
      const commands = read(line, language);
      // What is done again with each answer is a login, and nothing beside it.
      const answers = commands.length === 1 ? doing.answers : undefined;
      for (const command of commands) {
        const exit = await this.#doOne(command, { ...doing, language, answers, allowance });
        if (exit !== 0) return exit;
      }
      return 0;
    } catch (error) {
      doing.printed.add(`${(error as Error).message}\n`);
      return error instanceof Failed ? error.exit : 1;
    }
  }

  /** Does one command, its output to where it is to go. Errors are told on the terminal. */
  async #doOne(
    { words: [name = '', ...rest], output }: SimpleCommand,
    { reach, printed, allowance, answers, language }: Doing,
  ): Promise<number> {
    const kept = output === undefined ? printed : new Printed();
    const folder = this.#folder;
    const print = kept.add;
    const context = { ...reach, folder, print, allowance, language };
    const isLogin = name === 'docker' && rest[0] === 'login' && output === undefined;
    const exit = await this.#dispatch(name, rest, context, isLogin ? answers : undefined);
    if (output !== undefined) await redirect(folder, output, kept.text);
    return exit;
  }

  async #dispatch(
    name: string,
    words: readonly string[],
    context: Parameters<typeof curl>[0] & { readonly language: Language },
    answers: Answers | undefined,
  ): Promise<number> {
    const { folder, print, language } = context;
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
          {
            ...context,
            ...{ version: this.#version, graph: this.#graph, home: new Folder(this.#files) },
            answers,
          },
          words,
        );
      case 'curl':
        await curl(context, words);
        return 0;
      case 'help':
        print(WORDS[language].help);
        return 0;
      default:
        throw new Failed(`sh: ${WORDS[language].unknown(name)}`, 127);
    }
  }
}

/** What a line is done with. */
interface Doing {
  readonly reach: Reach;
  readonly language: Language;
  readonly printed: Printed;
  readonly allowance: Allowance;
  /** Undefined: nothing can be asked. */
  readonly answers: Answers | undefined;
}

function read(line: string, language: Language): SimpleCommand[] {
  const words = WORDS[language];
  if (line.length > LONGEST_LINE) throw new Failed(`sh: ${words.longLine(LONGEST_LINE)}`, 2);
  // People copy `sudo docker …` and the `$` of a prompt from their books.
  const plain = line
    .trim()
    .replace(/^\$ +/, '')
    .replace(/^sudo +/, '');
  const commands = parseShell(plain, standsForItself);
  if (commands === undefined) throw new Failed(`sh: ${words.special}`, 2);
  if (commands.length > MOST_COMMANDS) {
    throw new Failed(`sh: ${words.manyCommands(MOST_COMMANDS)}`, 2);
  }
  return commands;
}

/**
 * Whether a letter that means something to a shell is only itself where it stands, after `word` and before `next`: as in
 * bash, where a pattern that fits no file is left as it is.
 */
function standsForItself(letter: string, word: string, next: string): boolean {
  switch (letter) {
    case '?':
      return /\/v[12]\//.test(word);
    case '#':
      return word !== '';
    case '!':
      return next === '' || next === ' ';
    default:
      // The reader's home is the root: Folder.resolve.
      return letter === '~';
  }
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
