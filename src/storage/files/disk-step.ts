/** One step of a durable write, as a fault-injecting test names it. */
export type DiskStep = 'open' | 'write' | 'fsync' | 'rename' | 'fsync-folder' | 'remove' | 'mkdir';
