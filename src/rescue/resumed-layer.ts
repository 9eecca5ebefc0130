import { Readable } from 'node:stream';
import type { OpenAnswer } from './connection.js';
import { BrokenError } from './problems.js';

/** How often in a row a connection may be lost without a byte. */
const TRIES = 5;

/** Asks for bytes from a position on; `Range` is for positions after the first. */
export type OpenFrom = (headers: Readonly<Record<string, string>>) => Promise<OpenAnswer>;

/**
 * A layer whose connection may be lost on the way: it is taken up where it was. A docker-registry counts
 * open ranges one too far (protocol.md §3), so the last byte is named, and what comes is counted here.
 * `size` is its length in bytes where it is known before. Rejects with a BrokenError.
 */
export async function openResumed(
  openFrom: OpenFrom,
  size?: number,
): Promise<{ readonly stream: Readable; readonly size: number | undefined }> {
  const first = await openFrom({});
  if (first.status !== 200) {
    first.body.destroy();
    throw new BrokenError(`its layer can't be had: the answer is ${first.status}`);
  }
  const said = first.headers['content-length'];
  const length = said === undefined ? size : Number(said);
  const bytes = resumed(first, openFrom, length);
  return { stream: Readable.from(bytes, { objectMode: false }), size: length };
}

async function* resumed(
  first: OpenAnswer,
  openFrom: OpenFrom,
  size: number | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  let answer = first;
  let at = 0;
  let skip = 0;
  for (let lost = 0; ; ) {
    const begin = at;
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        const rest = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - rest.length;
        at += rest.length;
        if (rest.length > 0) yield rest;
      }
      if (size === undefined || at >= size) return;
    } catch (error) {
      if (size === undefined) throw error;
      if (at >= size) return;
    } finally {
      answer.body.destroy();
    }
    lost = at > begin ? 1 : lost + 1;
    if (lost > TRIES) throw new BrokenError(`its layer broke off at ${at} of ${size} bytes`);
    answer = await openFrom({ range: `bytes=${at}-${size - 1}` });
    skip = bytesBefore(answer, at);
  }
}

/** How many bytes an answer repeats before it goes on at a position: all, where it knows no ranges. */
function bytesBefore(answer: OpenAnswer, at: number): number {
  if (answer.status === 200) return at;
  const from = /^(?:bytes )?(\d{1,15})-/.exec(answer.headers['content-range'] ?? '')?.[1];
  if (answer.status === 206 && (from === undefined || Number(from) === at)) return 0;
  answer.body.destroy();
  throw new BrokenError(`its layer broke off at ${at} bytes, and can't be taken up there`);
}
