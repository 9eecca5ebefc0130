/*
 * Plays steps to a hub and to the model of the rules at the same time, and compares.
 */
import { deepStrictEqual } from 'node:assert';
import type { AsyncCommand } from 'fast-check';
import type { Hub } from '../../../src/index.js';
import { checkAnswer } from '../contract.js';
import { type Header, type WireAnswer, WireClient } from '../fuzz/client.js';
import { basic } from '../fuzz/world.js';
import { type AskedToday, GameToday, type StepToday } from './play-today.js';
import { bareSum, makePool, PEOPLE, payloadSum, REPOSITORIES, tarsum } from './pool.js';
import {
  type Expected,
  type GivenToken,
  HubModel,
  type Listed,
  type Sums,
  type Who,
} from './rules.js';
import type { ImageSpec, ListSpec, Step, SumSpec, WhoSpec } from './steps.js';
import type { WhoToday } from './today.js';

/** A request as it goes out. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly who: Who;
  readonly headers?: readonly Header[];
  readonly body?: unknown;
}

/** What an answer said. */
interface Told {
  readonly status: number;
  readonly body: Buffer;
  readonly token: string | undefined;
}

/** Milliseconds between two steps. */
const PACE = 1000;
/** How many tokens are remembered. */
const MOST_TOKENS = 40;
/** What a view of everything is made by now and then, and of what was touched always. */
const VIEW_ALL_EVERY = 10;

/** Time that stands still between steps. */
export class StepClock {
  #now = Date.UTC(2015, 0, 1);

  now(): number {
    return this.#now;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/** The hub of one walk. */
export interface Real {
  readonly hub: Hub;
  readonly clock: StepClock;
}

/** A hub and the model, played to side by side. */
export class Game {
  readonly #real: Real;
  readonly #client: WireClient;
  readonly #model = new HubModel();
  readonly #pool = makePool();
  readonly #tokens: GivenToken[] = [];
  readonly #today = new GameToday(this.#model, (asked, expected) =>
    this.#askToday(asked, expected),
  );
  readonly #former = new Map<string, string>();
  readonly #tally: Map<string, number>;
  #steps = 0;

  /** `tally` counts what was done and how it was answered. */
  constructor(real: Real, tally: Map<string, number>) {
    this.#real = real;
    this.#tally = tally;
    this.#client = new WireClient(real.hub.url);
    for (const person of PEOPLE) this.#model.addUser({ ...person });
  }

  /** How many steps were played. */
  get steps(): number {
    return this.#steps;
  }

  close(): void {
    this.#client.close();
  }

  /** Plays one step. Throws when hub and model disagree, at once or about what can be seen then. */
  async play(step: Step): Promise<void> {
    if (!this.#isClear(step)) return;
    this.#steps += 1;
    this.#real.clock.advance(PACE);
    this.#model.now = this.#real.clock.now();
    await this.#do(step);
    await this.#compareViews('repository' in step ? [step.repository] : []);
  }

  /** Everything that anybody sees, compared once more. */
  async finish(): Promise<void> {
    await this.#compareViews(REPOSITORIES);
  }

  /** Where several of an account's repositories list an image, no document says which one is meant. */
  #isClear(step: Step): boolean {
    if (!('sent' in step)) return true;
    const { id } = this.#image(step.sent.image);
    return this.#model.countTargets(this.#who(step.who, step.repository), id) <= 1;
  }

  async #do(step: Step): Promise<void> {
    const model = this.#model;
    switch (step.do) {
      case 'activate':
      case 'deactivate': {
        if (!model.users.has(step.username)) return;
        await this.#real.hub.users[step.do](step.username);
        return model.setActive(step.username, step.do === 'activate');
      }
      case 'wait':
        return this.#real.clock.advance(step.seconds * 1000);
      case 'register': {
        const { username, password, email } = step;
        const body = { username, password, email };
        const asked = { method: 'POST', path: '/v1/users/', who: ANYBODY, body };
        const expected = model.register(username, password, email);
        this.#count(step.do, expected);
        return this.#compare(asked, expected);
      }
      case 'search':
        return this.#compareSearch();
      default:
        if (isOfToday(step)) return this.#doToday(step);
        return this.#doAs(step, this.#who(step.who, step.repository));
    }
  }

