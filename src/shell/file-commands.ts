import type { Folder } from './folder.js';

/** What a command works with, and what it writes. */
export interface Place {
  readonly folder: Folder;
  readonly print: (text: string) => void;
  /** Goes to another folder. */
  readonly enter: (folder: Folder) => void;
}

/** A command that failed, in the words of a shell. */
export class Failed extends Error {
  override readonly name = 'Failed';
  readonly exit: number;

  constructor(message: string, exit = 1) {
    super(message);
    this.exit = exit;
  }
}

type FileCommand = (place: Place, words: readonly string[]) => Promise<void>;

/** The commands that only look at and change the reader's own files. */
export const FILE_COMMANDS: ReadonlyMap<string, FileCommand> = new Map([
  ['ls', ls],
  ['cat', cat],
  ['echo', echo],
  ['mkdir', mkdir],
  ['touch', touch],
  ['rm', rm],
  ['cd', cd],
  ['pwd', pwd],
]);

async function ls(place: Place, words: readonly string[]): Promise<void> {
  const { options, names } = split('ls', words, 'al1A');
  const showsAll = /[aA]/.test(options);
  for (const name of names.length === 0 ? ['.'] : names) {
    const entry = await place.folder.stat(name);
    if (entry === undefined) {
      throw new Failed(`ls: cannot access ${name}: No such file or directory`, 2);
    }
    const entries = (await place.folder.list(name)) ?? [{ ...entry, name }];
    for (const each of entries) {
      if (!showsAll && each.name.startsWith('.') && each.name !== name) continue;
      const isFolder = each.kind === 'folder';
      const shown = isFolder ? `${each.name}/` : each.name;
      const mode = `${isFolder ? 'd' : '-'} ${each.mode.toString(8).padStart(4, '0')}`;
      place.print(
        options.includes('l')
          ? `${mode} ${String(each.size).padStart(8)} ${shown}\n`
          : `${shown}\n`,
      );
    }
  }
}

async function cat({ folder, print }: Place, words: readonly string[]): Promise<void> {
  const { names } = split('cat', words, '');
  for (const name of names) {
    if ((await folder.stat(name))?.kind === 'folder') {
      throw new Failed(`cat: ${name}: Is a directory`);
    }
    const content = await folder.read(name);
    if (content === undefined) throw new Failed(`cat: ${name}: No such file or directory`);
    const text = content.toString('utf8');
    print(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  }
}

async function echo({ print }: Place, words: readonly string[]): Promise<void> {
  const isBare = words[0] === '-n';
  print(isBare ? words.slice(1).join(' ') : `${words.join(' ')}\n`);
}

async function mkdir({ folder }: Place, words: readonly string[]): Promise<void> {
  const { options, names } = split('mkdir', words, 'p');
  for (const name of names) {
    const there = await folder.stat(name);
    if (there?.kind === 'folder' && options.includes('p')) continue;
    if (there !== undefined) {
      throw new Failed(`mkdir: cannot create directory '${name}': File exists`);
    }
    if (!options.includes('p') && !(await folder.hasParentOf(name))) {
      throw new Failed(`mkdir: cannot create directory '${name}': No such file or directory`);
    }
    await folder.makeFolder(name);
  }
}

async function touch({ folder }: Place, words: readonly string[]): Promise<void> {
  const { names } = split('touch', words, '');
  for (const name of names) {
    if ((await folder.stat(name)) !== undefined) continue;
    await needParent(folder, name);
    await folder.write(name, '');
  }
}

async function rm({ folder }: Place, words: readonly string[]): Promise<void> {
  const { options, names } = split('rm', words, 'rf');
  for (const name of names) {
    const there = await folder.stat(name);
    if (there === undefined && options.includes('f')) continue;
    if (there === undefined) {
      throw new Failed(`rm: cannot remove '${name}': No such file or directory`);
    }
    if (there.kind === 'folder' && !options.includes('r')) {
      throw new Failed(`rm: cannot remove '${name}': Is a directory`);
    }
    await folder.remove(name);
  }
}

async function cd({ folder, enter }: Place, words: readonly string[]): Promise<void> {
  const [name = '/'] = words;
  const found = await folder.enter(name);
  if (found === undefined) throw new Failed(`sh: cd: ${name}: No such file or directory`);
  enter(found);
}

async function pwd({ folder, print }: Place): Promise<void> {
  print(`/${folder.path}\n`);
}

/** Puts what a command has printed into a file, as `>` and `>>` do. */
export async function redirect(
  folder: Folder,
  { path, appends }: { readonly path: string; readonly appends: boolean },
  text: string,
): Promise<void> {
  await needParent(folder, path);
  if ((await folder.stat(path))?.kind === 'folder') {
    throw new Failed(`sh: ${path}: Is a directory`, 2);
  }
  const before = appends ? ((await folder.read(path)) ?? '') : '';
  await folder.write(path, `${before}${text}`);
}

async function needParent(folder: Folder, path: string): Promise<void> {
  if (!(await folder.hasParentOf(path))) {
    throw new Failed(`sh: ${path}: No such file or directory`, 2);
  }
}

/** Options, as the letters of all of them, and the rest. */
function split(
  command: string,
  words: readonly string[],
  known: string,
): { readonly options: string; readonly names: readonly string[] } {
  const isOption = (word: string): boolean => word.startsWith('-') && word.length > 1;
  const options = words.filter(isOption).join('').replaceAll('-', '');
  const unknown = [...options].find((letter) => !known.includes(letter));
  if (unknown !== undefined) {
    throw new Failed(`${command}: the option -${unknown} is not known here`, 2);
  }
  return { options, names: words.filter((word) => !isOption(word)) };
}
