import { z } from 'zod';
import { checkShape } from '../input/invalid-input.js';
import type { Settings } from './settings.js';
import { type Defaults, type RowOptions, rows } from './table.js';

/*
 * What startHub makes of its options before anything is started.
 */

const shape = z
  .strictObject(
    Object.fromEntries(
      rows
        .filter(({ only }) => only !== 'command line')
        .map(({ name, kind }) => [name, kind.schema]),
    ),
  )
  .partial();

/** Throws an InvalidInput that names the option for one that does not exist or has an invalid value. */
export function checkOptions(options: RowOptions): void {
  checkShape(shape, options);
}

const DEFAULTS = Object.fromEntries(
  rows.filter((row) => 'default' in row).map((row) => [row.name, row.default]),
) as unknown as Defaults;

/** The options, with the default of each that is not given and has one. */
export function withDefaults<O extends object>(options: O): O & Defaults {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...(Object.fromEntries(given) as O) };
}

/*
 * The types that people see are written by hand, since those of the rows would lead to zod's. The compiler
 * compares them: it names here each option that one of the two has in another way.
 */

type Differing<A, B> = {
  [N in keyof A | keyof B]: N extends keyof A & keyof B
    ? [A[N], B[N]] extends [B[N], A[N]]
      ? never
      : N
    : N;
}[keyof A | keyof B];

/** Their values belong to other rooms (src/hub-options.ts). */
type Foreign = 'seed' | 'faults' | 'clock' | 'random' | 'onDiskStep';

type None<D extends never> = D;

export type DifferingOptions = None<
  Differing<Required<Settings>, Required<Omit<RowOptions, Foreign>>>
>;
