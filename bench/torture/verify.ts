import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { basic, type Client, type Sent } from './client.js';
import { layerOf, sha256, type TortureImage } from './images.js';
import {
  authOf,
  type PersonRecord,
  type RepositoryRecord,
  type RepositoryState,
} from './ledger.js';
import type { ModernImage } from './modern.js';

/** Where a lie of the hub is reported: what it had acknowledged, and what there is. */
export type Complain = (violation: string) => void;

/**
 * Holds what a hub says over HTTP against what it has acknowledged, and settles what was left open by
 * answers that never came.
 */
export class Verifier {
  readonly #client: Client;
  readonly #folder: string;
  readonly #complain: Complain;
  looks = 0;

  constructor(client: Client, folder: string, complain: Complain) {
    this.#client = client;
    this.#folder = folder;
    this.#complain = complain;
  }

  /** `isThorough`: the bytes of all images, not only of those whose push was cut off. */
  async verify(person: PersonRecord, isThorough: boolean): Promise<void> {
    await this.#verifyPassword(person);
    if (person.password.value === undefined) return;
    for (const repository of person.repositories) {
      await this.#verifyRepository(repository, isThorough);
    }
  }

  async #verifyPassword({ name, password }: PersonRecord): Promise<void> {
    const passwords = new Set(password.possible.filter((each) => each !== undefined));
    const right: string[] = [];
    for (const each of passwords) {
      if ((await this.#status('GET /v1/users/', { auth: basic(name, each) })) === 200)
        right.push(each);
    }
    if (right.length > 1) this.#complain(`${name} logs in with ${right.length} passwords`);
    const before = password.possible.join(' or ');
    if (!password.see(right[0])) this.#complain(`${name} does not log in with ${before}`);
  }

  async #verifyRepository(repository: RepositoryRecord, isThorough: boolean): Promise<void> {
    const { full, state } = repository;
    const actual = await this.#stateOf(repository);
    const before = state.possible.join(' or ');
    if (!state.see(actual)) this.#complain(`${full} is ${actual} and should be ${before}`);
    if (actual !== 'live') return repository.forgetContent();
    await this.#verifyList(repository);
    await this.#verifyTags(repository);
    for (const image of [...repository.images.values()]) {
      const fact = repository.heldFact(image.id);
      if (fact.isSettled && (!fact.value || !isThorough)) continue;
      const isHere = await this.#isReadable(repository, image);
      if (!fact.see(isHere)) this.#complain(`${full} has lost the image ${image.id}`);
      if (isHere) await this.#verifyImage(repository, image);
    }
    for (const { image, here } of [...repository.modern.values()]) {
      const isHere = await this.#isThere(repository, image);
      if (!here.see(isHere)) this.#complain(`${repository.full} has lost ${image.manifest.digest}`);
      if (isHere && isThorough) await this.#verifyModern(repository, image);
    }
  }

