import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { checksumText, payloadHash } from '../domain/layers/checksums.js';
import { PIECE } from './file-stream.js';
import { openLong } from './foreign-files.js';
import { Check } from './layer-check.js';
import { LayerEnds } from './layer-ends.js';
import type { BlobTask, Failure, FileTask, LayerMeasured, LayerTask } from './layer-task.js';
import { BrokenError } from './problems.js';

/*
 * Reads files of layers and blobs: each once, to check and sum it, and to copy it if that is asked for. In threads (see
 * `LayerFiles`), whose memory is one piece that is used over and over: with new memory for each piece the system clears
 * pages and Node collects garbage for longer than the reading takes.
 */

/** Told of bytes that were read. */
type OnBytes = (bytes: number) => void;

/** A layer of v1: whole by a payload sum of its registry's, or by its gzip, its tar or its digest. */
export function read(task: LayerTask): Promise<LayerMeasured | Failure> {
  return settled(task, async (onBytes) => {
    const { payloads = [] } = task;
    if (payloads.length === 0) return readThrough(task, onBytes);
    const ends = new LayerEnds();
    const summed = await readSummed(task, ends, onBytes);
    if (payloads.includes(summed.payload) && ends.areOfPackedTar) return summed;
    // By another rule, or damaged, or sent as something else: read once more to see.
    const { payload } = await readThrough({ ...task, copy: undefined }, () => undefined);
    if (payload !== summed.payload) throw new BrokenError('its file changed while it was read');
    return summed;
  });
}

async function readSummed(
  task: LayerTask,
  ends: LayerEnds,
  onBytes: OnBytes,
): Promise<LayerMeasured> {
  const hash = payloadHash(Buffer.from(task.json));
  const size = await eachPiece(task, (piece) => {
    ends.take(piece);
    onBytes(piece.length);
    hash.update(piece);
  });
  return { size, payload: checksumText(hash) };
}

/** Looks through a layer for its end: several times as much work as to sum it up. */
async function readThrough(task: LayerTask, onBytes: OnBytes): Promise<LayerMeasured> {
  const { file, size, digest, json, maxInflated } = task;
  const again = async () => openLong(file);
  const hash = payloadHash(Buffer.from(json));
  const check = new Check({ size, digest, maxInflated, again, onBytes });
  try {
    const length = await eachPiece(task, async (piece) => {
      // The zlib of Node works in a thread of its own meanwhile.
      const taken = new Promise<void>((resolve) => check.take(piece, resolve));
      hash.update(piece);
      await taken;
    });
    await check.end();
    return { size: length, payload: checksumText(hash) };
  } finally {
    check.stop();
  }
}

/** A blob of v2: whole by its length and its digest. */
export function readBlob(task: BlobTask): Promise<undefined | Failure> {
  return settled(task, async (onBytes) => {
    const [algorithm = '', hex] = task.digest.split(':');
    const hash = createHash(algorithm);
    await eachPiece(task, (piece) => {
      onBytes(piece.length);
      hash.update(piece);
    });
    if (hash.digest('hex') !== hex) throw new BrokenError(`${task.what} is damaged`);
    return undefined;
  });
}

/** An error goes to another thread as what it says. */
async function settled<R>(
  { untold }: FileTask,
  work: (onBytes: OnBytes) => Promise<R>,
): Promise<R | Failure> {
  const onBytes: OnBytes = (bytes) => {
    Atomics.add(untold, 0, BigInt(bytes));
  };
  try {
    return await work(onBytes);
  } catch (error) {
    if (error instanceof BrokenError) return { broken: error.message };
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { code, message };
  }
}

/** Shows a file piece by piece, and copies it if asked to. Resolves to its length. Throws a BrokenError. */
async function eachPiece(
  { file, what, copy, most }: FileTask,
  show: (piece: Buffer) => Promise<void> | void,
): Promise<number> {
  const source = openLong(file);
  const target = copy === undefined ? undefined : openSync(copy, 'wx', 0o600);
  const memory = Buffer.allocUnsafeSlow(PIECE);
  const fill = (): number => {
    try {
      return source.fill(memory);
    } catch (error) {
      throw new BrokenError(`${what} can't be read: ${(error as Error).message}`);
    }
  };
  let size = 0;
  try {
    for (let length = fill(); length > 0; length = fill()) {
      const piece = memory.subarray(0, length);
      size += length;
      if (size > most) throw new BrokenError(`${what} has more than ${most} bytes`);
      const shown = show(piece);
      if (target !== undefined) writeAll(target, piece);
      await shown;
    }
    return size;
  } finally {
    source.destroy();
    if (target !== undefined) closeSync(target);
  }
}

function writeAll(target: number, piece: Uint8Array): void {
  for (let written = 0; written < piece.length; ) written += writeSync(target, piece, written);
}
