import type { UploadDocument } from '../../storage/documents/documents.js';
import { uploadKey } from '../../storage/documents/shapes.js';
import type { Caller } from '../access/access.js';
import { timestamp } from '../clock.js';
import { errors } from '../errors.js';
import { MOST_ANCESTORS, parseImageJson } from './image-json.js';
import { filesOf } from './spare-layers.js';
import type { UploadParts } from './upload-ending.js';
import type { Target, UploadTargets } from './upload-targets.js';

/** How an upload begins: with the json of its image (protocol.md §3). */
export class UploadBeginning {
  readonly #options: UploadParts;
  readonly #targets: UploadTargets;

  constructor(options: UploadParts, targets: UploadTargets) {
    this.#options = options;
    this.#targets = targets;
  }

  /** As `Uploads.putJson`, for a caller who may write. */
  async begin(caller: Caller, id: string, bytes: Uint8Array): Promise<void> {
    const { parent } = parseImageJson(id, bytes);
    const target = this.#targets.find(caller, id);
    if (target === undefined) throw errors.imageNotListed();
    const ancestry = [id, ...this.#parentAncestry(target, parent)];
    if (ancestry.length > MOST_ANCESTORS) throw errors.ancestryTooLong(MOST_ANCESTORS);
    if (this.#targets.isHere(target, id)) {
      await this.#options.repositories.hold(target, { ids: [id] });
      throw errors.imageExists();
    }
    await this.#options.turns.take(target.key, () => this.#write(target, id, ancestry, bytes));
  }

  #parentAncestry(target: Target, parent: string | undefined): readonly string[] {
    if (parent === undefined) return [];
    const fault = this.#targets.faultOfParent(target, parent);
    if (fault !== undefined) throw fault;
    const { holders, uploads } = this.#options;
    const known = holders.isOpenTo(target.pusher, parent)
      ? holders.complete(parent)
      : uploads.get(uploadKey(parent, target.name.full));
    return known?.ancestry ?? [parent];
  }

  async #write(
    target: Target,
    id: string,
    ancestry: readonly string[],
    bytes: Uint8Array,
  ): Promise<void> {
    const { uploads, library, holders } = this.#options;
    const { name, key, generation } = target;
    const before = uploads.get(key);
    // What was sent to an earlier repository of this name does not belong to this push.
    const joined = before?.generation === generation ? before : undefined;
    await this.#join(target, id, { ancestry, bytes, joined });
    if (before !== undefined && joined === undefined) {
      await library.removeUnusedFiles(id, library.takeFilesOf(before));
    }
    // If somebody deleted the repository meanwhile, they did not see this upload.
    if (holders.isLive(name.full)) return;
    const begun = uploads.get(key);
    if (begun !== undefined) await library.dropUpload(begun);
    throw errors.repositoryMissing();
  }

  /** A second client joins the push; where its json differs from the first one's, both count. */
  async #join(
    { name, key, generation }: Target,
    id: string,
    {
      ancestry,
      bytes,
      joined,
    }: {
      readonly ancestry: readonly string[];
      readonly bytes: Uint8Array;
      readonly joined: UploadDocument | undefined;
    },
  ): Promise<void> {
    const { files, uploads, library, clock } = this.#options;
    const versions = joined === undefined ? [] : [joined, ...library.spares.of(key)];
    const started = timestamp(clock);
    const clients = (joined?.clients ?? 0) + 1;
    for (const { json } of joined === undefined ? [] : versions) {
      if (!(await files.readJson(id, json)).equals(bytes)) continue;
      await uploads.update(key, (current) => current && { ...current, clients, started });
      return;
    }
    const { file: json } = await files.writeJson(id, bytes);
    const owner = generation === undefined ? {} : { generation };
    const upload = { id, repository: name.full, ...owner, ancestry, json, clients, started };
    await library.unlessItFails(id, [json], () => uploads.update(key, () => upload));
    if (joined === undefined) return;
    const left = joined.clients > 0 ? library.spares.keep(key, joined) : versions;
    if (joined.clients === 0) library.spares.takeAll(key);
    await library.removeUnusedFiles(id, filesOf(left));
  }
}
