import type { en } from './en.js';
import type { Words } from './words.js';

export type Catalogue = Words<typeof en>;

/** The languages of the pages, by the names that `lang` has for them. */
export type Language = 'en' | 'zh';
