import { ZSTDDecoder } from 'zstddec/stream';
import type { Inlet, Outlet } from './decompression-worker.js';

/** Decodes zstd frames, of windows of at most 128 MiB. Throws an Error for invalid bytes. */
export async function unzstd(next: Inlet, put: Outlet): Promise<void> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  let left = 0;
  function* pieces(): Generator<Uint8Array> {
    for (let piece = next(); piece !== undefined; piece = next()) {
      left = piece.length;
      if (piece.length > 0) yield piece;
    }
  }
  for (const bytes of decoder.decodeStreaming(pieces())) {
    if (bytes.length > 0) {
      put(new Uint8Array(bytes));
      continue;
    }
    // The decoder reports no fault: it loops for ever without taking a byte. A step that is one
    // takes at least one byte of what it was given.
    left -= 1;
    if (left < -1) throw new Error('its frames are broken');
  }
}
