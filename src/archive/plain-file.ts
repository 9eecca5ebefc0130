import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { compressionOf, HEAD } from '../domain/layers/compression.js';
import { LayerFormatError } from '../domain/layers/inflate.js';
import { uncompressed } from '../domain/layers/uncompressed.js';
import { readFault } from '../storage/files/read-fault.js';
import { ArchiveError } from './errors.js';
import { counted } from './progress.js';

/** How an archive is read. */
export interface ReadOptions {
  /** The folder for a stream, or the inside of a compressed archive, as long as it is read; the system's. */
  readonly temporaryFolder?: string | undefined;
  /** True: only a file is taken; a pipe could keep the reader waiting for ever. */
  readonly filesOnly?: boolean | undefined;
  /** Most bytes that a compressed archive may inflate to; 100 GiB. */
  readonly maxInflated?: number | undefined;
  /** Told how many bytes there are, where that is known, before they are gone through once. */
  readonly onBegin?: ((bytes: number) => void) | undefined;
  /** Told of each piece of them. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

const MAX_INFLATED = 100 * 1024 ** 3;
const CHUNK = 256 * 1024;

/** A file of plain bytes that can be read anywhere, and who is told when it is gone through. */
interface PlainFile {
  readonly handle: FileHandle;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Opens a file, or unpacks into a temporary one what is compressed or can be read only once. Throws an
 * ArchiveError when it can't be had.
 */
export async function openPlain(
  source: string | Readable,
  options: ReadOptions,
): Promise<PlainFile> {
  const { onBegin = () => {}, onBytes = () => {} } = options;
  // Unpacking is what takes the time, and has been told of, when a temporary file is gone through.
  const silent = (): void => {};
  if (typeof source !== 'string') return { handle: await unpack(source, options), onBytes: silent };
  const { size, isPlain } = await lookAt(source, options);
  onBegin(size);
  if (isPlain) return { handle: await open(source), onBytes };
  const bytes = counted(createReadStream(source, { highWaterMark: CHUNK }), onBytes);
  return { handle: await unpack(Readable.from(bytes), options), onBytes: silent };
}

/** The bytes of a part of a file. The streams of `node:fs` would close it when they are given up. */
export async function* chunksOf(
  handle: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Buffer, void, undefined> {
  for (let at = start; at < end; ) {
    const length = Math.min(CHUNK, end - at);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) throw new ArchiveError('it became shorter while it was read');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The length of a file, and whether it can be read as it is; pipes and what is compressed can't. */
async function lookAt(
  path: string,
  { filesOnly = false }: ReadOptions,
): Promise<{ size: number; isPlain: boolean }> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new ArchiveError('it is a folder, not a file');
    if (!found.isFile() && filesOnly) throw new ArchiveError('it is not a file');
    if (!found.isFile()) return { size: 0, isPlain: false };
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
      const isPlain = compressionOf(buffer.subarray(0, bytesRead)) === undefined;
      return { size: found.size, isPlain };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(readFault(error));
  }
}

/** Streams an archive, uncompressed, into a file without a name. */
async function unpack(source: Readable, options: ReadOptions): Promise<FileHandle> {
  const { temporaryFolder = tmpdir(), maxInflated = MAX_INFLATED } = options;
  // It may fail before it is read; then the reading tells.
  source.on('error', () => undefined);
  const handle = await openNameless(temporaryFolder);
  try {
    for await (const chunk of uncompressed(source, { maxInflated })) {
      await writeAll(handle, chunk);
    }
    return handle;
  } catch (error) {
    await handle.close();
    if (!(error instanceof LayerFormatError)) throw error;
    if (error.fault === 'size') {
      throw new ArchiveError(`it inflates to more than ${maxInflated} bytes`);
    }
    throw new ArchiveError(`its compression is broken or cut short: ${error.message}`);
  }
}

/** A file that is gone when it is closed, even if the process is killed. */
async function openNameless(parent: string): Promise<FileHandle> {
  const folder = await mkdtemp(join(parent, 'hub-v1-archive-'));
  try {
    return await open(join(folder, 'archive.tar'), 'wx+', 0o600);
  } finally {
    // Where an open file can't be removed, the system's cleaning of temporary files does it.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written);
    written += bytesWritten;
  }
}
