import type { Catalogue, Language } from './catalogue.js';
import { en } from './en.js';
import { zh } from './zh.js';

export type { Catalogue, Language } from './catalogue.js';

/** Every language of the pages, the default first. */
export const LANGUAGES: readonly Language[] = ['en', 'zh'];

/** What each is called by its own speakers. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  zh: '简体中文',
};

/** `lang` of a document. */
export const LANGUAGE_TAGS: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' };

const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, zh };

/** What the pages say in a language. */
export function wordsOf(language: Language): Catalogue {
  return CATALOGUES[language];
}
