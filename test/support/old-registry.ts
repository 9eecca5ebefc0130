/*
 * The storage folder of a docker-registry 0.6 to 0.9, as it left one (docs/rescue.md): made by hand, so
 * that the rescue is not checked with a writer of its own.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestImage } from './images.js';

/** What can be wrong with an image, or of another age. */
export interface ImageManner {
  /** Its upload has not ended. */
  readonly inProgress?: boolean;
  /** `0.6`: a bare sum without quotes; `none`: nothing; a list is that of 0.7 and later. */
  readonly checksum?: '0.6' | 'none' | readonly string[];
  readonly ancestry?: boolean;
  /** False: the file is not there; a buffer is there instead. */
  readonly layer?: false | Buffer;
  readonly json?: false | Buffer;
}

/** A folder that is being filled. */
export class OldRegistry {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Stores images, each built on those before it in the list. */
  async addChain(chain: readonly TestImage[], manner: ImageManner = {}): Promise<void> {
    for (const [index] of chain.entries()) await this.addImage(chain.slice(0, index + 1), manner);
  }

  /** Stores the last of a chain. */
  async addImage(chain: readonly TestImage[], manner: ImageManner = {}): Promise<void> {
    const image = chain.at(-1);
    if (image === undefined) return;
    const { inProgress = false, checksum = [image.payload], ancestry = true } = manner;
    const { layer = image.layer, json = image.json } = manner;
    const files: Record<string, string | Buffer> = { _files: '[]' };
    if (json !== false) files.json = json;
    if (layer !== false) files.layer = layer;
    // Python writes lists with a blank after each comma.
    const ids = chain.map(({ id }) => JSON.stringify(id)).reverse();
    if (ancestry) files.ancestry = `[${ids.join(', ')}]`;
    if (inProgress) files._inprogress = 'true';
    else if (checksum === '0.6') files._checksum = image.payload;
    else if (checksum !== 'none') files._checksum = JSON.stringify(checksum);
    await this.write(join('images', image.id), files);
  }

  /** Stores a repository: its folder, `library/busybox`, with what is in it. */
  async addRepository(
    name: string,
    {
      tags = {},
      listed,
      isPrivate = false,
      details = {},
    }: {
      /** Ids by tag. */
      readonly tags?: Readonly<Record<string, string>>;
      /** `_index_images`; absent without one. */
      readonly listed?: readonly Record<string, unknown>[];
      readonly isPrivate?: boolean;
      /** What `tag<tag>_json` says, by tag. */
      readonly details?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    },
  ): Promise<void> {
    const files: Record<string, string> = {};
    for (const [tag, id] of Object.entries(tags)) files[`tag_${tag}`] = id;
    for (const [tag, said] of Object.entries(details)) {
      files[`tag${tag}_json`] = JSON.stringify(said);
      if (tag === 'latest') files.json = JSON.stringify(said);
    }
    if (listed !== undefined) files._index_images = JSON.stringify(listed);
    if (isPrivate) files._private = '';
    await this.write(join('repositories', name), files);
  }

  /** Any files, in a folder below. */
  async write(below: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
    const folder = join(this.folder, below);
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), content);
    }
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.folder, path), { recursive: true, force: true });
  }
}