  /** Over HTTP a repository that is half deleted is not there; its document tells. */
  async #stateOf({ full, owner }: RepositoryRecord): Promise<RepositoryState> {
    const status = await this.#status(`GET /v1/repositories/${full}/images`, {
      auth: authOf(owner),
    });
    if (status === 200) return 'live';
    if (status !== 404) this.#complain(`GET the images of ${full}: ${status}`);
    const path = join(this.#folder, 'repositories', `${full}.json`);
    if (!existsSync(path)) return 'none';
    const { deletion } = JSON.parse(readFileSync(path, 'utf8')) as { deletion?: object };
    if (deletion === undefined) this.#complain(`${full} has a document and is answered 404`);
    return 'hidden';
  }

  async #verifyList({ full, owner, listed }: RepositoryRecord): Promise<void> {
    const entries = await this.#json(`GET /v1/repositories/${full}/images`, {
      auth: authOf(owner),
    });
    const ids = new Set((entries as { id: string }[]).map(({ id }) => id));
    for (const id of listed) if (!ids.has(id)) this.#complain(`${full} does not list ${id}`);
  }

  async #verifyTags(repository: RepositoryRecord): Promise<void> {
    const { full, owner } = repository;
    const line = `GET /v1/repositories/${full}/tags`;
    const tags = (await this.#json(line, { auth: authOf(owner) })) as Record<string, string>;
    for (const tag of new Set([...repository.tags.keys(), ...Object.keys(tags)])) {
      const fact = repository.tagFact(tag);
      const before = fact.possible.join(' or ');
      if (fact.see(tags[tag])) continue;
      this.#complain(`the tag ${tag} of ${full} is ${tags[tag]} and should be ${before}`);
    }
  }

  async #isReadable({ owner }: RepositoryRecord, { id }: TortureImage): Promise<boolean> {
    const status = await this.#status(`GET /v1/images/${id}/json`, { auth: authOf(owner) });
    if (![200, 400, 404].includes(status)) this.#complain(`GET the json of ${id}: ${status}`);
    return status === 200;
  }

  async #verifyImage({ owner }: RepositoryRecord, image: TortureImage): Promise<void> {
    const { id, json, payload, ancestry } = image;
    const auth = authOf(owner);
    const stored = await this.#client.expect(200, `GET /v1/images/${id}/json`, { auth });
    if (!stored.body.equals(json)) this.#complain(`the json of ${id} is another`);
    const layer = await this.#client.expect(200, `GET /v1/images/${id}/layer`, { auth });
    const sum = sha256(Buffer.concat([json, Buffer.from('\n'), layer.body])).toString('hex');
    if (`sha256:${sum}` !== payload || !layer.body.equals(layerOf(image))) {
      this.#complain(`the layer of ${id} is torn`);
    }
    const chain = await this.#json(`GET /v1/images/${id}/ancestry`, { auth });
    if (JSON.stringify(chain) !== JSON.stringify(ancestry)) {
      this.#complain(`the ancestry of ${id} is another`);
    }
    this.looks += 3;
  }

  async #isThere({ full, owner }: RepositoryRecord, { manifest }: ModernImage): Promise<boolean> {
    const line = `GET /v2/${full}/manifests/${manifest.digest}`;
    const { status, body } = await this.#client.send(line, { auth: authOf(owner) });
    if (![200, 404].includes(status)) this.#complain(`${line}: ${status}`);
    if (status === 200 && !body.equals(manifest.bytes)) this.#complain(`${line} is torn`);
    this.looks += 1;
    return status === 200;
  }

  /** Over v2, and over v1, where it is made if it was not before. */
  async #verifyModern({ full, owner }: RepositoryRecord, image: ModernImage): Promise<void> {
    const auth = authOf(owner);
    for (const { digest, bytes } of [...image.layers, image.config]) {
      const found = await this.#client.expect(200, `GET /v2/${full}/blobs/${digest}`, { auth });
      if (!found.body.equals(bytes)) this.#complain(`the blob ${digest} of ${full} is torn`);
    }
    const [id] = image.ancestry;
    const chain = await this.#json(`GET /v1/images/${id}/ancestry`, { auth });
    if (JSON.stringify(chain) !== JSON.stringify(image.ancestry)) {
      this.#complain(`the ancestry of ${id} is another`);
    }
    for (const [index, { bytes }] of image.layers.toReversed().entries()) {
      const line = `GET /v1/images/${image.ancestry[index]}/layer`;
      const layer = await this.#client.expect(200, line, { auth });
      if (!layer.body.equals(bytes)) this.#complain(`${line} is torn`);
    }
    this.looks += 2 * image.layers.length + 1;
  }

  async #status(line: string, sent: Sent): Promise<number> {
    this.looks += 1;
    return (await this.#client.send(line, sent)).status;
  }

  async #json(line: string, sent: Sent): Promise<unknown> {
    this.looks += 1;
    return JSON.parse((await this.#client.expect(200, line, sent)).body.toString());
  }
}
