import { z } from 'zod';
import { InvalidInput } from '../input/invalid-input.js';

/*
 * What an option can be. Each kind says it twice, for the two ways in: as a value of startHub's (`schema`), and
 * as the text of a flag or a variable (`read`, or one of `choices`).
 */

/** `T` is what startHub takes, `F` what the command line makes of a text. */
export interface Kind<T = unknown, F = T> {
  readonly schema: z.ZodType<T>;
  /** Throws an InvalidInput that says what the text must be. Without it, the text is the value. */
  readonly read?: (text: string) => F;
  readonly choices?: readonly F[];
  /** On or off: the flag needs no value. */
  readonly isSwitch?: true;
  /** How numbers of it are shown to people. */
  readonly unit?: 'bytes';
}

function mustBe(expected: string): InvalidInput {
  return new InvalidInput('', `It must ${expected}.`);
}

/** A text that is not empty. */
export const text: Kind<string> = { schema: z.string().min(1) };

/** A text that may be empty, and is looked at where it is used. */
export const anyText: Kind<string> = { schema: z.string() };

/** No name would mean the folder that the command happens to run in. */
export const folder: Kind<string> = {
  schema: text.schema,
  read: (given) => {
    if (given === '') throw mustBe('name a folder');
    return given;
  },
};

/** No name would mean every address that the machine has. */
export const hostName: Kind<string> = {
  schema: text.schema,
  read: (given) => {
    if (/^[\w.:%-]+$/.test(given)) return given;
    throw mustBe('be an address or a name of this machine');
  },
};

/** In the environment, and after `=`, it can be turned off as well. */
export const onOff: Kind<boolean> = {
  schema: z.boolean(),
  isSwitch: true,
  read: (given) => {
    if (/^(?:1|true)$/i.test(given)) return true;
    if (/^(?:0|false|)$/i.test(given)) return false;
    throw mustBe('be 1, 0, true or false');
  },
};

/** A whole number within bounds. */
export function count(least: number, most = Number.MAX_SAFE_INTEGER): Kind<number> {
  return { schema: z.number().int().min(least).max(most), read: wholeNumber(least, most) };
}

/** A size in bytes within bounds. */
export function bytes(least: number, most = Number.MAX_SAFE_INTEGER): Kind<number> {
  return { ...count(least, most), unit: 'bytes' };
}

/** Seconds, a day at most unless said otherwise; startHub takes fractions of one. */
export function seconds(most = 86_400): Kind<number> {
  return { schema: z.number().positive().max(most), read: wholeNumber(1, most) };
}

function wholeNumber(least: number, most: number): (given: string) => number {
  return (given) => {
    const number = Number(given);
    if (/^\d+$/.test(given) && number >= least && number <= most) return number;
    throw mustBe(`be a whole number from ${least} to ${most}`);
  };
}

/** One of these words. */
export function oneOf<const W extends readonly string[]>(...words: W): Kind<W[number]> {
  return { schema: z.enum(words), choices: words };
}

/** Something that has a method of this name. */
export function having<T>(method: string, expected: string): z.ZodType<T> {
  return z.custom<T>((value) => {
    const found = (value as Readonly<Record<string, unknown>> | null)?.[method];
    return typeof found === 'function';
  }, expected);
}

/** A function. */
export function anyFunction<T>(): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === 'function', 'expected a function');
}
