/*
 * Sends what is made up, and holds each answer against what must be true of every one.
 */
import fc, { type Arbitrary } from 'fast-check';
import { checkAnswer, OpenApi } from '../contract.js';
import { imagePool, type Keeper } from './cast.js';
import { type WireAnswer, WireClient, type WireRequest } from './client.js';
import { readOperations } from './operations.js';
import { pushes } from './pushes.js';
import { type FuzzRequest, showRequest } from './request.js';
import { type Material, requests } from './requests.js';
import { SchemaValues } from './schema-values.js';
import type { Tally } from './tally.js';
import { World } from './world.js';

/** One case: requests that are sent one after the other. */
export type Case = readonly FuzzRequest[];

export interface FuzzerOptions {
  readonly url: string;
  readonly keeper: Keeper;
  readonly tally: Tally;
  /** Whether the hub's own control is on; then it is used, and the hub is put back before each case. */
  readonly control?: boolean;
  /** Whether the hub runs; a case fails when it does not any more. */
  readonly isAlive?: () => boolean;
}

/** How many cases one call of fast-check tries. */
const CASES = 50;

/** What the HTTP parser says by itself, before the hub is asked: it has no X-Request-Id. */
const PARSER_STATUSES: ReadonlySet<number> = new Set([400, 408, 413, 431, 501]);

/** Fuzzes one hub. */
export class Fuzzer {
  readonly #options: FuzzerOptions;
  readonly #client: WireClient;
  readonly #world: World;
  readonly #cases: Arbitrary<Case>;
  #sent = 0;
  /** From when on the hub may misbehave on purpose. */
  #mayMisbehave = false;

  constructor(options: FuzzerOptions) {
    this.#options = options;
    this.#client = new WireClient(options.url, options.control === true ? 3000 : undefined);
    this.#world = new World(this.#client, options.keeper);
    this.#cases = cases(new URL(options.url).host, options.control === true);
  }

  /**
   * Tries cases until so many requests are sent. Rejects with the seed, and the requests of the smallest
   * case that fails.
   */
  async run(seed: number, count: number): Promise<void> {
    const until = this.#sent + count;
    for (let round = 0; this.#sent < until; round += 1) await this.#round(seed + round, until);
    if (this.#options.control === true) await this.#world.reset();
  }

  close(): void {
    this.#client.close();
  }

  async #round(seed: number, until: number): Promise<void> {
    const property = fc.asyncProperty(this.#cases, async (requests) => {
      if (this.#sent < until) await this.#try(requests);
    });
    const result = await fc.check(property, { seed, numRuns: CASES, endOnFailure: false });
    if (!result.failed) return;
    const [smallest = []] = result.counterexample ?? [];
    const problem = result.errorInstance;
    throw new Error(
      `seed ${seed}, path ${result.counterexamplePath}, after ${result.numShrinks} shrinks:\n` +
        `${smallest.map(showRequest).join('\n')}\n` +
        `${problem instanceof Error ? problem.message : problem}`,
    );
  }

  async #try(requests: Case): Promise<void> {
    if (this.#options.control === true) await this.#world.reset();
    else await this.#world.repair();
    this.#mayMisbehave = false;
    for (const request of requests) await this.#ask(this.#world.concrete(request));
  }

  /** Whether a request must be answered by the book: faults that were asked for are not the hub's. */
  #isPlain(request: WireRequest): boolean {
    return !this.#mayMisbehave || isControl(pathOf(request.path));
  }

  async #ask(request: WireRequest): Promise<void> {
    const { tally } = this.#options;
    try {
      this.#sent += 1;
      tally.begin(request);
      const answer = await this.#client.send(request);
      tally.end(request, answer);
      if (answer === undefined) return;
      if (this.#isPlain(request)) judge(request, answer, this.#options.control === true);
      this.#world.learn(request, answer);
      if (answer.status < 300 && bringsFaults(request)) this.#mayMisbehave = true;
    } catch (error) {
      tally.end(request, undefined);
      if (!this.#isPlain(request)) return;
      const dead = this.#options.isAlive?.() === false ? 'The hub is gone. ' : '';
      throw new Error(
        `${dead}${(error as Error).message}\nAs it was sent:\n${showRequest(request)}`,
      );
    }
  }
}

function cases(host: string, control: boolean): Arbitrary<Case> {
  const api = new OpenApi();
  const images = imagePool();
  const values = new SchemaValues(api, images);
  const operations = readOperations(api);
  const material: Material = { operations, values, images, host, controlEvery: control ? 2 : 20 };
  return fc.oneof(
    { weight: 1, arbitrary: pushes(images) },
    { weight: 3, arbitrary: fc.array(requests(material), { minLength: 1, maxLength: 10 }) },
  );
}

/** Throws when an answer is one that nobody may get. */
function judge(request: WireRequest, answer: WireAnswer, control: boolean): void {
  const { status, headers } = answer;
  // 507 and 503 are in the contract where they can be; everything else from 500 on is a fault.
  if (status >= 500 && status !== 507 && status !== 503) throw new Error(`status ${status}`);
  if (headers['x-request-id'] === undefined) {
    if (!PARSER_STATUSES.has(status)) throw new Error(`status ${status} without X-Request-Id`);
    return;
  }
  const path = pathOf(request.path);
  // Unless it is turned on, the hub's own control is not there for any request.
  if (!control && isControl(path) && status === 404) return;
  // Pages of other origins are sent away before it is looked what they ask for.
  if (isControl(path) && status === 403) return;
  checkAnswer({ method: request.method, path, ...answer });
}

/** The path of a request target, which may be a whole address, have a fragment, and needless escapes. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path.replace(/%[0-9a-f]{2}/gi, (each) => {
    const letter = String.fromCharCode(Number.parseInt(each.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(letter) ? letter : each;
  });
}

/** A fault that is asked for, or comes back with a snapshot. */
function bringsFaults({ method, path }: WireRequest): boolean {
  return method === 'POST' && isControl(pathOf(path)) && /faults|restore/.test(path);
}

function isControl(path: string): boolean {
  return path === '/_hub' || path.startsWith('/_hub/');
}
