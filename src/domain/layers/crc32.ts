import * as zlib from 'node:zlib';

/** Node has it from 20.15 on. */
const native: unknown = Reflect.get(zlib, 'crc32');

type Step = (bytes: Uint8Array, before: number) => number;

/** The sum of each byte alone. */
const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/** The sum that ends each member of a gzip (RFC 1952 §8). */
export class Crc32 {
  #sum = 0;

  get value(): number {
    return this.#sum;
  }

  add(bytes: Uint8Array): void {
    this.#sum = step(bytes, this.#sum);
  }
}

const step: Step = typeof native === 'function' ? (native as Step) : slowStep;

/** The same without Node's help. */
export function slowStep(bytes: Uint8Array, before: number): number {
  let sum = ~before;
  for (const byte of bytes) sum = (sum >>> 8) ^ (REMAINDERS[(sum ^ byte) & 0xff] ?? 0);
  return ~sum >>> 0;
}
