import { fileOf, layerPath, NEW_FILE, NEW_FOLDER } from './draft.js';
import type { RootFiles } from './root-files.js';
import { parseShell, type SimpleCommand } from './shell-words.js';

/*
 * The few commands of a RUN that change files as they are written. Everything else is not run: nothing of
 * this machine is touched, and no program is started.
 */

/** Why a command failed, in the words of a shell. */
export class ShellError extends Error {
  override readonly name = 'ShellError';
}

/** Something that this shell does not do, although it knows the command. */
class NotPlayed extends Error {
  override readonly name = 'NotPlayed';
}

type Doing = (files: RootFiles, folder: string, words: readonly string[]) => Promise<void>;

/**
 * Does the commands of a RUN to the files, if all of them are known.
 * @returns whether they were; if not, what is in the draft is of no use
 * @throws ShellError where a real one would have failed
 */
export async function runShell(files: RootFiles, folder: string, line: string): Promise<boolean> {
  const commands = parseShell(line);
  if (commands === undefined || !commands.every(isKnown)) return false;
  try {
    for (const { words, output } of commands) {
      const [name = '', ...rest] = words;
      if (name === 'echo') await echo(files, folder, rest, output);
      else await DOING[name]?.(files, folder, rest);
    }
    return true;
  } catch (error) {
    if (error instanceof NotPlayed) return false;
    throw error;
  }
}

function isKnown({ words: [name = '', ...rest], output }: SimpleCommand): boolean {
  if (name === 'echo') return true;
  if (output !== undefined || DOING[name] === undefined) return false;
  const options = rest.filter((word) => word.startsWith('-'));
  return options.every((option) => (OPTIONS[name] ?? []).includes(option));
}

/** Options that each command has here. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  mkdir: ['-p'],
  rm: ['-f', '-r', '-rf', '-fr'],
  cp: ['-a', '-p', '-r', '-f'],
  mv: ['-f'],
  ln: ['-s', '-f', '-sf', '-fs'],
};

const DOING: Readonly<Record<string, Doing>> = { mkdir, touch, rm, cp, mv, ln, chmod };

async function echo(
  files: RootFiles,
  folder: string,
  words: readonly string[],
  output: SimpleCommand['output'],
): Promise<void> {
  if (output === undefined) return;
  const isPlain = words[0] === '-n';
  const text = isPlain ? words.slice(1).join(' ') : `${words.join(' ')}\n`;
  const path = layerPath(output.path, folder);
  const before = await files.find(path);
  await needFolder(files, path, output.path);
  if (before?.kind === 'folder') throw new ShellError(`${output.path}: Is a directory`);
  const old = output.appends && before?.kind === 'file' ? await contentOf(before) : Buffer.alloc(0);
  const mode = before?.kind === 'file' ? before.mode : NEW_FILE;
  files.draft.putFolders(path);
  files.draft.put(path, fileOf(Buffer.concat([old, Buffer.from(text)]), mode));
}

async function mkdir(files: RootFiles, folder: string, words: readonly string[]): Promise<void> {
  const makesAll = words.includes('-p');
  for (const word of plain(words)) {
    const path = layerPath(word, folder);
    const there = await files.find(path);
    if (there !== undefined && !(makesAll && there.kind === 'folder')) {
      throw new ShellError(`mkdir: cannot create directory '${word}': File exists`);
    }
    if (!makesAll) await needFolder(files, path, word);
    files.draft.putFolders(path);
    if (there === undefined) files.draft.put(path, { kind: 'folder', mode: NEW_FOLDER });
  }
}

async function touch(files: RootFiles, folder: string, words: readonly string[]): Promise<void> {
  for (const word of plain(words)) {
    const path = layerPath(word, folder);
    await needFolder(files, path, word);
    const there = await files.find(path);
    files.draft.putFolders(path);
    files.draft.put(path, there ?? fileOf(Buffer.alloc(0)));
  }
}

async function rm(files: RootFiles, folder: string, words: readonly string[]): Promise<void> {
  const options = words.filter((word) => word.startsWith('-')).join('');
  for (const word of plain(words)) {
    const path = layerPath(word, folder);
    const there = await files.find(path);
    if (there === undefined && !options.includes('f')) {
      throw new ShellError(`rm: cannot remove '${word}': No such file or directory`);
    }
    if (there?.kind === 'folder' && !options.includes('r')) {
      throw new ShellError(`rm: cannot remove '${word}': Is a directory`);
    }
    await files.remove(path);
  }
}

async function cp(files: RootFiles, folder: string, words: readonly string[]): Promise<void> {
  const names = plain(words);
  const target = names.at(-1) ?? '';
  for (const word of names.slice(0, -1)) {
    const found = await files.find(layerPath(word, folder));
    if (found === undefined) {
      throw new ShellError(`cp: cannot stat '${word}': No such file or directory`);
    }
    if (found.kind === 'folder') throw new NotPlayed('a whole folder');
    const place = await placeFor(files, layerPath(target, folder), word);
    files.draft.putFolders(place);
    files.draft.put(place, found);
  }
}

async function mv(files: RootFiles, folder: string, words: readonly string[]): Promise<void> {
  await cp(files, folder, words);
  for (const word of plain(words).slice(0, -1)) await files.remove(layerPath(word, folder));
}

async function ln(files: RootFiles, folder: string, words: readonly string[]): Promise<void> {
  const [target = '', name = ''] = plain(words);
  const place = await placeFor(files, layerPath(name, folder), target);
  files.draft.putFolders(place);
  files.draft.put(place, { kind: 'link', target });
}

async function chmod(files: RootFiles, folder: string, words: readonly string[]): Promise<void> {
  const [mode = '', ...names] = words;
  const added = mode === '+x' || mode === 'a+x' ? 0o111 : 0;
  for (const word of names) {
    const path = layerPath(word, folder);
    const found = await files.find(path);
    if (found === undefined) {
      throw new ShellError(`chmod: cannot access '${word}': No such file or directory`);
    }
    if (found.kind === 'link') continue;
    const wanted = added === 0 ? Number.parseInt(mode, 8) : found.mode | added;
    if (Number.isNaN(wanted)) throw new ShellError(`chmod: invalid mode: '${mode}'`);
    files.draft.putFolders(path);
    files.draft.put(path, { ...found, mode: wanted & 0o7777 });
  }
}

/** In a folder that is there under its own name, else the place itself. */
async function placeFor(files: RootFiles, place: string, source: string): Promise<string> {
  const there = await files.find(place);
  if (there?.kind !== 'folder') return place;
  const name = layerPath(source).split('/').at(-1) ?? '';
  return place === '' ? name : `${place}/${name}`;
}

async function needFolder(files: RootFiles, path: string, word: string): Promise<void> {
  const slash = path.lastIndexOf('/');
  const above = await files.find(path.slice(0, Math.max(slash, 0)));
  if (above?.kind !== 'folder') throw new ShellError(`${word}: No such file or directory`);
}

function plain(words: readonly string[]): string[] {
  return words.filter((word) => !word.startsWith('-'));
}

async function contentOf(entry: { content(): AsyncIterable<Buffer> }): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of entry.content()) pieces.push(piece);
  return Buffer.concat(pieces);
}
