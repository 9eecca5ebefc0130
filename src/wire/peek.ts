import type { IncomingMessage } from 'node:http';

/** The start of a body, and whether that is all of it. */
export interface BodyStart {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/**
 * Looks at the first `most` bytes of a body, or somewhat more, and puts them back, so that the one who reads
 * the body afterwards has it whole. After so many seconds it settles for what is there.
 */
export function peek(request: IncomingMessage, most: number, seconds: number): Promise<BodyStart> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => end(), seconds * 1000);
    const end = (): void => {
      clearTimeout(timer);
      request.off('readable', onReadable).off('close', end).off('error', end);
      const bytes = Buffer.concat(chunks);
      // At once, since a body of which nothing is left ends in the next turn.
      if (size > 0 && !request.destroyed) request.unshift(bytes);
      resolve({ bytes, isWhole: request.complete && request.readableLength === size });
    };
    const onReadable = (): void => {
      while (size < most) {
        const chunk = request.read() as Buffer | null;
        if (chunk === null) break;
        chunks.push(chunk);
        size += chunk.length;
      }
      if (size >= most || (request.complete && request.readableLength === 0)) end();
    };
    request.on('readable', onReadable).on('close', end).on('error', end);
  });
}
