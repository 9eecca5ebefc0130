import type { Machine, MemoryDisk, Terminal } from '../old-docker/index.js';

/** Loaded by the first play: a hub that plays none starts without it. */
type Played = typeof import('../old-docker/index.js');

/** What a play does, in turn: a docker's whole life with one image. */
export type Line = readonly [command: string, ...words: string[]];

/** How a play goes. */
export type PlayState = 'running' | 'paused' | 'over';

export interface PlayOptions {
  readonly id: string;
  /** `1.5.0` */
  readonly version: string;
  readonly lines: readonly Line[];
  /** The hub as a client reaches it. */
  readonly hub: URL;
  /** `played/static_web`: what it pushes. */
  readonly repository: string;
  /** What must not be shown of what is typed. */
  readonly secret: string;
  /** Milliseconds before each request, at walking pace. */
  readonly pace: number;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
  /** Called when something has changed; must not throw. */
  readonly onChange: () => void;
}

/** Bounds of one play: requests, characters shown, bytes of its images, milliseconds that it waits for its reader. */
const MOST_REQUESTS = 300;
const MOST_TEXT = 32_000;
const MOST_BYTES = 4 * 1024 * 1024;
const LONGEST_PAUSE = 10 * 60_000;

/** Thrown into a docker that is to end. */
class Ended extends Error {
  override readonly name = 'Ended';
}

/** A docker that plays some commands against a hub, one request after the other, as its reader wants it. */
export class Play {
  readonly #options: PlayOptions;
  #text = '';
  #state: PlayState = 'running';
  #requests = 0;
  /** Requests that are held back, the first to go first: some dockers send several at once. */
  #held: { readonly request: string; readonly release: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #gaveWay = false;
  /** When its reader last had it wait. */
  #waitsSince = 0;
  /** Resolves once all is played, or it is stopped. */
  readonly done: Promise<void>;

  constructor(options: PlayOptions) {
    this.#options = options;
    this.done = this.#run().finally(() => this.#end());
  }

  get id(): string {
    return this.#options.id;
  }

  get version(): string {
    return this.#options.version;
  }

  get repository(): string {
    return this.#options.repository;
  }

  get state(): PlayState {
    return this.#isStopped ? 'over' : this.#state;
  }

  /** Milliseconds that it has waited for its reader; undefined where it does not. */
  get waited(): number | undefined {
    return this.state === 'paused' ? this.#options.now() - this.#waitsSince : undefined;
  }

  /** Whether it was ended for another. */
  get gaveWay(): boolean {
    return this.#gaveWay;
  }

  /** What stands on its terminal. */
  get text(): string {
    return this.#text;
  }

  /** The request that is held back, such as `GET /v1/_ping`. */
  get next(): string | undefined {
    return this.#held[0]?.request;
  }

  /** Holds the next request back until `step` or `resume`. */
  pause(): void {
    if (this.#state !== 'running') return;
    this.#waitForReader();
    this.#wait();
    this.#options.onChange();
  }

  /** Goes on at walking pace. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.#wait();
    this.#options.onChange();
  }

  /** One request, and no other until the next step. */
  step(): void {
    if (this.#state === 'over') return;
    this.#waitForReader();
    this.#letGo();
    this.#options.onChange();
  }

  /** Ends it; what is under way comes to its end. */
  stop(): void {
    this.#isStopped = true;
    while (this.#held.length > 0) this.#letGo();
  }

  /** Ends it for another that is to begin, and says so to those who look on. */
  giveWay(): void {
    this.#gaveWay = true;
    this.stop();
  }

  #waitForReader(): void {
    this.#state = 'paused';
    this.#waitsSince = this.#options.now();
  }

  async #run(): Promise<void> {
    const played = await import('../old-docker/index.js');
    const machine = await this.#machine(played);
    for (const line of this.#options.lines) {
      if (this.#isStopped) return;
      this.#print(`$ docker ${line.map((word) => this.#shown(word)).join(' ')}\n`);
      await played.docker(machine, line);
    }
  }

  async #machine(played: Played): Promise<Machine> {
    const { version, hub } = this.#options;
    const [graph, home, files] = [diskOf(played), diskOf(played), diskOf(played)];
    const terminal = this.#terminal();
    const machine: Machine = {
      version,
      terminal,
      graph,
      home,
      homeName: '/home/you',
      files,
      index: hub,
      now: Date.now,
      onRequest: ({ method, path }) => this.#hold(`${method} ${path}`),
    };
    await makeImage(machine, played);
    return machine;
  }

  #terminal(): Terminal {
    const output = {
      isTerminal: false,
      columns: 80,
      write: (data: string | Uint8Array) => this.#print(String(data)),
    };
    return { stdin: NOTHING, stdout: output, stderr: output };
  }

  #shown(word: string): string {
    return word === this.#options.secret ? '••••••' : word;
  }

  #print(text: string): void {
    // What moves the cursor of a terminal is nothing to a page.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    const plain = text.replaceAll(/\x1b\[[\d;]{0,8}[A-Za-z]/g, '').replaceAll(/\r+\n?/g, '\n');
    this.#text = `${this.#text}${plain}`.replaceAll(/\n{2,}/g, '\n').slice(-MOST_TEXT);
    this.#options.onChange();
  }

  async #hold(request: string): Promise<void> {
    this.#requests += 1;
    if (this.#isStopped || this.#requests > MOST_REQUESTS) throw new Ended('the play is over');
    await new Promise<void>((release) => {
      this.#held.push({ request, release });
      if (this.#held.length === 1) this.#wait();
      this.#options.onChange();
    });
    if (this.#isStopped) throw new Ended('the play is over');
  }

  /** Lets the first request go that is held back. */
  #letGo(): void {
    this.#held.shift()?.release();
    this.#wait();
  }

  /** Lets the first request that is held back go after its pause, if there is one. */
  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#held.length === 0) return;
    this.#timer =
      this.#state === 'running'
        ? setTimeout(() => this.#letGo(), this.#options.pace)
        : setTimeout(() => this.stop(), LONGEST_PAUSE);
    // A play does not keep the process alive.
    this.#timer.unref();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#state = 'over';
    this.#options.onChange();
  }
}

/** Nobody types. */
const NOTHING: Terminal['stdin'] = {
  isTerminal: false,
  readLine: async () => undefined,
  readSecret: async () => undefined,
  async *bytes() {},
};

function diskOf({ MemoryDisk }: Played): MemoryDisk {
  return new MemoryDisk(MOST_BYTES);
}

/** The image of the books. */
export const IMAGE = 'static_web';

const DOCKERFILE = `FROM scratch
MAINTAINER James Turnbull "james@example.com"
ADD index.html /usr/share/nginx/html/
EXPOSE 80
`;

/** Makes an image beforehand, silently, so that versions that can't build from nothing have one to name. */
async function makeImage(machine: Machine, { docker }: Played): Promise<void> {
  const silent = { isTerminal: false, columns: 80, write: () => undefined };
  const terminal: Terminal = { stdin: NOTHING, stdout: silent, stderr: silent };
  await machine.files.write('Dockerfile', DOCKERFILE);
  await machine.files.write('index.html', 'Hi, I am in your container\n');
  await docker({ ...machine, version: '1.5.0', terminal }, ['build', '-t', IMAGE, '.']);
}
