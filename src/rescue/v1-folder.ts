import { join } from 'node:path';
import { isImageId } from '../domain/repositories/names.js';
import { entriesOf, findLong, isThere, lengthOf, readIfThere, readShort } from './foreign-files.js';
import type {
  FoundFault,
  FoundImage,
  FoundRepository,
  FoundTag,
  OpenedLayer,
  V1Source,
} from './found.js';
import { BrokenError, quote, reasonOf } from './problems.js';
import { parentIn, parseListed, parsePayloads, parseTagDetails } from './v1-documents.js';

/** In bytes: a hundred times what a docker-registry writes there. */
const LONGEST_TAG = 4 * 1024;
const LONGEST_SUMS = 4 * 1024;
const LONGEST_JSON = 1024 * 1024;
const LONGEST_LIST = 64 * 1024 * 1024;
/** Many more than there are threads that read: what is durable is made so together, for all that wait. */
const AT_ONCE = 32;

/**
 * The storage folder of a docker-registry 0.6 to 0.9, or a copy of its bucket (rescue.md, "The folder of a docker-registry"):
 *
 * ```
 * images/<id>/json  layer  ancestry  _checksum  _inprogress  _files  _diff
 * repositories/<namespace>/<name>/tag_<tag>  tag<tag>_json  json  _index_images  _private
 * ```
 *
 * `ancestry` is not needed, as each json names its parent. `_inprogress` is there until the client has named one of
 * the sums in `_checksum`, which the registry had made of what came. So a layer that has such a sum now is as it was
 * sent. One that has not may be whole as well: there were several rules, and some uploads left no sum.
 */
export class V1Folder implements V1Source {
  readonly api = 'v1';
  readonly kind = 'docker-registry folder';
  readonly place: string;
  readonly atOnce = AT_ONCE;

  /** `place` is the folder in which `images` and `repositories` are. */
  constructor(place: string) {
    this.place = place;
  }

  async *repositories(): AsyncGenerator<FoundRepository> {
    const root = join(this.place, 'repositories');
    for (const namespace of await foldersOf(root)) {
      for (const name of await foldersOf(join(root, namespace))) {
        yield await readRepository(join(root, namespace, name), named(namespace, name));
      }
    }
  }

  async *images(): AsyncGenerator<string> {
    for (const id of await foldersOf(join(this.place, 'images'))) if (isImageId(id)) yield id;
  }

  async image(id: string): Promise<FoundImage> {
    if (!(await isThere(this.#path(id)))) throw new BrokenError('it is not there');
    if (await isThere(this.#path(id, '_inprogress'))) {
      throw new BrokenError('its upload never ended (it has _inprogress)');
    }
    const parent = parentIn(id, await this.json(id));
    const size = await lengthOf(this.#path(id, 'layer'), 'its layer');
    if (size === 0) throw new BrokenError('its layer has 0 bytes');
    return { parent, size };
  }

  json(id: string): Promise<Buffer> {
    return readShort(this.#path(id, 'json'), LONGEST_JSON, 'its json');
  }

  async openLayer(id: string): Promise<OpenedLayer> {
    const layer = await findLong(this.#path(id, 'layer'), 'its layer');
    return { ...layer, payloads: await this.#payloads(id) };
  }

  /** Empty where the file is missing or can't be read: then the layer itself is looked through. */
  async #payloads(id: string): Promise<readonly string[]> {
    try {
      const sums = await readIfThere(this.#path(id, '_checksum'), LONGEST_SUMS, '_checksum');
      return sums === undefined ? [] : parsePayloads(sums);
    } catch (error) {
      reasonOf(error);
      return [];
    }
  }

  async close(): Promise<void> {}

  #path(id: string, file = ''): string {
    if (!isImageId(id)) throw new BrokenError(`${quote(id)} is not an image id`);
    return join(this.place, 'images', id, file);
  }
}

/** The folders in a folder; files beside them, such as `.DS_Store`, are nobody's. */
async function foldersOf(path: string): Promise<string[]> {
  const entries = await entriesOf(path);
  return entries.filter(({ isFolder }) => isFolder).map(({ name }) => name);
}

/** The names of folders went through Python's `quote_plus`, and one with a slash in it twice. */
function named(...folders: readonly string[]): string {
  return folders.map((folder) => unquoted(unquoted(folder))).join('/');
}

function unquoted(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

async function readRepository(path: string, name: string): Promise<FoundRepository> {
  const faults: FoundFault[] = [];
  const tags: FoundTag[] = [];
  let listed: readonly string[] = [];
  try {
    for (const { name: file, isFolder } of await entriesOf(path)) {
      const tag = isFolder ? undefined : /^tag_(.+)$/s.exec(file)?.[1];
      if (tag === undefined) continue;
      const found = await readTag(path, tag).catch((error) => ({ tag, reason: reasonOf(error) }));
      if (found === undefined) continue;
      if ('reason' in found) faults.push(found);
      else tags.push(found);
    }
    listed = await readListed(path);
  } catch (error) {
    faults.push({ reason: reasonOf(error) });
  }
  return { name, isPrivate: await isThere(join(path, '_private')), tags, listed, faults };
}

/** Undefined for a file that belongs to another tag: `tag_x_json` may say more of the tag `_x`. */
async function readTag(path: string, tag: string): Promise<FoundTag | undefined> {
  const text = (await readShort(join(path, `tag_${tag}`), LONGEST_TAG, 'its file')).toString();
  if (tag.endsWith('_json') && text.trimStart().startsWith('{')) return undefined;
  const image = text.trim();
  if (!isImageId(image)) throw new BrokenError(`it names no image, but ${quote(image)}`);
  const details =
    (await readIfThere(join(path, `tag${tag}_json`), LONGEST_TAG, 'it')) ??
    (tag === 'latest' ? await readIfThere(join(path, 'json'), LONGEST_TAG, 'it') : undefined);
  return { tag, image, ...parseTagDetails(details) };
}

async function readListed(path: string): Promise<readonly string[]> {
  const list = await readIfThere(join(path, '_index_images'), LONGEST_LIST, '_index_images');
  return list === undefined ? [] : parseListed(list, '_index_images');
}
