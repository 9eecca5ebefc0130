import type { IncomingHttpHeaders } from 'node:http';
import { OldDockerError } from './errors.js';

/* What goes over the wire and comes back, as the rest of a docker sees it. */

/** A header as it is written on the wire, name in its own letter case. */
export type Header = readonly [name: string, value: string];

/** One answer as the client saw it; tests may check each against openapi.yaml. */
export interface Answer {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Each value of a header that came on several lines. */
  lines(name: string): string[];
  readonly body: Buffer;
}

/** An answer whose body is still to come; its caller reads it to its end. */
export interface OpenAnswer extends Omit<Answer, 'body'> {
  /** The body as it comes; fails with {@link LostConnection} where it breaks off. */
  readonly pieces: AsyncIterable<Buffer>;
}

/** One request, its headers complete and in the order in which they are to be written. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly Header[];
  readonly body?: Buffer | AsyncIterable<Buffer> | undefined;
  /** Breaks the connection after so many bytes of the body are sent. */
  readonly cutBodyAfter?: number | undefined;
  /** Breaks the connection after so many bytes of the answer's body have come. */
  readonly cutAnswerAfter?: number | undefined;
}

/** The connection ended before the whole body of an answer had come. */
export class LostConnection extends OldDockerError {
  override readonly name = 'LostConnection';

  constructor() {
    super('unexpected EOF');
  }
}
