/** The thread of decompress.ts. */
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import type { ForeignCompression } from '../compression.js';
import { bunzip2 } from './bzip2.js';
import { unxz } from './xz.js';
import { unzstd } from './zstd.js';

/** What the thread is given when it begins. */
export interface DecompressionSetup {
  readonly compression: ForeignCompression;
  /** Where answers come from. */
  readonly port: MessagePort;
  /** One number: how many answers there were. */
  readonly turns: Int32Array;
}

/** What the thread says; after the first two it waits for an answer. */
export type DecompressionRequest =
  | { readonly kind: 'more' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' }
  | { readonly kind: 'fault'; readonly message: string };

/** Compressed bytes, as they are asked for; undefined at the end. Waits for them. */
export type Inlet = () => Uint8Array | undefined;
/** Takes the next bytes of what came out, and waits until they are used. They are given away. */
export type Outlet = (bytes: Uint8Array<ArrayBuffer>) => void;
type Decoder = (next: Inlet, put: Outlet) => Promise<void>;

const DECODERS: Readonly<Record<ForeignCompression, Decoder>> = {
  bzip2: bunzip2,
  xz: unxz,
  zstd: unzstd,
};

const { compression, port, turns } = workerData as DecompressionSetup;
let turn = 0;

function say(request: DecompressionRequest, given: ArrayBuffer[] = []): void {
  parentPort?.postMessage(request, given);
}

function answer(): Uint8Array | undefined {
  Atomics.wait(turns, 0, turn);
  turn += 1;
  return receiveMessageOnPort(port)?.message as Uint8Array | undefined;
}

function next(): Uint8Array | undefined {
  say({ kind: 'more' });
  return answer();
}

function put(bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes.length === 0) return;
  say({ kind: 'bytes', bytes }, [bytes.buffer]);
  answer();
}

try {
  await DECODERS[compression](next, put);
  say({ kind: 'end' });
} catch (error) {
  say({ kind: 'fault', message: (error as Error).message });
}
