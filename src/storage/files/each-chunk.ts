import { finished, type Readable } from 'node:stream';

/**
 * Shows each chunk of a source to `take`, and holds the source up while a promise that it returned is not
 * settled. Resolves at the end of the source; rejects when the source fails or ends early, or `take`
 * does, but never while `take` is at work. The source is not destroyed: a client that is given up is
 * still there, and is owed an answer. (By events, since an iterator costs several promises a chunk.)
 */
export function eachChunk(
  source: Readable,
  take: (chunk: Uint8Array) => Promise<void> | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let atWork: Promise<void> | undefined;
    const settle = (error?: unknown): void => {
      stopWatching();
      source.off('data', onData).pause();
      if (error === undefined || error === null) resolve();
      else reject(error);
    };
    const goOn = (): void => {
      atWork = undefined;
      if (!source.destroyed) source.resume();
    };
    const onData = (chunk: Uint8Array): void => {
      try {
        atWork = take(chunk);
      } catch (error) {
        settle(error);
      }
      if (atWork === undefined) return;
      source.pause();
      atWork.then(goOn, settle);
    };
    const stopWatching = finished(source, { writable: false }, (error) => {
      if (atWork === undefined) settle(error);
      else atWork.then(() => settle(error), settle);
    });
    source.on('data', onData);
  });
}
