import type { IncomingMessage } from 'node:http';

/** How much of an unwanted body is taken. */
export interface DrainLimits {
  /** In seconds; 30. */
  readonly longest?: number;
  /** In bytes; 64 MiB. */
  readonly most?: number;
}

/**
 * Reads and forgets the rest of a body. Answering while the client still sends would lose the answer
 * to a reset connection. False when there is more than a server should have to take.
 */
export function drain(
  request: IncomingMessage,
  { longest = 30, most = 64 * 1024 * 1024 }: DrainLimits = {},
): Promise<boolean> {
  if (request.readableEnded || request.destroyed || !hasBody(request)) return Promise.resolve(true);
  // The reader that unpacked the body has stopped, and would hold it up.
  request.unpipe();
  return new Promise((resolve) => {
    let left = most;
    const timer = setTimeout(() => end(false), longest * 1000);
    const onData = (chunk: Uint8Array): void => {
      left -= chunk.length;
      if (left < 0) end(false);
    };
    const onEnd = (): void => end(true);
    const end = (whole: boolean): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd);
      resolve(whole);
    };
    request.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd);
    request.resume();
  });
}

/** Whether a request says that it has a body. */
export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
