import { type Client, type Sent, tokenOf } from './client.js';
import { layerOf, layerSize, makeImage, type TortureImage } from './images.js';
import { authOf, type ModernPush, PersonRecord, type Push, RepositoryRecord } from './ledger.js';
import { ModernWriter } from './modern-writer.js';
import type { Random } from './random.js';

/** How many of each thing were acknowledged. */
export type Tally = Record<
  | 'accounts'
  | 'passwords'
  | 'pushes'
  | 'repeatedPushes'
  | 'modernPushes'
  | 'crossings'
  | 'images'
  | 'bytes'
  | 'tags'
  | 'deletions',
  number
>;

export function emptyTally(): Tally {
  return {
    accounts: 0,
    passwords: 0,
    pushes: 0,
    repeatedPushes: 0,
    modernPushes: 0,
    crossings: 0,
    images: 0,
    bytes: 0,
    tags: 0,
    deletions: 0,
  };
}

const MOST_PEOPLE = 4;
const MOST_REPOSITORIES = 3;
/** Images that all writers push, so that many repositories come and go over one image. */
const SHARED_IMAGES = 6;

/**
 * Somebody who registers, pushes, tags and deletes, one thing after the other, and writes down what
 * the hub acknowledges. Nobody else touches the same accounts, but all writers share some images.
 */
export class Writer {
  readonly people: PersonRecord[] = [];
  readonly #name: string;
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #modern: ModernWriter;
  #made = 0;

  constructor(name: string, random: Random, tally: Tally) {
    this.#name = name;
    this.#random = random;
    this.#tally = tally;
    this.#modern = new ModernWriter(name, random, tally);
  }

  /** Does one thing. Throws Gone when the hub dies over it, Unexpected when it refuses. */
  async act(client: Client): Promise<void> {
    const random = this.#random;
    const person = random.pick(this.people);
    if (person === undefined || (this.people.length < MOST_PEOPLE && random.chance(0.1))) {
      return this.#register(client);
    }
    if (person.password.value === undefined) return this.#registerAgain(client, person);
    if (random.chance(0.15)) return this.#changePassword(client, person);
    const repository = random.pick(person.repositories);
    const isRoom = person.repositories.length < MOST_REPOSITORIES;
    if (repository === undefined || (isRoom && random.chance(0.3))) {
      return this.#push(client, this.#newRepository(person));
    }
    await this.#actOn(client, repository);
  }

  /** Every push that was cut off. */
  unfinished(): RepositoryRecord[] {
    return this.people
      .flatMap(({ repositories }) => repositories)
      .filter((repository) => repository.unfinished !== undefined);
  }

  /** Pushes again what was cut off, to the end. */
  async repeat(client: Client, repository: RepositoryRecord): Promise<void> {
    if (repository.unfinished === undefined) return;
    await this.#carryOut(client, repository, repository.unfinished);
    this.#tally.repeatedPushes += 1;
  }

