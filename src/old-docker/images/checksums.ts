import { createHash, type Hash } from 'node:crypto';
import type { Dialect } from '../eras/dialect.js';
import { type TarFields, TRAILER } from './tar-header.js';
import { entriesOf } from './tar-reader.js';

/** What reading a whole layer tells (clients.md, "Checksums"). */
export interface LayerSums {
  /** `X-Docker-Checksum`. */
  readonly tarsum: string;
  /** `sha256:…` of the tar with its trailer, which 0.9 sends as the payload's checksum. */
  readonly tar: string;
  /** Bytes of the tar without its trailer. */
  readonly size: number;
}

/** Reads the tar of an image's layer, without its end, and sums it up. */
export async function sumsOf(json: Buffer, tar: AsyncIterable<Buffer>): Promise<LayerSums> {
  const whole = createHash('sha256');
  const counted = { size: 0 };
  const sums: string[] = [];
  for await (const entry of entriesOf(metered(tar, whole, counted))) {
    const sum = createHash('sha256').update(fieldsOf(entry));
    for await (const piece of entry.content) sum.update(piece);
    sums.push(sum.digest('hex'));
  }
  const tarsum = createHash('sha256').update(json);
  for (const sum of sums.sort()) tarsum.update(sum);
  return {
    tarsum: `tarsum+sha256:${tarsum.digest('hex')}`,
    tar: `sha256:${whole.update(TRAILER).digest('hex')}`,
    size: counted.size,
  };
}

/** The payload's checksum, taken while the layer is sent; undefined for versions that send none. */
export function payloadSum(
  { payloadChecksum }: Dialect,
  json: Buffer,
  { tar }: Pick<LayerSums, 'tar'>,
): { add(piece: Buffer): void; digest(): string | undefined } {
  const sent = createHash('sha256').update(json).update('\n');
  return {
    add: (piece) => {
      sent.update(piece);
    },
    digest: () =>
      ({
        none: () => undefined,
        tar: () => tar,
        'json and layer': () => `sha256:${sent.digest('hex')}`,
      })[payloadChecksum](),
  };
}

async function* metered(
  pieces: AsyncIterable<Buffer>,
  hash: Hash,
  counted: { size: number },
): AsyncIterable<Buffer> {
  for await (const piece of pieces) {
    hash.update(piece);
    counted.size += piece.length;
    yield piece;
  }
}

function fieldsOf(entry: TarFields): string {
  const { name, mode, uid, gid, size, mtime, type, link, uname, gname } = entry;
  return (
    `name${name}mode${mode}uid${uid}gid${gid}size${size}mtime${mtime}typeflag${type}` +
    `linkname${link}uname${uname}gname${gname}` +
    `devmajor${entry.devmajor}devminor${entry.devminor}`
  );
}
