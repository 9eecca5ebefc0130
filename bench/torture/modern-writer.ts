import type { Client } from './client.js';
import { authOf, type ModernPush, type RepositoryRecord } from './ledger.js';
import {
  type Blob,
  bringBlob,
  type ModernImage,
  makeModernImage,
  mountBlob,
  putManifest,
  type Way,
} from './modern.js';
import type { Random } from './random.js';
import type { Tally } from './writer.js';

/** Layers that all writers push, so that many repositories come and go over one blob. */
const SHARED_LAYERS = 4;
const WAYS: readonly Way[] = ['streamed', 'chunks', 'at once'];

/** What a writer does over v2: pushes, mounts, deletes by digest, and reads over each what came over the other. */
export class ModernWriter {
  readonly #name: string;
  readonly #random: Random;
  readonly #tally: Tally;
  #made = 0;

  constructor(name: string, random: Random, tally: Tally) {
    this.#name = name;
    this.#random = random;
    this.#tally = tally;
  }

  /** One to three layers, of which some are there already: in this repository, or in others. */
  newPush(repository: RepositoryRecord, tag: string): ModernPush {
    const known = this.#random.pick(repository.modernImages());
    if (known !== undefined && this.#random.chance(0.2)) return { modern: known, tag };
    const layers = Array.from({ length: this.#random.between(1, 3) }, () => this.#layer());
    this.#made += 1;
    return { modern: makeModernImage(`${this.#name} ${this.#made}`, layers), tag };
  }

  /** From the step where it was left. */
  async carryOut(
    client: Client,
    repository: RepositoryRecord,
    { modern, tag }: ModernPush,
  ): Promise<void> {
    const auth = authOf(repository.owner);
    const { state, full } = repository;
    const [first, ...others] = [modern.config, ...modern.layers] as const;
    await state.become('live', () => this.#bring(client, repository, first));
    for (const blob of others) await this.#bring(client, repository, blob);
    const [id] = modern.ancestry;
    await repository
      .modernFact(modern)
      .become(true, () =>
        repository.tagFact(tag).become(id, () => putManifest(client, full, auth, modern, tag)),
      );
    this.#tally.modernPushes += 1;
  }

  /** Anything but a push. */
  async act(client: Client, repository: RepositoryRecord): Promise<void> {
    const image = this.#random.pick(repository.modernImages());
    if (this.#random.chance(0.4)) return this.#readOld(client, repository);
    if (image === undefined) return;
    if (this.#random.chance(0.5)) return this.#readModern(client, repository, image);
    await this.#delete(client, repository, image);
  }

  /** What is tagged, from v1 or v2: noise can't go out over v2. */
  async #readOld(client: Client, { full, owner, tags }: RepositoryRecord): Promise<void> {
    const tagged = [...tags].filter(([, { value }]) => value !== undefined);
    const [tag] = this.#random.pick(tagged) ?? [];
    if (tag === undefined) return;
    const auth = authOf(owner);
    await client.expect([200, 404], `GET /v2/${full}/manifests/${tag}`, { auth });
    this.#tally.crossings += 1;
  }

  async #readModern(
    client: Client,
    { owner }: RepositoryRecord,
    { ancestry }: ModernImage,
  ): Promise<void> {
    await client.expect(200, `GET /v1/images/${ancestry[0]}/ancestry`, { auth: authOf(owner) });
    this.#tally.crossings += 1;
  }

  /** All tags that name it go with it. */
  async #delete(client: Client, repository: RepositoryRecord, image: ModernImage): Promise<void> {
    const { full, owner, tags } = repository;
    const { digest } = image.manifest;
    const naming = [...tags.values()].filter(({ value }) => value === image.ancestry[0]);
    for (const fact of naming) fact.ask(undefined);
    await repository
      .modernFact(image)
      .become(false, () =>
        client.expect(202, `DELETE /v2/${full}/manifests/${digest}`, { auth: authOf(owner) }),
      );
    for (const fact of naming) fact.acknowledge();
    this.#tally.deletions += 1;
  }

  async #bring(client: Client, { full, owner }: RepositoryRecord, blob: Blob): Promise<void> {
    const auth = authOf(owner);
    const others = owner.repositories.filter((each) =>
      each.modernImages().some(({ layers }) => layers.some(({ digest }) => digest === blob.digest)),
    );
    const from = this.#random.pick(others)?.full;
    if (from !== undefined && (await mountBlob(client, full, auth, blob, from))) return;
    await bringBlob(client, full, auth, blob, this.#random.pick(WAYS));
    this.#tally.bytes += blob.bytes.length;
  }

  #layer(): { readonly name: string; readonly size: number } {
    const random = this.#random;
    if (random.chance(0.4)) {
      const number = random.between(1, SHARED_LAYERS);
      return { name: `shared-${number}`, size: 1000 * number * number };
    }
    this.#made += 1;
    const size = random.chance(0.1)
      ? random.between(500_000, 2_000_000)
      : random.between(0, 50_000);
    return { name: `${this.#name}-${this.#made}`, size };
  }
}