  async #actOn(client: Client, repository: RepositoryRecord): Promise<void> {
    const random = this.#random;
    if (repository.unfinished !== undefined) return this.repeat(client, repository);
    if (repository.state.value === 'hidden') {
      // A name that is half deleted can be deleted to the end, or taken again.
      return random.chance(0.7)
        ? this.#deleteLast(client, repository)
        : this.#push(client, repository);
    }
    if (repository.state.value === 'none') return this.#push(client, repository);
    const choice = random.next();
    if (choice < 0.5) return this.#push(client, repository);
    if (choice < 0.62) return this.#tag(client, repository);
    if (choice < 0.7) return this.#untag(client, repository);
    if (choice < 0.84) return this.#modern.act(client, repository);
    return this.#delete(client, repository);
  }

  async #register(client: Client): Promise<void> {
    const person = new PersonRecord(`${this.#name}p${this.people.length}`);
    this.people.push(person);
    await this.#registerAgain(client, person);
  }

  async #registerAgain(client: Client, person: PersonRecord): Promise<void> {
    const { name } = person;
    const password = this.#newPassword();
    const body = { username: name, password, email: `${name}@example.com` };
    await person.password.become(password, () => client.expect(201, 'POST /v1/users/', { body }));
    this.#tally.accounts += 1;
  }

  async #changePassword(client: Client, person: PersonRecord): Promise<void> {
    const auth = authOf(person);
    const password = this.#newPassword();
    const email = this.#random.chance(0.2) ? { email: `${password}@example.org` } : {};
    await person.password.become(password, () =>
      client.expect(204, `PUT /v1/users/${person.name}/`, { auth, body: { password, ...email } }),
    );
    this.#tally.passwords += 1;
  }

  async #push(client: Client, repository: RepositoryRecord): Promise<void> {
    const isModern = repository.state.value !== 'hidden' && this.#random.chance(0.4);
    const push = isModern
      ? this.#modern.newPush(repository, this.#newTag())
      : this.#newPush(repository);
    await this.#carryOut(client, repository, push);
  }

  async #carryOut(
    client: Client,
    repository: RepositoryRecord,
    push: Push | ModernPush,
  ): Promise<void> {
    repository.unfinished = push;
    if ('modern' in push) await this.#modern.carryOut(client, repository, push);
    else await this.#carryOutOld(client, repository, push);
    repository.unfinished = undefined;
  }

  /** The whole of a push as docker does it (clients.md, Push), from the step where it was left. */
  async #carryOutOld(
    client: Client,
    repository: RepositoryRecord,
    { images, tag }: Push,
  ): Promise<void> {
    const path = `/v1/repositories/${repository.full}`;
    const auth = authOf(repository.owner);
    const list = images.map(({ id }, place) =>
      place === images.length - 1 ? { id, Tag: tag } : { id },
    );
    const begun = await repository.state.become('live', () =>
      client.expect(200, `PUT ${path}/`, {
        auth,
        headers: { 'X-Docker-Token': 'true' },
        body: list,
      }),
    );
    for (const { id } of images) repository.listed.add(id);
    const token = tokenOf(begun);
    for (const image of images) await this.#bring(client, repository, token, image);
    const top = images.at(-1)?.id;
    await repository
      .tagFact(tag)
      .become(top, () => client.expect(200, `PUT ${path}/tags/${tag}`, { auth: token, body: top }));
    await client.expect(204, `PUT ${path}/images`, { auth, body: [] });
    this.#tally.pushes += 1;
  }

  /** Brings one image, unless the hub has it. */
  async #bring(
    client: Client,
    repository: RepositoryRecord,
    auth: string,
    image: TortureImage,
  ): Promise<void> {
    const { id, json, payload } = image;
    const held = repository.heldFact(id);
    repository.images.set(id, image);
    held.ask(true);
    const path = `/v1/images/${id}`;
    const known = await client.expect([200, 400, 404], `GET ${path}/json`, { auth });
    if (known.status === 200) return held.acknowledge();
    const begun = await client.expect([200, 409], `PUT ${path}/json`, { auth, body: json });
    // Another writer's push of the same image has ended meanwhile, and counts for this one too.
    if (begun.status === 409) return held.acknowledge();
    const layer: Sent = { auth, body: layerOf(image), pieces: this.#pieces() };
    await client.expect(200, `PUT ${path}/layer`, layer);
    const headers = { 'X-Docker-Checksum-Payload': payload };
    await client.expect(200, `PUT ${path}/checksum`, { auth, headers, body: Buffer.alloc(0) });
    held.acknowledge();
    this.#tally.images += 1;
    this.#tally.bytes += image.size;
  }

  async #tag(client: Client, repository: RepositoryRecord): Promise<void> {
    const image = this.#random.pick(repository.heldImages());
    if (image === undefined || !this.#isWhole(repository, image)) return;
    const tag = this.#newTag();
    const auth = authOf(repository.owner);
    await repository.tagFact(tag).become(image.id, () =>
      client.expect(200, `PUT /v1/repositories/${repository.full}/tags/${tag}`, {
        auth,
        body: image.id,
      }),
    );
    this.#tally.tags += 1;
  }

  /** A tag wants an image with all that it is built on. */
  #isWhole(repository: RepositoryRecord, { ancestry }: TortureImage): boolean {
    return ancestry.every((id) => repository.heldFact(id).value);
  }

  async #untag(client: Client, repository: RepositoryRecord): Promise<void> {
    const tags = [...repository.tags].filter(([, fact]) => fact.value !== undefined);
    const chosen = this.#random.pick(tags);
    if (chosen === undefined) return;
    const [tag, fact] = chosen;
    const auth = authOf(repository.owner);
    const { full } = repository;
    const [status, line] = this.#random.chance(0.5)
      ? ([200, `DELETE /v1/repositories/${full}/tags/${tag}`] as const)
      : ([202, `DELETE /v2/${full}/manifests/${tag}`] as const);
    await fact.become(undefined, () => client.expect(status, line, { auth }));
    this.#tally.tags += 1;
  }

  /** In two steps, or in the three of an index with a registry of its own (protocol.md §1.5). */
  async #delete(client: Client, repository: RepositoryRecord): Promise<void> {
    const path = `/v1/repositories/${repository.full}/`;
    const auth = authOf(repository.owner);
    const headers = { 'X-Docker-Token': 'true' };
    const begun = await repository.state.become('hidden', () =>
      client.expect(202, `DELETE ${path}`, { auth, headers }),
    );
    repository.forgetContent();
    if (this.#random.chance(0.4)) {
      await client.expect(200, `DELETE ${path}`, { auth: tokenOf(begun) });
    }
    if (this.#random.chance(0.8)) await this.#deleteLast(client, repository);
  }

  async #deleteLast(client: Client, repository: RepositoryRecord): Promise<void> {
    const auth = authOf(repository.owner);
    await repository.state.become('none', () =>
      client.expect(200, `DELETE /v1/repositories/${repository.full}/`, { auth }),
    );
    this.#tally.deletions += 1;
  }

  #newRepository(owner: PersonRecord): RepositoryRecord {
    const repository = new RepositoryRecord(owner, `r${owner.repositories.length}`);
    owner.repositories.push(repository);
    return repository;
  }

  /** One to three images: on a shared one, on one that is there, or on nothing. */
  #newPush(repository: RepositoryRecord): Push {
    const random = this.#random;
    const images = random.chance(0.4) ? [sharedImage(random)] : this.#parents(repository);
    for (let count = random.between(1, 2); count > 0; count -= 1) {
      this.#made += 1;
      images.push(makeImage(`${this.#name} ${this.#made}`, layerSize(random), images.at(-1)));
    }
    return { images, tag: this.#newTag() };
  }

  #parents(repository: RepositoryRecord): TortureImage[] {
    const parent = this.#random.pick(repository.heldImages());
    if (parent === undefined || !this.#isWhole(repository, parent)) return [];
    if (parent.ancestry.length > 20) return [];
    // docker lists and offers the whole chain again.
    return parent.ancestry
      .map((id) => repository.images.get(id))
      .filter((image) => image !== undefined)
      .reverse();
  }

  #newPassword(): string {
    this.#made += 1;
    return `secret-${this.#name}-${this.#made}`;
  }

  #newTag(): string {
    return this.#random.pick(['latest', 'v1', 'v2', 'stable', 'Edge']) ?? 'latest';
  }

  /** Now and then slowly, to be killed in the middle. */
  #pieces(): number {
    return this.#random.chance(0.3) ? this.#random.between(2, 12) : 1;
  }
}

function sharedImage(random: Random): TortureImage {
  const number = random.between(1, SHARED_IMAGES);
  return makeImage(`shared ${number}`, 1000 * number * number);
}
