import { closeSync, openSync, writeSync } from 'node:fs';
import { checksumText, payloadHash } from '../domain/layers/checksums.js';
import { PIECE } from './file-stream.js';
import { openLong } from './foreign-files.js';
import { Check } from './layer-check.js';
import type { LayerOutcome, LayerTask } from './layer-task.js';
import { BrokenError } from './problems.js';

/** Bytes after which progress is reported. */
const STEP = 8 * 1024 * 1024;

/**
 * Reads the file of a layer once: checks and sums it, and copies it if asked to. In a thread of its own (see
 * `LayerFiles`), whose memory is one piece that is used over and over: with new memory for each piece the system
 * clears pages and Node collects garbage for longer than the reading takes.
 */
export async function read(task: LayerTask): Promise<LayerOutcome> {
  try {
    return await readOnce(task);
  } catch (error) {
    if (error instanceof BrokenError) return { broken: error.message };
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { code, message };
  } finally {
    task.progress.close();
  }
}

async function readOnce(task: LayerTask): Promise<LayerOutcome> {
  const { file, size: wanted, digest, json, copy, maxLayer, maxInflated, progress } = task;
  const source = await openLong(file);
  const target = copy === undefined ? undefined : openSync(copy, 'wx', 0o600);
  const hash = payloadHash(Buffer.from(json));
  let told = 0;
  const onBytes = (bytes: number): void => {
    told += bytes;
    if (told < STEP) return;
    progress.postMessage(told);
    told = 0;
  };
  const check = new Check({
    size: wanted,
    digest,
    maxInflated,
    again: () => openLong(file),
    onBytes,
  });
  const memory = Buffer.allocUnsafeSlow(PIECE);
  let size = 0;
  try {
    for (let length = source.fill(memory); length > 0; length = source.fill(memory)) {
      const piece = memory.subarray(0, length);
      size += length;
      if (size > maxLayer) throw new BrokenError(`its layer has more than ${maxLayer} bytes`);
      // The zlib of Node works in a thread of its own meanwhile.
      const taken = new Promise<void>((resolve) => check.take(piece, resolve));
      hash.update(piece);
      if (target !== undefined) writeAll(target, piece);
      await taken;
    }
    await check.end();
  } finally {
    check.stop();
    source.destroy();
    if (target !== undefined) closeSync(target);
  }
  progress.postMessage(told);
  return { size, payload: checksumText(hash) };
}

function writeAll(target: number, piece: Uint8Array): void {
  for (let written = 0; written < piece.length; ) written += writeSync(target, piece, written);
}
