import { OldDockerError } from './errors.js';
import { decodeJson } from './go.js';
import { type Answer, LostConnection, type OpenAnswer } from './messages.js';
import { checkId } from './names.js';
import type { Client, Session } from './session.js';

/** How often an image's json is asked for, and a lost connection of a layer resumed. */
const TRIES = 5;

/** An image of which the layer is still to come. */
export interface Described {
  readonly id: string;
  readonly json: Buffer;
  /** `X-Docker-Size`; -1 if it was not said. */
  readonly size: number;
  /** The id that the json gives; up to 1.9 the layer is asked for under that. */
  readonly ownId: string;
}

/** GET json, tried five times over from 0.9 on; the pauses between are left out. */
export async function fetchJson(client: Client, session: Session, id: string): Promise<Described> {
  const tries = client.dialect.tagsAfter === 'tagged image' ? TRIES : 1;
  let answer = await session.registry('GET', `/v1/images/${id}/json`);
  for (let count = 1; count < tries && answer.status !== 200; count += 1) {
    answer = await session.registry('GET', `/v1/images/${id}/json`);
  }
  if (answer.status !== 200) {
    throw new OldDockerError(`HTTP code ${answer.status}`);
  }
  const size = sizeOf(client, answer);
  return { id, json: answer.body, size, ownId: imageIdOf(answer.body, id) };
}

/**
 * GET layer: its bytes as they come. A lost connection is resumed by ranges (clients.md, "Pull").
 * `cutAfter` loses the first connection after so many bytes.
 */
export async function* layerBytes(
  client: Client,
  session: Session,
  { ownId: id, size }: Pick<Described, 'ownId' | 'size'>,
  cutAfter?: number,
): AsyncIterable<Buffer> {
  const path = `/v1/images/${id}/layer`;
  const head = client.dialect.asksForHead ? await session.registry('HEAD', path) : undefined;
  let answer = await session.open('GET', path, { cutAnswerAfter: cutAfter });
  if (answer.status !== 200) {
    await drain(answer);
    throw new OldDockerError(
      `Server error: Status ${answer.status} while fetching image layer (${id})`,
    );
  }
  const ranges = (head ?? answer).lines('Accept-Ranges').includes('bytes');
  const resumes = client.dialect.resumes && ranges && size > 0;
  let received = 0;
  for (let count = 0; ; count += 1) {
    try {
      for await (const piece of answer.pieces) {
        received += piece.length;
        yield piece;
      }
      return;
    } catch (error) {
      if (!(error instanceof LostConnection) || !resumes || count === TRIES) throw error;
    }
    // The end is one past the last byte.
    answer = await session.open('GET', path, {
      headers: [['Range', `bytes=${received}-${size}`]],
    });
    if (answer.status === 206) continue;
    await drain(answer);
    const isEnd = answer.status === 416 && received === size;
    if (isEnd && answer.headers['content-length'] === '0') return;
    throw new OldDockerError("the server doesn't support byte ranges");
  }
}

/** An error's body is not longer than this, in bytes; what follows is left. */
const LONGEST_ERROR = 1024 * 1024;

/** Drains an answer, so that its connection ends. */
async function drain({ pieces }: OpenAnswer): Promise<void> {
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > LONGEST_ERROR) return;
  }
}

function sizeOf(client: Client, answer: Answer): number {
  const [size = ''] = answer.lines('X-Docker-Size');
  if (size === '' && !client.dialect.needsAllHeaders) {
    return -1;
  }
  if (!/^[+-]?\d+$/.test(size)) {
    throw new OldDockerError(`strconv.ParseInt: parsing "${size}": invalid syntax`);
  }
  return Number(size);
}

function imageIdOf(json: Buffer, asked: string): string {
  const image = decodeJson(json);
  if ('error' in image) {
    throw new OldDockerError(`Failed to parse json: ${image.error}`);
  }
  const { value } = image;
  if (value === null || typeof value !== 'object' || !('id' in value)) {
    throw new OldDockerError(`Failed to parse json: no id in the json of ${asked}`);
  }
  const id = String(value.id);
  checkId(id);
  return id;
}
