import type { ClientRequest, IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { PushStopped } from './errors.js';
import { type Answer, LostConnection, type OpenAnswer, type WireRequest } from './messages.js';

/* Bodies on their way, piece by piece. */

/** Go copies bodies in pieces of this size. */
const PIECE = 32 * 1024;

/** Writes the body and ends the request, or breaks the connection where the request says so. */
export async function writeBody(request: ClientRequest, wanted: WireRequest): Promise<void> {
  const { cutBodyAfter = Number.POSITIVE_INFINITY } = wanted;
  let sent = 0;
  for await (const piece of bodyPieces(wanted.body)) {
    if (request.destroyed || sent >= cutBodyAfter) break;
    const part = piece.subarray(0, cutBodyAfter - sent);
    sent += part.length;
    await write(request, part);
  }
  if (sent >= cutBodyAfter) {
    request.destroy(new PushStopped(`connection lost after ${sent} bytes of ${wanted.path}`));
    return;
  }
  request.end();
}

function write(request: ClientRequest, piece: Buffer): Promise<void> {
  return new Promise<void>((resolve) => {
    request.once('close', resolve);
    request.write(piece, () => {
      request.off('close', resolve);
      resolve();
    });
  });
}

async function* bodyPieces(body: WireRequest['body']): AsyncIterable<Buffer> {
  if (body === undefined) return;
  if (!Buffer.isBuffer(body)) {
    yield* body;
    return;
  }
  for (let start = 0; start < body.length; start += PIECE) {
    yield body.subarray(start, start + PIECE);
  }
}

/** The body of an answer as it comes, unpacked. Throws LostConnection where it breaks off, also after `cutAfter` bytes. */
export async function* piecesOf(
  message: IncomingMessage,
  cutAfter: number | undefined,
): AsyncIterable<Buffer> {
  // Go asks for gzip by itself and then unpacks it unseen.
  const isPacked = message.headers['content-encoding'] === 'gzip';
  const pieces: AsyncIterable<Buffer> = isPacked ? unpacked(message) : message;
  let length = 0;
  try {
    for await (const piece of pieces) {
      length += piece.length;
      if (cutAfter !== undefined && length >= cutAfter) {
        yield piece.subarray(0, piece.length - (length - cutAfter));
        break;
      }
      yield piece;
    }
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? new LostConnection() : error;
  } finally {
    message.on('error', () => undefined);
    message.destroy();
  }
  if (cutAfter !== undefined && length >= cutAfter) throw new LostConnection();
}

function unpacked(message: IncomingMessage): AsyncIterable<Buffer> {
  // Errors appear where the pieces are read.
  return pipeline(message, createGunzip(), () => undefined);
}

/** The same pieces; the whole answer goes to `onAnswer` at their end. */
export async function* watched(
  answer: OpenAnswer,
  onAnswer: (answer: Answer) => void,
): AsyncIterable<Buffer> {
  const kept: Buffer[] = [];
  for await (const piece of answer.pieces) {
    kept.push(piece);
    yield piece;
  }
  onAnswer({ ...answer, body: Buffer.concat(kept) });
}
