import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { z } from 'zod';
import { importArchive } from '../archive/archive.js';
import { OPERATOR } from '../domain/access.js';
import { payloadHash } from '../domain/checksums.js';
import type { Domain } from '../domain/domain.js';
import { HubError } from '../domain/errors.js';
import { checkTagName, type RepositoryName } from '../domain/names.js';
import { checkShape, InvalidInput, within } from './invalid-input.js';
import { parseFullName } from './repositories.js';

/** An image to make from files. */
export const newImage = z.strictObject({
  /** The repository it belongs to; made if missing. */
  repository: z.string(),
  tag: z.string().optional(),
  /** What is in its layer: contents by path. */
  files: z.record(z.string(), z.string()).superRefine((files, ctx) => {
    for (const { name, problem } of wrongFileNames(Object.keys(files))) {
      ctx.addIssue({ code: 'custom', path: [name], message: problem });
    }
  }),
  /** The image it is built on, as `ns/repo:tag` or an id. */
  from: z.string().optional(),
});
export type NewImage = z.input<typeof newImage>;

/** An image as a test sees it. */
export interface Image {
  readonly id: string;
  /** The image's own id first, then what it is built on. */
  readonly ancestry: readonly string[];
  /** Length of the layer in bytes. */
  readonly size: number;
  /** `sha256:` over json, newline and layer. */
  readonly checksum: string;
}

const compress = promisify(gzip);

/** A layer has each file once, under a path that stays within it. */
function wrongFileNames(names: readonly string[]): { name: string; problem: string }[] {
  const paths = names.map((name) => name.replace(/^\/+/, ''));
  const problemOf = (path: string, place: number): string | undefined => {
    if (path.split('/').some((part) => ['', '.', '..'].includes(part))) {
      return 'expected the path of a file, such as etc/motd';
    }
    return paths.indexOf(path) < place ? 'this file is there twice' : undefined;
  };
  return names.flatMap((name, place) => {
    const problem = problemOf(paths[place] ?? '', place);
    return problem === undefined ? [] : [{ name, problem }];
  });
}

/** The images of a hub, without HTTP. */
export class ImagesHandle {
  readonly #domain: Domain;

  constructor(domain: Domain) {
    this.#domain = domain;
  }

  /**
   * Makes an image from files; the same files on the same image always give the same id. Throws an
   * InvalidInput that names the field that is wrong.
   */
  async create(image: NewImage): Promise<Image> {
    const { repository, tag = 'latest', files, from } = checkShape(newImage, image);
    const name = within('repository', () => parseFullName(repository));
    within('tag', () => checkTagName(tag));
    const parent = from === undefined ? undefined : within('from', () => this.find(from)).id;
    const layer = await packLayer(files);
    const id = createHash('sha256')
      .update(`${parent ?? ''}\n`)
      .update(layer)
      .digest('hex');
    const json = Buffer.from(JSON.stringify(describe(id, parent)));
    await this.#push(name, { id, json, layer: await compress(layer), tag });
    return this.#require(id);
  }

  /**
   * Takes the images of a `docker save` tar in, under the names that it gives them or as one
   * repository. Throws an error of one line that begins with the path; nothing is kept then.
   */
  async import(
    path: string,
    named: { readonly repository?: string; readonly tag?: string } = {},
  ): Promise<void> {
    await importArchive({ domain: this.#domain }, path, { ...named, filesOnly: true });
  }

  get(id: string): Image | undefined {
    return this.list().find((image) => image.id === id);
  }

  /** The image that `ns/repo:tag`, or an id, means. Throws an InvalidInput when there is none. */
  find(reference: string): Image {
    const found = this.get(/^[0-9a-f]{64}$/.test(reference) ? reference : this.#tagged(reference));
    if (found === undefined) throw new InvalidInput('', `there is no image ${reference}`);
    return found;
  }

  list(): Image[] {
    return this.#domain.library.list().map(({ id, ancestry, size, payload }) => ({
      id,
      ancestry,
      size,
      checksum: payload,
    }));
  }

  /** Takes an image, and the tags of all that is built on it, out of every repository. */
  async delete(id: string): Promise<void> {
    this.#require(id);
    await this.#domain.deletions.dropImage(id);
  }

  async #push(
    name: RepositoryName,
    { id, json, layer, tag }: { id: string; json: Buffer; layer: Buffer; tag: string },
  ): Promise<void> {
    const { repositories, uploads, tags } = this.#domain;
    await repositories.push(OPERATOR, name, [{ id }]);
    if (await this.#isNew(id, json)) {
      await uploads.putLayer(OPERATOR, id, Readable.from([layer]));
      const payload = `sha256:${payloadHash(json).update(layer).digest('hex')}`;
      await uploads.putChecksum(OPERATOR, id, { payload, tarsum: undefined });
    }
    await tags.put(OPERATOR, name, tag, { image: id, client: {} });
  }

  async #isNew(id: string, json: Buffer): Promise<boolean> {
    try {
      await this.#domain.uploads.putJson(OPERATOR, id, json);
      return true;
    } catch (error) {
      if (error instanceof HubError && error.kind === 'conflict') return false;
      throw error;
    }
  }

  /** The id behind `ns/repo:tag`, or nothing. */
  #tagged(reference: string): string {
    const [repository = '', tag = 'latest'] = reference.split(':');
    const tags = this.#domain.repositories.find(parseFullName(repository))?.tags ?? {};
    return (Object.hasOwn(tags, tag) ? tags[tag]?.image : undefined) ?? '';
  }

  #require(id: string): Image {
    const image = this.get(id);
    if (image === undefined) throw new InvalidInput('id', `there is no image ${id}`);
    return image;
  }
}

/** A tar of the files, the same bytes for the same files. */
async function packLayer(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const name of Object.keys(files).sort()) {
    tar.entry(
      { name: name.replace(/^\/+/, ''), mtime: new Date(0), mode: 0o644 },
      files[name] ?? '',
    );
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** As much of an image json as old dockers want to see. */
function describe(id: string, parent: string | undefined) {
  return {
    id,
    ...(parent === undefined ? {} : { parent }),
    created: '1970-01-01T00:00:00Z',
    container_config: { Cmd: ['/bin/sh', '-c', '#(nop) ADD files'] },
    config: { Cmd: ['/bin/sh'] },
    architecture: 'amd64',
    os: 'linux',
  };
}
