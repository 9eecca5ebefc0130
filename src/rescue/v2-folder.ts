import { join } from 'node:path';
import { entriesOf, findLong, isThere, readShort } from './foreign-files.js';
import type { FoundFault, OpenedLayer } from './found.js';
import { BrokenError, quote, reasonOf } from './problems.js';
import {
  type FoundV2Repository,
  LONGEST_MANIFEST,
  type StoredManifest,
  type V2Source,
} from './v2-found.js';
import { digestLike, isDigest } from './v2-manifest.js';

const LONGEST_LINK = 256;
/** Many more than there are threads that read: what is durable is made so together, for all that wait. */
const AT_ONCE = 32;
/** How deep the folders of names may lie in each other. */
const MOST_PARTS = 32;

/**
 * The folder of a distribution 2.x, `docker/registry/v2` (rescue.md, "The folder of a distribution"):
 *
 * ```
 * blobs/sha256/<2 digits>/<64 digits>/data
 * repositories/<name…>/_manifests/revisions/sha256/<64 digits>/link
 * repositories/<name…>/_manifests/tags/<tag>/current/link
 * ```
 *
 * A link is a digest. What was deleted has no link, and its blobs may still be there.
 */
export class V2Folder implements V2Source {
  readonly api = 'v2';
  readonly kind = 'distribution folder';
  readonly place: string;
  readonly atOnce = AT_ONCE;

  /** `place` is the folder in which `blobs` and `repositories` are. */
  constructor(place: string) {
    this.place = place;
  }

  repositories(): AsyncIterable<FoundV2Repository> {
    return this.#below([]);
  }

  async manifest(name: string, digest: string): Promise<StoredManifest> {
    const link = join(this.#folderOf(name), '_manifests', 'revisions', pathOf(digest), 'link');
    if (!(await isThere(link))) throw new BrokenError('its manifest was deleted');
    const bytes = await readShort(this.#blob(digest), LONGEST_MANIFEST, 'its manifest');
    if (digestLike(digest, bytes) !== digest) throw new BrokenError('its manifest is damaged');
    return { bytes, mediaType: '' };
  }

  openBlob(_name: string, digest: string): Promise<OpenedLayer> {
    return findLong(this.#blob(digest), `blob ${short(digest)}`);
  }

  async close(): Promise<void> {}

  /** A name is any depth of folders, until one that begins with `_`. */
  async *#below(parts: readonly string[]): AsyncGenerator<FoundV2Repository> {
    if (parts.length > MOST_PARTS) return;
    const entries = await entriesOf(join(this.place, 'repositories', ...parts));
    const folders = entries.filter(({ isFolder }) => isFolder).map(({ name }) => name);
    if (folders.includes('_manifests')) yield await this.#read(parts.join('/'));
    for (const name of folders) if (!name.startsWith('_')) yield* this.#below([...parts, name]);
  }

  async #read(name: string): Promise<FoundV2Repository> {
    const faults: FoundFault[] = [];
    const tags: { tag: string; digest: string }[] = [];
    let revisions: string[] = [];
    try {
      const root = join(this.#folderOf(name), '_manifests');
      for (const { name: tag, isFolder } of await entriesOf(join(root, 'tags'))) {
        if (!isFolder) continue;
        try {
          tags.push({ tag, digest: await readLink(join(root, 'tags', tag, 'current', 'link')) });
        } catch (error) {
          faults.push({ tag, reason: reasonOf(error) });
        }
      }
      revisions = await revisionsIn(join(root, 'revisions'));
    } catch (error) {
      faults.push({ reason: reasonOf(error) });
    }
    return { name, tags, revisions, faults };
  }

  #folderOf(name: string): string {
    return join(this.place, 'repositories', ...name.split('/'));
  }

  #blob(digest: string): string {
    const [algorithm = '', hex = ''] = digest.split(':');
    return join(this.place, 'blobs', algorithm, hex.slice(0, 2), hex, 'data');
  }
}

/** A digest as messages show it. */
export function short(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}

function pathOf(digest: string): string {
  if (!isDigest(digest)) throw new BrokenError(`${quote(digest)} is not a digest`);
  return digest.replace(':', '/');
}

async function readLink(path: string): Promise<string> {
  const digest = (await readShort(path, LONGEST_LINK, 'its link')).toString().trim();
  if (!isDigest(digest)) throw new BrokenError(`it names no manifest, but ${quote(digest)}`);
  return digest;
}

/** Digests that have a link. */
async function revisionsIn(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name: algorithm } of await entriesOf(root)) {
    for (const { name: hex, isFolder } of await entriesOf(join(root, algorithm))) {
      const digest = `${algorithm}:${hex}`;
      if (!isFolder || !isDigest(digest)) continue;
      if (await isThere(join(root, algorithm, hex, 'link'))) found.push(digest);
    }
  }
  return found;
}
