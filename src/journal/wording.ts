import type { ENGLISH } from './english.js';
import type { Deed, End, Telling } from './telling.js';

/** The same, with every end that English has. */
type Alike<T extends Telling> = { readonly deed: Deed } & (T extends { readonly ends: infer E }
  ? { readonly ends: { readonly [S in keyof E]: End } }
  : unknown);

type English = typeof ENGLISH;

/** What every language says: the keys of English, so that none can be forgotten. */
export type Wording = {
  readonly [K in Exclude<
    keyof English,
    'tellings' | 'somebody' | 'aGoProgram' | 'cutShort'
  >]: English[K];
} & {
  readonly tellings: { readonly [R in keyof English['tellings']]: Alike<English['tellings'][R]> };
  readonly somebody: string;
  readonly aGoProgram: string;
  readonly cutShort: string;
};
