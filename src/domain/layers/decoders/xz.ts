import xz from 'xz-decompress';
import type { Inlet, Outlet } from './decompression-worker.js';

/** What the decoder's numbers mean (xz.h of XZ Embedded). */
const FAULTS: ReadonlyMap<string, string> = new Map([
  ['3', 'it takes too much memory'],
  ['4', 'it takes too much memory'],
  ['5', 'it has no header'],
  ['6', 'it has filters that are not read here'],
  ['7', 'its data is broken'],
  ['8', 'it is cut short'],
]);

/** Decodes an xz of one stream, of a dictionary of at most 64 MiB. Throws an Error for invalid bytes. */
export async function unxz(next: Inlet, put: Outlet): Promise<void> {
  const compressed = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const bytes = next();
      if (bytes === undefined) controller.close();
      else controller.enqueue(bytes);
    },
  });
  try {
    for await (const bytes of new xz.XzReadableStream(compressed)) put(new Uint8Array(bytes));
  } catch (error) {
    const { message } = error as Error;
    const [, code = ''] = /error code (\d)$/.exec(message) ?? [];
    throw new Error(FAULTS.get(code) ?? message);
  }
}