  async #doToday(step: StepToday): Promise<void> {
    this.#count(step.do, await this.#today.play(step, this.#whoToday(step.who, step.repository)));
  }

  async #doAs(step: Exclude<Extract<Step, { who: WhoSpec }>, StepToday>, who: Who): Promise<void> {
    const model = this.#model;
    const full = step.repository;
    const path = `/v1/repositories/${full}`;
    const ask = (method: string, at: string, expected: Expected, rest: Partial<Asked> = {}) => {
      this.#count(step.do, expected);
      return this.#compare({ method, path: at, who, ...rest }, expected, full);
    };
    switch (step.do) {
      case 'log in':
        return ask('GET', '/v1/users/', model.login(who));
      case 'update user': {
        const { username, password, email } = step;
        const body = {
          ...(password === undefined ? {} : { password }),
          ...(email === undefined ? {} : { email }),
        };
        const former = model.users.get(username)?.password;
        const expected = model.updateUser(who, username, body);
        if (expected.status === 204 && former !== undefined) this.#former.set(username, former);
        return ask('PUT', `/v1/users/${username}/`, expected, { body });
      }
      case 'put repository': {
        const list = this.#list(step.list);
        const expected = model.putRepository(who, full, list, step.token);
        return ask('PUT', `${path}/`, expected, { ...wanting(step), body: list ?? [1] });
      }
      case 'put images': {
        const list = this.#list(step.list);
        return ask('PUT', `${path}/images`, model.putImages(who, full, list), { body: list ?? {} });
      }
      case 'get images':
        return ask('GET', `${path}/images`, model.getImages(who, full, step.token), wanting(step));
      case 'delete images': {
        const expected = model.deleteImages(who, full, step.token);
        return ask('DELETE', `${path}/images`, expected, wanting(step));
      }
      case 'delete repository': {
        const expected = model.deleteRepository(who, full, step.token);
        return ask('DELETE', `${path}/`, expected, wanting(step));
      }
      case 'delete tags':
        return ask('DELETE', `${path}/tags`, model.deleteTags(who, full));
      case 'put auth':
        return ask('PUT', `${path}/auth`, model.putAuth(who, full));
      case 'get properties':
        return ask('GET', `${path}/properties`, model.getProperties(who, full));
      case 'put properties': {
        const { access } = step;
        const expected = model.putProperties(who, full, access);
        return ask('PUT', `${path}/properties`, expected, { body: { access } });
      }
      case 'layer access': {
        const { id } = this.#image(step.image);
        return ask('GET', `${path}/layer/${id}/access`, model.layerAccess(who, full, id));
      }
      case 'get tags':
        return ask('GET', `${path}/tags`, model.getTags(who, full));
      case 'get tag':
        return ask('GET', `${path}/tags/${step.tag}`, model.getTag(who, full, step.tag));
      case 'delete tag':
        return ask('DELETE', `${path}/tags/${step.tag}`, model.deleteTag(who, full, step.tag));
      case 'put tag': {
        const id =
          this.#pool[step.image]?.id ?? this.#today.ids[step.image - this.#pool.length] ?? '';
        const expected = model.putTag(who, full, step.tag, id);
        return ask('PUT', `${path}/tags/${step.tag}`, expected, { body: id });
      }
      default:
        return this.#doWithImage(step, who, ask);
    }
  }

  #doWithImage(
    step: Extract<Step, { do: 'put json' | 'put layer' | 'put checksum' | 'get image' }>,
    who: Who,
    ask: (method: string, at: string, expected: Expected, rest?: Partial<Asked>) => Promise<void>,
  ): Promise<void> {
    const model = this.#model;
    const image = 'sent' in step ? step.sent.image : step.image;
    const { id } = this.#image(image);
    const path = `/v1/images/${id}`;
    switch (step.do) {
      case 'put json': {
        const bytes = this.#bytes(step.sent);
        return ask('PUT', `${path}/json`, model.putJson(who, id, bytes), { body: bytes.json });
      }
      case 'put layer': {
        const { layer } = this.#bytes(step.sent);
        return ask('PUT', `${path}/layer`, model.putLayer(who, id, layer), { body: layer });
      }
      case 'put checksum': {
        const sums = this.#sums(step.sent, step.sum);
        const headers = sumHeaders(sums);
        return ask('PUT', `${path}/checksum`, model.putChecksum(who, id, sums), { headers });
      }
      case 'get image':
        return ask('GET', `${path}/${step.part}`, model.getImage(who, id, step.part));
    }
  }

  #count(what: Step['do'], { status }: Expected): void {
    const kind = `${what} ${status}`;
    this.#tally.set(kind, (this.#tally.get(kind) ?? 0) + 1);
  }

  // What steps stand for.

  #who(spec: WhoSpec, full: string): Who {
    switch (spec.as) {
      case 'anonymous':
        return ANYBODY;
      case 'owner': {
        const [namespace = ''] = full.split('/');
        return this.#login(namespace === 'library' ? 'warden' : namespace, 'right');
      }
      case 'login':
        return this.#login(spec.username, spec.password);
      case 'token': {
        const own = this.#tokens.findLast(
          ({ repository, access }) => repository === full && access === spec.access,
        );
        if (own === undefined && spec.access === 'write') return this.#who({ as: 'owner' }, full);
        return { kind: 'token', token: own ?? this.#tokens.at(-1) ?? NO_TOKEN };
      }
      case 'any token': {
        const token = this.#tokens.at(-1 - spec.back) ?? NO_TOKEN;
        return { kind: 'token', token: spec.flipped ? flip(token) : token };
      }
    }
  }

  /** The same over v2, where tokens are others. */
  #whoToday(spec: WhoSpec, full: string): WhoToday {
    if (spec.as === 'token' || spec.as === 'any token') {
      const wanted = spec.as === 'token' ? full : undefined;
      const token = this.#today.tokenFor(wanted);
      const isOwn = spec.as === 'any token' || this.#today.hasToken(full);
      return token !== undefined && isOwn
        ? { kind: 'bearer', token }
        : this.#whoToday({ as: 'owner' }, full);
    }
    const who = this.#who(spec, full);
    return who.kind === 'token' ? { kind: 'anonymous' } : who;
  }

  #login(username: string, which: 'right' | 'wrong' | 'former'): Who {
    const right = this.#model.users.get(username)?.password ?? 'nobody-1';
    const former = this.#former.get(username) ?? 'never-1';
    const password = { right, wrong: 'wrong-1', former }[which];
    return { kind: 'login', username, password };
  }

  #image(at: number) {
    const image = this.#pool[at];
    if (image === undefined) throw new Error(`the pool has no image ${at}`);
    return image;
  }

  #bytes({ image, json, layer }: ImageSpec) {
    const { jsons, layers } = this.#image(image);
    const [chosen, bytes] = [jsons[json], layers[layer]];
    if (chosen === undefined || bytes === undefined) throw new Error('the pool has no such bytes');
    return { ...chosen, layer: bytes };
  }

  #list(spec: readonly ListSpec[] | undefined): Listed[] | undefined {
    return spec?.map(({ image, tag, checksum }) => ({
      id: this.#image(image).id,
      ...(checksum === undefined ? {} : { checksum }),
      ...(tag === undefined ? {} : { Tag: tag }),
    }));
  }

  #sums(sent: ImageSpec, which: SumSpec): Sums {
    const { json, layer } = this.#bytes(sent);
    const none = `sha256:${'0'.repeat(64)}`;
    switch (which) {
      case 'payload':
        return { payload: payloadSum(json, layer) };
      case 'bare':
        return { payload: bareSum(layer) };
      case 'tarsum':
        return { tarsum: tarsum(json, layer) };
      case 'both':
        return { payload: payloadSum(json, layer), tarsum: tarsum(json, layer) };
      case 'payload and another tarsum':
        return { payload: payloadSum(json, layer), tarsum: `tarsum+${none}` };
      case 'other payload':
        return { payload: none };
      case 'other tarsum':
        return { tarsum: `tarsum+${none}` };
      case 'none':
        return {};
    }
  }

  // What is said, and what can be seen.

  async #askToday({ who, ...asked }: AskedToday, expected: Expected): Promise<WireAnswer> {
    const given = who.kind === 'bearer' ? `Bearer ${who.token.text}` : undefined;
    const header = given ?? (who.kind === 'login' ? authorization(who) : undefined);
    const credentials: Header[] = header === undefined ? [] : [['Authorization', header]];
    const { method, path, headers = [], body } = asked;
    const sent = { method, path, headers: [...credentials, ...headers], body: body && [body] };
    const answer = await this.#client.send(sent);
    if (answer === undefined) throw new Error(`${method} ${path}: no answer`);
    checkAnswer({ method, path, ...answer });
    const shown = `${method} ${path} as ${who.kind === 'bearer' ? given : showWho(who)}`;
    const said = { status: answer.status, body: answer.body.toString() };
    if (answer.status !== expected.status) {
      throw new Error(`${shown}: the model says ${show(expected)}, the hub ${show(said)}`);
    }
    if (expected.bytes !== undefined && !answer.body.equals(expected.bytes)) {
      throw new Error(`${shown}: other bytes than the model has`);
    }
    if (expected.body !== undefined) deepStrictEqual(JSON.parse(said.body), expected.body, shown);
    return answer;
  }

  async #compare(asked: Asked, expected: Expected, full?: string): Promise<void> {
    const told = await this.#tell(asked);
    const shown = `${asked.method} ${asked.path} as ${showWho(asked.who)}`;
    const said = { status: told.status, body: told.body.toString() };
    if (told.status !== expected.status) {
      throw new Error(`${shown}: the model says ${show(expected)}, the hub ${show(said)}`);
    }
    if (expected.bytes !== undefined && !told.body.equals(expected.bytes)) {
      throw new Error(`${shown}: other bytes than the model has`);
    }
    if (expected.body !== undefined) {
      const body: unknown = JSON.parse(said.body);
      deepStrictEqual(body, expected.body, `${shown}: ${show(said)}, not ${show(expected)}`);
    }
    if ((told.token !== undefined) !== (expected.token !== undefined)) {
      throw new Error(`${shown}: the token is ${told.token}, the model says ${expected.token}`);
    }
    if (full === undefined || told.token === undefined || expected.token === undefined) return;
    this.#tokens.push({
      text: told.token,
      repository: full,
      access: expected.token,
      of: this.#model.repositories.get(full)?.generation,
      issued: this.#real.clock.now(),
    });
    if (this.#tokens.length > MOST_TOKENS) this.#tokens.shift();
  }

  async #tell({ method, path, who, headers = [], body }: Asked): Promise<Told> {
    const credentials: Header[] =
      who.kind === 'anonymous' ? [] : [['Authorization', authorization(who)]];
    const bytes = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const answer = await this.#client.send({
      method,
      path,
      headers: [...credentials, ...headers, ...(bytes === undefined ? [] : [JSON_TYPE])],
      body: bytes === undefined ? undefined : [Buffer.from(bytes)],
    });
    if (answer === undefined) throw new Error(`${method} ${path}: no answer`);
    checkAnswer({ method, path, ...answer });
    return { status: answer.status, body: answer.body, token: tokenOf(answer) };
  }

  async #compareSearch(): Promise<void> {
    const { body } = await this.#tell({ method: 'GET', path: '/v1/search?n=100', who: ANYBODY });
    const { results } = JSON.parse(body.toString()) as { results: { name: string }[] };
    const names = results.map(({ name }) => name);
    deepStrictEqual(names, this.#model.search().body, 'a search finds something else');
  }

  /** What everybody sees of the repositories, of all of them now and then, and of the images. */
  async #compareViews(touched: readonly string[]): Promise<void> {
    const isFull = this.#steps % VIEW_ALL_EVERY === 0 || touched.length > 1;
    const viewers: Who[] = [
      ANYBODY,
      ...PEOPLE.map(({ username }) => this.#login(username, 'right')),
    ];
    const chosen = isFull ? viewers : viewers.slice(0, 3);
    for (const who of chosen) {
      for (const full of isFull ? REPOSITORIES : touched) await this.#viewRepository(who, full);
    }
    for (const [place, { id }] of this.#pool.entries()) {
      const parts = isFull ? PARTS : PARTS.slice(0, 1);
      const eyes = isFull ? viewers : [viewers[(place + this.#steps) % 3] ?? ANYBODY];
      for (const who of eyes) for (const part of parts) await this.#viewImage(who, id, part);
    }
    for (const id of this.#today.ids) {
      const eyes = isFull ? viewers : viewers.slice(0, 1);
      for (const who of eyes) await this.#viewImage(who, id, 'layer');
    }
    if (isFull) await this.#compareSearch();
  }

  async #viewRepository(who: Who, full: string): Promise<void> {
    const model = this.#model;
    const path = `/v1/repositories/${full}`;
    const view = (part: string, expected: Expected) =>
      this.#compare({ method: 'GET', path: `${path}/${part}`, who }, expected);
    await view('images', model.getImages(who, full, false));
    await view('tags', model.getTags(who, full));
    await view('properties', model.getProperties(who, full));
    if (who.kind !== 'token') await this.#today.viewTags(who, full);
    // Asked with a password, these two change nothing either.
    if (who.kind !== 'login') return;
    await this.#compare({ method: 'PUT', path: `${path}/auth`, who }, model.putAuth(who, full));
    const { id } = this.#image(this.#steps % this.#pool.length);
    await view(`layer/${id}/access`, model.layerAccess(who, full, id));
  }

  async #viewImage(who: Who, id: string, part: (typeof PARTS)[number]): Promise<void> {
    const path = `/v1/images/${id}/${part}`;
    await this.#compare({ method: 'GET', path, who }, this.#model.getImage(who, id, part));
  }
}

