import type { Catalogue, Language } from './catalogues/index.js';

export const THEMES = ['auto', 'light', 'dark'] as const;

export type Theme = (typeof THEMES)[number];

/** Somebody who is logged in. */
export interface Viewer {
  readonly username: string;
  readonly admin: boolean;
}

/** For whom a page is made, and where and when it is looked at. */
export interface Look {
  readonly words: Catalogue;
  readonly language: Language;
  readonly theme: Theme;
  /** Undefined: a guest. */
  readonly viewer: Viewer | undefined;
  /** The path and query of the page, for links to itself. */
  readonly address: string;
  /** What a docker puts before a name to reach this hub, such as `127.0.0.1:5000/`; empty for the real Hub's name. */
  readonly host: string;
  /** Where curl reaches it: `http://127.0.0.1:5000`. */
  readonly origin: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The folder of the style sheet and the scripts, with a slash at its end. */
  readonly assets: string;
  /** What was searched for. */
  readonly query: string;
  /** Whether people push here without a login. */
  readonly asksNobody: boolean;
  /** Where requests can be watched; undefined: nowhere. */
  readonly live: string | undefined;
  /** Where the viewer leads a class; undefined: there is none, or it is not theirs to see. */
  readonly board: string | undefined;
}

/** What happened before the page, to tell its reader. */
export interface Note {
  readonly kind: 'good' | 'bad';
  readonly text: string;
  /** What else happened. */
  readonly more?: readonly string[];
}
