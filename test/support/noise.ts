import { createCipheriv, createHash } from 'node:crypto';

/** Bytes that do not compress, the same for the same seed. */
export function noise(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}
