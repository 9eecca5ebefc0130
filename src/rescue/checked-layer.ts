import { type Readable, Transform, type TransformCallback } from 'node:stream';
import { PIECE } from './file-stream.js';
import { Check, type CheckOptions } from './layer-check.js';
import { BrokenError, RescueError } from './problems.js';

/**
 * A layer on its way, byte for byte, which is checked beside that. When it is cut, or is not a layer, the
 * stream fails with a BrokenError before its own end.
 */
export function checkedLayer(layer: Readable, options: CheckOptions): Readable {
  const passage = new Passage(options);
  layer.on('error', (error) => passage.destroy(explained(error)));
  passage.on('close', () => layer.destroy());
  return layer.pipe(passage);
}

/** Reading fails for one layer; a registry that is gone for all of them. */
function explained(error: Error): Error {
  if (error instanceof BrokenError || error instanceof RescueError) return error;
  return new BrokenError(`its layer can't be read: ${error.message}`);
}

/** A layer that comes as a stream. */
class Passage extends Transform {
  readonly #check: Check;

  constructor(options: CheckOptions) {
    super({ highWaterMark: PIECE });
    this.#check = new Check(options);
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.push(chunk);
    this.#check.take(chunk, () => done());
  }

  override _flush(done: TransformCallback): void {
    this.#check.end().then(
      () => done(),
      (error: Error) => done(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#check.stop();
    done(error);
  }
}
