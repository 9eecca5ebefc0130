import type { Language } from '../journal/sentences.js';
import type { Fact } from './facts.js';

/** A text in every language of the pages. */
export type Text = Readonly<Record<Language, string>>;

/** What a reader is asked, where nothing on the wire could tell that they have understood. */
export interface Question {
  readonly ask: Text;
  readonly choices: readonly Text[];
  /** The index of the right one. */
  readonly right: number;
}

/**
 * One thing to do, or to answer. In commands, `{you}`, `{password}` and `{hub}` (`127.0.0.1:5000`) are the reader's, and
 * `{digest}` is that of what is to be deleted.
 */
export interface LessonStep {
  readonly say: Text;
  /** What to type. */
  readonly commands: readonly string[];
  /** What must all have been seen since the step began, or hold now. */
  readonly facts: readonly Fact[];
  readonly question?: Question;
  readonly hint: Text;
  /** Lines for the terminal pane that do the step. */
  readonly solution: readonly string[];
  /** What has happened, said once the step is done. */
  readonly explain: Text;
}

export interface Lesson {
  /** Its part of the address: `root-push`. */
  readonly id: string;
  readonly title: Text;
  readonly about: Text;
  /** What a hub must have been started with, so that its steps can be done: `--anonymous push`. */
  readonly needs?: 'anonymous push' | 'v2';
  readonly steps: readonly LessonStep[];
}

/** The names that a command is spoken with. */
export interface Names {
  readonly you: string;
  readonly hub: string;
  /** Undefined: the reader puts it there. */
  readonly password?: string | undefined;
  /** That of the manifest of `{you}/lab:1.0`; undefined: the reader puts it there. */
  readonly digest?: string | undefined;
}

/** A command with the reader's names in it; of what is not known, the word `PASSWORD` or `DIGEST`. */
export function spoken(command: string, names: Names): string {
  const { you, hub, password = 'PASSWORD', digest = 'DIGEST' } = names;
  const words: Readonly<Record<string, string>> = { you, hub, password, digest };
  return command.replaceAll(
    /\{(you|hub|password|digest)\}/g,
    (whole, name) => words[name] ?? whole,
  );
}
