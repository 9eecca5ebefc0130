/*
 * Plays the steps of clients of today, to the hub and to the rules of today.ts.
 */
import assert from 'node:assert/strict';
import type { Header, WireAnswer } from '../fuzz/client.js';
import { digestOf, type ModernImage } from '../modern-docker/images.js';
import { makeTodayPool } from './pool.js';
import type { Expected, HubModel } from './rules.js';
import type { Step } from './steps.js';
import { nameOf, pushedOf, type ScopedToken, TodayModel, type WhoToday } from './today.js';

/** A step of a client of today. */
export type StepToday = Extract<Step, { do: `v2 ${string}` }>;

/** A request as it goes out. */
export interface AskedToday {
  readonly method: string;
  readonly path: string;
  readonly who: WhoToday;
  readonly headers?: readonly Header[];
  readonly body?: Buffer;
}

/** Sends a request, and holds its answer against what is expected. */
export type Ask = (asked: AskedToday, expected: Expected) => Promise<WireAnswer>;

/** How many tokens are remembered. */
const MOST_TOKENS = 40;

/** The part of a game that clients of today play. */
export class GameToday {
  readonly #hub: HubModel;
  readonly #model: TodayModel;
  readonly #ask: Ask;
  readonly #pool: readonly ModernImage[] = makeTodayPool();
  readonly #blobs: readonly Buffer[];
  readonly #tokens: ScopedToken[] = [];
  /** The digest that an answer had last. */
  #seen = `sha256:${'0'.repeat(64)}`;

  constructor(hub: HubModel, ask: Ask) {
    this.#hub = hub;
    this.#model = new TodayModel(hub);
    this.#ask = ask;
    const all = this.#pool.flatMap(({ layers, config }) => [...layers, config]);
    this.#blobs = [...new Map(all.map(({ bytes }) => [digestOf(bytes), bytes])).values()];
  }

  /** The ids that its images have in v1. */
  get ids(): readonly string[] {
    return this.#pool.flatMap(({ id }) => (id === '' ? [] : [id]));
  }

  /** The newest token for a repository, or the newest at all. */
  tokenFor(full: string | undefined): ScopedToken | undefined {
    return this.#tokens.findLast(({ repository }) => repository === full) ?? this.#tokens.at(-1);
  }

  /** Whether there is a token for a repository. */
  hasToken(full: string): boolean {
    return this.#tokens.some(({ repository }) => repository === full);
  }

  /** Plays one step; resolves to what was expected. */
  async play(step: StepToday, who: WhoToday): Promise<Expected> {
    const full = step.repository;
    const path = `/v2/${nameOf(full)}`;
    switch (step.do) {
      case 'v2 token':
        return this.#token(who, full, step.actions);
      case 'v2 tags':
        return this.viewTags(who, full);
      case 'v2 get blob': {
        const bytes = this.#blob(step.blob);
        const expected = this.#model.blob(who, full, bytes);
        await this.#ask({ method: 'GET', path: `${path}/blobs/${digestOf(bytes)}`, who }, expected);
        return expected;
      }
      case 'v2 put blob': {
        const body = this.#blob(step.blob);
        const digest = digestOf(body);
        const expected = this.#model.putBlob(who, full, digest);
        const place = `${path}/blobs/uploads/?digest=${digest}`;
        await this.#ask({ method: 'POST', path: place, who, body }, expected);
        return expected;
      }
      case 'v2 mount':
        return this.#mount(who, full, step);
      case 'v2 put manifest': {
        const image = this.#image(step.manifest);
        const { bytes: body, mediaType, digest } = image.manifest;
        const expected = this.#model.putManifest(who, full, pushedOf(image), step.tag);
        const place = `${path}/manifests/${step.tag ?? digest}`;
        const headers: Header[] = [['Content-Type', mediaType]];
        await this.#ask({ method: 'PUT', path: place, who, headers, body }, expected);
        return expected;
      }
      case 'v2 delete manifest': {
        const reference = this.#reference(step.reference);
        const expected = this.#model.deleteManifest(who, full, reference);
        await this.#ask(
          { method: 'DELETE', path: `${path}/manifests/${reference}`, who },
          expected,
        );
        return expected;
      }
      case 'v2 get manifest':
        return this.#manifest(who, full, this.#reference(step.reference));
    }
  }

  /** What somebody sees of a repository's tags. */
  async viewTags(who: WhoToday, full: string): Promise<Expected> {
    const expected = this.#model.tags(who, full);
    await this.#ask({ method: 'GET', path: `/v2/${nameOf(full)}/tags/list`, who }, expected);
    return expected;
  }

  async #token(who: WhoToday, full: string, asked: ScopedToken['actions']): Promise<Expected> {
    const expected = this.#model.token(who, full, asked);
    const scope = `repository:${full}:${asked.join(',')}`;
    const path = `/v2/token?service=hub&scope=${scope}`;
    const { body } = await this.#ask({ method: 'GET', path, who }, { status: expected.status });
    if (!('actions' in expected) || expected.actions === undefined) return expected;
    const { token: text } = JSON.parse(body.toString()) as { token: string };
    const { actions, holder } = expected;
    const current = actions.length === 0 ? undefined : this.#hub.repositories.get(full);
    const [issued, of] = [this.#hub.now, current?.generation];
    this.#tokens.push({ text, holder, repository: full, actions, of, issued });
    if (this.#tokens.length > MOST_TOKENS) this.#tokens.shift();
    return expected;
  }

  async #mount(
    who: WhoToday,
    full: string,
    { blob, from }: Extract<StepToday, { do: 'v2 mount' }>,
  ): Promise<Expected> {
    const digest = digestOf(this.#blob(blob));
    const expected = this.#model.mount(who, full, digest, from);
    const path = `/v2/${nameOf(full)}/blobs/uploads/?mount=${digest}&from=${nameOf(from)}`;
    const { headers } = await this.#ask({ method: 'POST', path, who }, expected);
    const [place] = headers.location ?? [];
    if (expected.status === 202 && place !== undefined) {
      await this.#ask({ method: 'DELETE', path: place, who }, { status: 204 });
    }
    return expected;
  }

  async #manifest(who: WhoToday, full: string, reference: string): Promise<Expected> {
    const expected = this.#model.manifest(who, full, reference);
    const path = `/v2/${nameOf(full)}/manifests/${reference}`;
    const { headers, body } = await this.#ask(
      { method: 'GET', path, who },
      { status: expected.status },
    );
    if (expected.status !== 200) return expected;
    const [digest = ''] = headers['docker-content-digest'] ?? [];
    assert.equal(digestOf(body), digest);
    const known = 'digest' in expected ? expected.digest : undefined;
    assert.equal(digest, known ?? digest, `${path}: another manifest than the model has`);
    this.#seen = digest;
    if ('image' in expected && expected.image !== undefined) {
      const { config, layers } = JSON.parse(body.toString()) as {
        config: { digest: string };
        layers: { digest: string }[];
      };
      const named = [config, ...layers].map((each) => each.digest);
      this.#model.learn(full, expected.image, digest, named);
    }
    return expected;
  }

  #reference(spec: string | number): string {
    if (spec === 'seen') return this.#seen;
    return typeof spec === 'number' ? this.#image(spec).manifest.digest : spec;
  }

  #image(at: number): ModernImage {
    const image = this.#pool[at];
    if (image === undefined) throw new Error(`the pool has no image of today ${at}`);
    return image;
  }

  #blob(at: number): Buffer {
    const bytes = this.#blobs[at];
    if (bytes === undefined) throw new Error(`the pool has no blob ${at}`);
    return bytes;
  }
}
