import { gunzipSync } from 'node:zlib';
import { OldDockerError } from './errors.js';
import { decodeJson } from './go.js';
import type { Client, Session } from './session.js';
import { readTar } from './tar.js';
import type { Answer } from './wire.js';

/** An image's json is asked for five times, a lost layer connection is taken up five times. */
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

/** GET layer, taken up again by ranges if the connection is lost; it must be a gzipped tar. */
export async function fetchLayer(
  client: Client,
  session: Session,
  id: string,
  size: number,
  cutAfter: number | undefined,
): Promise<Buffer> {
  const path = `/v1/images/${id}/layer`;
  const head = client.dialect.asksForHead ? await session.registry('HEAD', path) : undefined;
  const first = await session.registry('GET', path, { cutAnswerAfter: cutAfter });
  if (first.status !== 200) {
    throw new OldDockerError(
      `Server error: Status ${first.status} while fetching image layer (${id})`,
    );
  }
  const ranges = (head ?? first).lines('Accept-Ranges').includes('bytes');
  if (first.cut && !(client.dialect.resumes && ranges && size > 0)) {
    throw new OldDockerError('unexpected EOF');
  }
  const layer = first.cut ? await resume(session, path, size, first.body) : first.body;
  try {
    readTar(gunzipSync(layer));
  } catch (error) {
    throw new OldDockerError(`Untar ${id}: ${(error as Error).message}`, { cause: error });
  }
  return layer;
}

/** Goes on where the connection was lost, with an end one past the last byte (clients.md, "Pull"). */
async function resume(
  session: Session,
  path: string,
  size: number,
  begun: Buffer,
): Promise<Buffer> {
  let whole = begun;
  for (let count = 0; count < TRIES; count += 1) {
    const answer = await session.registry('GET', path, {
      headers: [['Range', `bytes=${whole.length}-${size}`]],
    });
    const isEnd = answer.status === 416 && whole.length === size;
    if (isEnd && answer.headers['content-length'] === '0') {
      return whole;
    }
    if (answer.status !== 206) {
      throw new OldDockerError("the server doesn't support byte ranges");
    }
    whole = Buffer.concat([whole, answer.body]);
    if (!answer.cut) {
      return whole;
    }
  }
  throw new OldDockerError('unexpected EOF');
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
  return String(value.id);
}
