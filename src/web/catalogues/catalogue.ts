import type { en } from './en.js';

/** What any language must say: the keys of English, with its functions' arguments. */
type Words<T> = {
  readonly [K in keyof T]: T[K] extends (...about: infer A) => string
    ? (...about: A) => string
    : T[K] extends string
      ? string
      : Words<T[K]>;
};

export type Catalogue = Words<typeof en>;

/** The languages of the pages, by the names that `lang` has for them. */
export type Language = 'en' | 'zh';
