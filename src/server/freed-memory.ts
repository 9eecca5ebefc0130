import { Buffer } from 'node:buffer';

/**
 * Node copies each part of a request's body, up to 64 KB, into new memory, and frees them many at a time. glibc gives
 * freed memory at the end of its heap back to the system whenever there are more than 128 KB of it, and then each part
 * is written into pages that the system has yet to find and to clear: a blob of 64 MB by PUT took twice the CPU.
 * After it has freed a large block of its own, glibc keeps twice the length of that, and takes blocks up to that
 * length from its heap; 32 MB is the longest that counts (mallopt(3), M_MMAP_THRESHOLD). Nothing is written to the
 * block, so that it takes no memory. In bytes.
 */
const LONGEST_BLOCK = 30 * 1024 * 1024;

/** Lets this process keep up to 60 MB of freed memory for what comes next, from the next garbage collection on. */
export function keepFreedMemory(): void {
  Buffer.allocUnsafeSlow(LONGEST_BLOCK);
}
