import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { entriesOf } from '../images/tar-reader.js';
import type { Graph } from '../store/graph.js';
import type { Draft, DraftEntry } from './draft.js';
import { fileOf } from './draft.js';

/** A file of a lower layer is not larger than this where a command changes it, in bytes. */
const LARGEST_FILE = 16 * 1024 * 1024;

/** What a lower layer has at a path. */
type Below = DraftEntry | undefined;

/** The files of an image as a step of a build sees them, with what the step has changed so far. */
export class RootFiles {
  readonly draft: Draft;
  readonly #graph: Graph;
  readonly #top: string | undefined;

  /** @param top the stored image that the step is made on; none is an empty one */
  constructor(graph: Graph, top: string | undefined, draft: Draft) {
    this.#graph = graph;
    this.#top = top;
    this.draft = draft;
  }

  /** What is at a path; undefined if nothing is. */
  async find(path: string): Promise<Exclude<DraftEntry, { kind: 'gone' }> | undefined> {
    if (path === '') return { kind: 'folder', mode: 0o755 };
    const own = this.draft.get(path);
    const found = own ?? (await this.#below(path));
    return found?.kind === 'gone' ? undefined : found;
  }

  /** Removes a path. */
  async remove(path: string): Promise<void> {
    this.draft.forget(path);
    if ((await this.#below(path)) !== undefined) {
      this.draft.putFolders(path);
      this.draft.put(path, { kind: 'gone' });
    }
  }

  async #below(path: string): Promise<Below> {
    for (const { layer } of this.#top === undefined ? [] : this.#graph.chain(this.#top)) {
      const found = await this.#inLayer(this.#graph.layer(layer).tar(), path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #inLayer(tar: AsyncIterable<Buffer>, path: string): Promise<Below> {
    const slash = path.lastIndexOf('/') + 1;
    const gone = `${path.slice(0, slash)}.wh.${path.slice(slash)}`;
    let found: Below;
    for await (const entry of entriesOf(tar)) {
      const name = entry.name.replace(/^\.\//, '').replace(/\/$/, '');
      if (name === gone) found = { kind: 'gone' };
      if (name.startsWith(`${path}/`)) found ??= { kind: 'folder', mode: 0o755 };
      if (name !== path) continue;
      if (entry.type === '5') found = { kind: 'folder', mode: entry.mode & 0o7777 };
      if (entry.type === '2') found = { kind: 'link', target: entry.link };
      if (entry.type === '0' && entry.size <= LARGEST_FILE) {
        const content = await buffer(Readable.from(entry.content));
        found = fileOf(content, entry.mode & 0o7777);
      }
    }
    return found;
  }
}
