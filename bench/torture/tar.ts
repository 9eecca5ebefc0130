import { noise } from '../../test/support/noise.js';

const BLOCK = 512;
/** Two zero blocks end an archive. */
const END = 2 * BLOCK;

/** The shortest tar of one file, in bytes. */
export const SHORTEST_TAR = 2 * BLOCK + END;

/** A tar of just this length, a multiple of 512: one file of noise. */
export function tarOfLength(seed: string, length: number): Buffer {
  return tarOfFile('noise', noise(seed, length - BLOCK - END));
}

/** A tar of one file. */
export function tarOfFile(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string =>
    `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(content.length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write('        0', 148);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return Buffer.concat([header, content, padding, Buffer.alloc(END)]);
}
