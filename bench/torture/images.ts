import { createHash } from 'node:crypto';
import { noise } from '../../test/support/noise.js';
import type { Random } from './random.js';
import { SHORTEST_TAR, tarOfLength } from './tar.js';

/** An image as its pusher has it. Its layer is made when it is needed, always the same. */
export interface TortureImage {
  readonly id: string;
  readonly json: Buffer;
  readonly size: number;
  /** X-Docker-Checksum-Payload */
  readonly payload: string;
  /** Its own id first, then what it is built on. */
  readonly ancestry: readonly string[];
}

/** The image of this name: the same bytes every time. */
export function makeImage(name: string, size: number, parent?: TortureImage): TortureImage {
  const id = sha256(`image ${name}`).toString('hex');
  const json = Buffer.from(JSON.stringify({ id, parent: parent?.id, comment: name }));
  const payload = createHash('sha256').update(json).update('\n').update(layerOf({ id, size }));
  return {
    id,
    json,
    size,
    payload: `sha256:${payload.digest('hex')}`,
    ancestry: [id, ...(parent?.ancestry ?? [])],
  };
}

/** The bytes of an image's layer: a tar, which can go out over v2, where the length is that of one; else noise. */
export function layerOf({ id, size }: Pick<TortureImage, 'id' | 'size'>): Buffer {
  const seed = `layer ${id}`;
  return isTarLength(size) ? tarOfLength(seed, size) : noise(seed, size);
}

/** Whether a layer of this length is a tar. */
export function isTarLength(size: number): boolean {
  return size >= SHORTEST_TAR && size % 512 === 0;
}

/** How long a layer is: mostly short, now and then empty, now and then longer than a pipe holds. */
export function layerSize(random: Random): number {
  if (random.chance(0.4)) return 512 * random.between(4, 200);
  if (random.chance(0.03)) return 0;
  if (random.chance(0.1)) return random.between(500_000, 2_000_000);
  return random.chance(0.4) ? random.between(8_000, 200_000) : random.between(1, 8_000);
}

export function sha256(content: string | Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}
