/*
 * Who and what the fuzz knows beforehand: accounts, names of repositories, images of every kind.
 */
import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { packTar } from '../../../src/old-docker/images/tar.js';
import { bareTarSumOf, layerOf, makeImage, type TestImage, tarsumOf } from '../images.js';
import { noise } from '../noise.js';

/** The password of everybody in the cast, as long as no request has changed it. */
export const PASSWORD = 'correct horse';

/** The accounts of the cast. */
export const PEOPLE = ['alice', 'bobby', 'warden', 'frozen'] as const;
/** The one of them who is an admin. */
export const WARDEN = 'warden';
/** The one of them whose account is not active. */
export const FROZEN = 'frozen';

/** Repositories that the cast pushes to; the last does not exist before, and nobody may make it. */
export const REPOSITORIES = [
  'alice/web',
  'alice/db.v-1',
  'bobby/app',
  'bobby/Web',
  'library/base',
  'frozen/old',
  'nobody/none',
] as const;

/** Tags that are used again and again. */
export const TAGS = ['latest', 'v1', '1.0-rc_2', '_'] as const;

/** Somebody whose name is in no request of the fuzz, and who puts right what it has done. */
export interface Keeper {
  readonly username: string;
  readonly password: string;
}

/** A keeper whose name nobody can guess. */
export function newKeeper(): Keeper {
  return {
    username: `keeper_${randomBytes(8).toString('hex')}`,
    password: randomBytes(12).toString('base64url'),
  };
}

/** An image with the sums that dockers of all ages name for it. */
export interface PoolImage extends TestImage {
  readonly tarsum: string;
  /** docker 0.9's payload sum; the same as `payload` where the layer is not a gzip. */
  readonly bareSum: string;
}

/** A chain of three, and images of which each is odd in its own way. */
export function imagePool(seed = 'pool'): PoolImage[] {
  const base = makeImage(`${seed} base`);
  const middle = makeImage(`${seed} middle`, { parent: base });
  const top = makeImage(`${seed} top`, { parent: middle });
  const entries = Array.from({ length: 300 }, (_, at) => ({ name: `etc/file-${at}` }));
  const tar = packTar([{ name: 'a' }, { name: `${'long/'.repeat(60)}é`, content: noise('x', 5) }]);
  const odd = [
    makeImage(`${seed} many`, { layer: layerOf(entries) }),
    makeImage(`${seed} bare tar`, { layer: tar }),
    makeImage(`${seed} empty`, { layer: Buffer.alloc(0) }),
    makeImage(`${seed} no tar`, { layer: noise(seed, 3000) }),
    makeImage(`${seed} cut gzip`, { layer: gzipSync(tar).subarray(0, -9) }),
    makeImage(`${seed} bomb`, { layer: gzipSync(Buffer.alloc(4 * 1024 * 1024)) }),
    makeImage(`${seed} large`, { layer: noise(`${seed} large`, 700_000) }),
    shortId(`${seed} short`),
  ];
  return [base, middle, top, ...odd].map(withSums);
}

/** An image as of 2013, when ids had 16 digits. */
function shortId(seed: string): TestImage {
  const id = createHash('sha256').update(seed).digest('hex').slice(0, 16);
  return { ...makeImage(seed, { json: JSON.stringify({ id }) }), id };
}

function withSums(image: TestImage): PoolImage {
  const none = `sha256:${'0'.repeat(64)}`;
  return {
    ...image,
    tarsum: orElse(() => tarsumOf(image), `tarsum+${none}`),
    bareSum: orElse(() => bareTarSumOf(image), image.payload),
  };
}

/** Some layers are none, and have no such sum. */
function orElse(sum: () => string, otherwise: string): string {
  try {
    return sum();
  } catch {
    return otherwise;
  }
}
