import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, link, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { digestFile, digestOfFile } from './digests.js';
import { type Disk, isUnfinished, type WholeFile } from './disk.js';
import { type ByteRange, LayerPieces } from './layer-pieces.js';
import { type FileTwin, takeFile } from './linked-file.js';
import { type OpenLayer, openWholeFile } from './open-layer.js';
import { PieceMemory } from './piece-memory.js';
import { StreamedFile } from './streamed-file.js';

/**
 * The blobs: layers, configs and manifests, each a file that is named by the digest of its bytes, and so is kept
 * once, however many pushes brought it. Which of them are wanted is for documents to say.
 *
 * The caller sees to it that a blob is not removed while it is put here (`Blobs` of the domain, in turns).
 */
export class BlobFiles {
  readonly #disk: Disk;
  readonly #root: string;
  readonly #elsewhere: ReadonlyMap<string, string>;
  readonly #memory = new PieceMemory();
  /** How often each blob is kept. */
  readonly #kept = new Map<string, number>();

  /** `root` is the folder of the blobs; `elsewhere` tells where files are to be read that are not in their places. */
  constructor(disk: Disk, root: string, elsewhere: ReadonlyMap<string, string> = new Map()) {
    this.#disk = disk;
    this.#root = root;
    this.#elsewhere = elsewhere;
  }

  /** Where a blob lies. */
  path(digest: string): string {
    const path = this.#place(digest);
    return this.#elsewhere.get(path) ?? path;
  }

  has(digest: string): boolean {
    return existsSync(this.path(digest));
  }

  /** The length of a blob in bytes; undefined where it is not here. */
  size(digest: string): number | undefined {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size;
  }

  /** All of a short blob, at once (see NewFile). Throws the error of the system. */
  read(digest: string): Buffer {
    return readFileSync(this.path(digest));
  }

  /** A blob or a part of it, to be sent; open when this resolves. */
  openPieces(digest: string, range: ByteRange): Promise<LayerPieces> {
    return LayerPieces.open(this.path(digest), range, this.#memory);
  }

  /** The same as a stream. */
  async open(digest: string, range?: ByteRange): Promise<Readable> {
    const handle = await open(this.path(digest));
    return handle.createReadStream({
      highWaterMark: 256 * 1024,
      ...(range === undefined ? {} : { start: range.first, end: range.last }),
    });
  }

  /** A blob as a place in a file, for a thread that reads it from end to end. */
  openWhole(digest: string): Promise<OpenLayer> {
    return openWholeFile(this.path(digest));
  }

  /** Stores a short blob. Durable before any document that is written after it. */
  async write(digest: string, bytes: Uint8Array): Promise<void> {
    await this.#disk.replaceFile(this.#place(digest), bytes);
  }

  /** Begins a blob whose digest its end will tell; until `place` it is a file that a start removes. */
  begin(): StreamedFile {
    return new StreamedFile(this.#disk, this.#memory, join(this.#root, 'upload'));
  }

  /** Makes what was written the blob of this digest. Durable as `write`; when it fails nothing is left of it. */
  async place(upload: StreamedFile, digest: string): Promise<void> {
    await upload.finish(this.#place(digest));
  }

  /** Some bytes as a blob that is to be durable with a document that names it (`Collection.update`). */
  whole(digest: string, bytes: Uint8Array): WholeFile {
    return this.#disk.beginWhole(this.#place(digest), bytes);
  }

  /** As `place`; a short one becomes durable with a document that names it, and is returned for that. */
  async placeLong(upload: StreamedFile, digest: string): Promise<WholeFile | undefined> {
    const whole = upload.whole(this.#place(digest));
    if (whole === undefined) await this.place(upload, digest);
    return whole;
  }

  /** Takes in a blob that another thread reads (`takeFile`), which sees to it that it has this digest. */
  async take(
    digest: string,
    twin: FileTwin | undefined,
    read: (copy: string | undefined) => Promise<void>,
  ): Promise<void> {
    await takeFile(this.#disk, this.#place(digest), twin, read);
  }

  /** A place for a file that is being written aside and becomes a blob by `adopt`; a start removes it. */
  newPlace(): string {
    return this.#disk.nameAside(join(this.#root, 'upload'));
  }

  /**
   * Makes a whole file the blob of this digest too; it is not copied where the file system knows links.
   * The file itself stays. Durable as `write`: a short one may stand in the log alone so far, under its own name.
   */
  async adopt(path: string, digest: string): Promise<void> {
    const aside = this.newPlace();
    try {
      await link(path, aside).catch(() => copyFile(path, aside));
      await this.#disk.finishLink(aside, this.#place(digest));
    } catch (error) {
      await this.#disk.erase(aside);
      throw error;
    }
  }

  /** Removes a file that `newPlace` was asked for; never rejects. */
  async drop(path: string): Promise<void> {
    await this.#disk.erase(path);
  }

  /** Keeps a blob on the disk until it is released, even if it is removed: a snapshot needs it. */
  keep(digest: string): void {
    this.#kept.set(digest, (this.#kept.get(digest) ?? 0) + 1);
  }

  /** Ends one `keep`. The blob stays; the caller removes it, once nothing names it. */
  release(digest: string): void {
    const left = (this.#kept.get(digest) ?? 0) - 1;
    if (left > 0) this.#kept.set(digest, left);
    else this.#kept.delete(digest);
  }

  /** Removes a blob unless it is kept. Who reads it goes on. */
  async remove(digest: string): Promise<void> {
    if (this.#kept.has(digest)) return;
    await this.#disk.dropFiles([this.#place(digest)]);
  }

  /** Removes the blobs that nothing names, and what a killed process was writing. Before anybody is served, or after. */
  async sweep(isNamed: (digest: string) => boolean): Promise<void> {
    for (const name of readdirSync(this.#root)) {
      const digest = digestOfFile(name);
      const isStray = digest === undefined ? isUnfinished(name) : !isNamed(digest);
      if (isStray) await this.#disk.dropFiles([join(this.#root, name)]);
    }
  }

  #place(digest: string): string {
    return join(this.#root, digestFile(digest));
  }
}
