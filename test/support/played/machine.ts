import { type Disk, MemoryDisk } from '../../../src/old-docker/index.js';
import type { BareMachine } from './terminal.js';

export const MIB = 1024 * 1024;

/** A docker 1.5.0 of its own at a hub, its files in memory unless others are given. */
export function machineAt(
  url: string,
  graph: Disk,
  files: Disk = new MemoryDisk(MIB),
): BareMachine {
  return {
    version: '1.5.0',
    graph,
    home: new MemoryDisk(MIB),
    homeName: '/home/james',
    files,
    index: new URL(url),
    now: Date.now,
  };
}