function isOfToday(step: Step): step is StepToday {
  return step.do.startsWith('v2 ');
}

const PARTS = ['json', 'layer', 'ancestry'] as const;
const ANYBODY: Who = { kind: 'anonymous' };
const JSON_TYPE: Header = ['Content-Type', 'application/json'];

/** What somebody sends who has no token and says so. */
const NO_TOKEN: GivenToken = {
  text: `signature=${'0'.repeat(40)},repository="alice/one",access=write`,
  repository: 'alice/one',
  access: 'write',
  of: undefined,
  issued: 0,
};

function flip(token: GivenToken): GivenToken {
  const text = token.text.replace(/=(\w)/, (_, digit) => `=${digit === '0' ? '1' : '0'}`);
  return { ...token, text, of: undefined };
}

function wanting({ token }: { readonly token: boolean }): Partial<Asked> {
  return token ? { headers: [['X-Docker-Token', 'true']] } : {};
}

function sumHeaders({ payload, tarsum: named }: Sums): Header[] {
  const headers: Header[] = [];
  if (payload !== undefined) headers.push(['X-Docker-Checksum-Payload', payload]);
  if (named !== undefined) headers.push(['X-Docker-Checksum', named]);
  return headers;
}

function authorization(who: Exclude<Who, { kind: 'anonymous' }>): string {
  return who.kind === 'login' ? basic(who.username, who.password) : `Token ${who.token.text}`;
}

function tokenOf({ headers }: WireAnswer): string | undefined {
  return headers['x-docker-token']?.[0];
}

function showWho(who: Who): string {
  if (who.kind === 'login') return `${who.username}:${who.password}`;
  return who.kind === 'token' ? who.token.text : 'nobody';
}

function show(value: unknown): string {
  return JSON.stringify(value);
}

/** Steps as fast-check plays and prints them. */
export class Walk implements AsyncCommand<Record<string, never>, Game> {
  readonly #steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  check(): boolean {
    return true;
  }

  async run(_: Record<string, never>, game: Game): Promise<void> {
    for (const step of this.#steps) await game.play(step);
  }

  toString(): string {
    return this.#steps.map((step) => JSON.stringify(step)).join('\n');
  }
}
