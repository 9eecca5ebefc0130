import { BLOCK, parseHeader, readPax, type TarFields } from './tar-header.js';

/** An entry of an archive that is being read; its content is read before the next entry, or skipped. */
export interface StreamedEntry extends TarFields {
  readonly content: AsyncIterable<Buffer>;
}

/** A PAX record or a long name is not larger than this, in bytes. */
const LARGEST_RECORD = 64 * 1024;

/**
 * Reads an archive entry by entry, in bounded memory, with or without its trailer; throws if it is cut or
 * damaged.
 * @param onEnd gets where the last entry ends, before the end-of-archive blocks
 */
export async function* entriesOf(
  tar: AsyncIterable<Buffer>,
  onEnd: (bytes: number) => void = () => undefined,
): AsyncIterable<StreamedEntry> {
  const source = new Source(tar);
  let long: Partial<Pick<TarFields, 'name' | 'link' | 'size'>> = {};
  try {
    for (;;) {
      const end = source.taken;
      const block = await source.take(BLOCK);
      if (block.length === 0 || block.every((byte) => byte === 0)) onEnd(end);
      if (block.length === 0) return;
      if (block.every((byte) => byte === 0)) break;
      const fields = parseHeader(block);
      if (/^[xLKg]$/.test(fields.type)) {
        const record = await readRecord(source, fields.size);
        if (fields.type !== 'g') long = { ...long, ...longFields(fields.type, record) };
        continue;
      }
      const entry = { ...fields, ...long };
      long = {};
      const content = source.content(entry.size);
      yield { ...entry, content };
      for await (const _ of content) {
        // What was not read is skipped.
      }
    }
    await source.skipRest();
  } finally {
    await source.close();
  }
}

async function readRecord(source: Source, size: number): Promise<string> {
  if (size > LARGEST_RECORD) throw new Error('archive/tar: invalid tar header');
  const padded = Math.ceil(size / BLOCK) * BLOCK;
  const record = await source.take(padded);
  if (record.length < padded) throw new Error('unexpected EOF');
  return record.toString('utf8', 0, size);
}

function longFields(
  type: string,
  record: string,
): Partial<Pick<TarFields, 'name' | 'link' | 'size'>> {
  const [plain = ''] = record.split('\0', 1);
  if (type === 'L') return { name: plain };
  if (type === 'K') return { link: plain };
  const values = readPax(record);
  const [name, link, size] = [values.get('path'), values.get('linkpath'), values.get('size')];
  return {
    ...(name !== undefined && { name }),
    ...(link !== undefined && { link }),
    ...(size !== undefined && /^\d+$/.test(size) && { size: Number(size) }),
  };
}

/** Bytes that come in pieces, taken in blocks. */
class Source {
  /** Bytes that have been taken so far. */
  taken = 0;
  readonly #pieces: AsyncIterator<Buffer>;
  #waiting: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, or fewer where the source ends. */
  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const part = await this.#next(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** The content of an entry; skips the padding of its last block. */
  async *content(size: number): AsyncIterable<Buffer> {
    for (let missing = size; missing > 0; ) {
      const part = await this.#next(missing);
      if (part === undefined) throw new Error('unexpected EOF');
      missing -= part.length;
      yield part;
    }
    await this.take((BLOCK - (size % BLOCK)) % BLOCK);
  }

  async skipRest(): Promise<void> {
    while ((await this.#next(Number.POSITIVE_INFINITY)) !== undefined);
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #next(most: number): Promise<Buffer | undefined> {
    while (this.#waiting.length === 0) {
      const { done, value } = await this.#pieces.next();
      if (done === true) return undefined;
      this.#waiting = value;
    }
    const part = this.#waiting.subarray(0, most);
    this.#waiting = this.#waiting.subarray(part.length);
    this.taken += part.length;
    return part;
  }
}
