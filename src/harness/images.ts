import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { importArchive } from '../archive/archive.js';
import { OPERATOR, operatorsRight } from '../domain/access/access.js';
import type { Domain } from '../domain/domain.js';
import { HubError } from '../domain/errors.js';
import { payloadHash } from '../domain/layers/checksums.js';
import { checkTagName, type RepositoryName } from '../domain/repositories/names.js';
import { checkShape, InvalidInput, within } from '../input/invalid-input.js';
import type { Image, ImageContent, ImageFacts, LayerContent, NewImage } from './image-content.js';
import { layersOf, newImage } from './image-shapes.js';
import { packLayer } from './layer-tar.js';
import { parseFullName } from './repositories.js';

export type { Image };

const compress = promisify(gzip);

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
    const { repository, tag = 'latest', from, ...content } = checkShape(newImage, image);
    const name = within('repository', () => parseFullName(repository));
    within('tag', () => checkTagName(tag));
    let id = from === undefined ? undefined : within('from', () => this.find(from)).id;
    for (const layer of layersOf(content as ImageContent))
      id = await this.#pushLayer(name, layer, id);
    const top = this.#require(id ?? '');
    await this.#domain.tags.put(operatorsRight(name), tag, { image: top.id, client: {} });
    return top;
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

  /** The id of the image that a layer makes on another. */
  async #pushLayer(
    name: RepositoryName,
    content: LayerContent,
    parent: string | undefined,
  ): Promise<string> {
    const { repositories, uploads } = this.#domain;
    const { files, ...facts } = content;
    const tar = await packLayer(files);
    const said = Object.keys(facts).length === 0 ? '' : `\n${JSON.stringify(facts)}`;
    const id = createHash('sha256')
      .update(`${parent ?? ''}\n`)
      .update(tar)
      .update(said)
      .digest('hex');
    const json = Buffer.from(JSON.stringify(describe(id, parent, facts)));
    await repositories.push(operatorsRight(name), [{ id }]);
    if (!(await this.#isNew(id, json))) return id;
    const layer = await compress(tar);
    await uploads.putLayer(OPERATOR, id, Readable.from([layer]));
    const payload = `sha256:${payloadHash(json).update(layer).digest('hex')}`;
    await uploads.putChecksum(OPERATOR, id, { payload, tarsum: undefined });
    return id;
  }

  async #isNew(id: string, json: Buffer): Promise<boolean> {
    try {
      await this.#domain.uploads.putJson(OPERATOR, id, json);
      return true;
    } catch (error) {
      if (error instanceof HubError && error.id === 'imageExists') return false;
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

/** As much of an image json as old dockers want to see. */
function describe(
  id: string,
  parent: string | undefined,
  { created = '1970-01-01T00:00:00Z', author, config = { Cmd: ['/bin/sh'] } }: ImageFacts,
) {
  return {
    id,
    ...(parent === undefined ? {} : { parent }),
    created,
    ...(author === undefined ? {} : { author }),
    container_config: { Cmd: ['/bin/sh', '-c', '#(nop) ADD files'] },
    config,
    architecture: 'amd64',
    os: 'linux',
  };
}
