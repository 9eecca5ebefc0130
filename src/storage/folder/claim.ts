import { statfsSync } from 'node:fs';
import type { isRunning, ProcessName } from './process-name.js';

/** What `hub.lock` says: who uses the folder, and how that can be found out. */
export interface Claim extends ProcessName {
  /** Whether its process listens on a socket in the folder. */
  readonly hasSocket: boolean;
  /** The number of the file `hub.lock` itself, by which a copy is known. */
  readonly inode: number;
}

/** From where a claim is judged. */
export interface Here {
  readonly me: ProcessName;
  /** Whether this process listens in the folder, and found nobody else who does. */
  readonly hasSocket: boolean;
  /** Which kernels can use the folder: this one alone, or also others. */
  readonly reach: Reach;
  /** The number of the file that holds the claim. */
  readonly inode: number;
  readonly isRunning: typeof isRunning;
}

/** `shared` with numbers of files that mean the same everywhere, or `unknown`. */
export type Reach = 'local' | 'shared' | 'unknown';

/** Numbers of file systems in statfs(2) that one kernel uses at a time, as linux/magic.h has them. */
const LOCAL = new Set([
  ...[0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x858458f6, 0x794c7630, 0xf2f52010],
  ...[0x2fc12fc1, 0xca451a4e, 0x52654973, 0x3153464a, 0x3434, 0x4d44, 0x2011bab0, 0x7366746e],
]);
/** Of network file systems that number files alike for everybody: NFS, CIFS, SMB2, Ceph. */
const NETWORK = new Set([0x6969, 0xff534d42, 0xfe534d42, 0x00c36400]);

/** Who can use a folder. */
export function reachOf(folder: string): Reach {
  if (process.platform !== 'linux') return 'unknown';
  const type = statfsSync(folder).type >>> 0;
  if (LOCAL.has(type)) return 'local';
  return NETWORK.has(type) ? 'shared' : 'unknown';
}

/** Reads a claim; undefined if it is torn, or something else. */
export function parseClaim(text: string): Claim | OldClaim | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { pid, started } = (value ?? {}) as Partial<Claim>;
  return typeof pid === 'number' && typeof started === 'string' ? (value as Claim) : undefined;
}

/** As the first version wrote it. */
export type OldClaim = Pick<ProcessName, 'pid' | 'started'>;

/**
 * Whether a claim counts, seen from here: false if its process is provably gone, or if it is a copy of
 * another folder's. What can't be judged counts.
 */
export function counts(claim: Claim | OldClaim | undefined, here: Here): boolean {
  const { me, reach } = here;
  // A crash cut it short, and it names nobody; another machine may still be writing it.
  if (claim === undefined) return !(here.hasSocket && reach === 'local');
  if (!('boot' in claim)) return here.isRunning(claim);
  if (reach === 'shared' && claim.inode !== here.inode) return false;
  if (claim.boot !== me.boot) return reach !== 'local' && !isSameMachine(claim, me);
  if (me.boot === '' && claim.host !== me.host) return true;
  // A listener would have answered.
  if (claim.hasSocket && here.hasSocket) return false;
  return claim.namespace !== me.namespace || here.isRunning(claim);
}

/** Its kernel ran on the machine that now runs another one. */
function isSameMachine(claim: Claim, me: ProcessName): boolean {
  return claim.host === me.host && claim.machine === me.machine;
}
