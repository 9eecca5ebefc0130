import { PassThrough } from 'node:stream';
import { errors } from '../../src/domain/errors.js';
import type { Shown } from '../../src/journal/journal.js';
import type { Act } from '../../src/sandbox/acts.js';
import type { Players } from '../../src/sandbox/players.js';
import { isWanted, type LiveFilter, type Placed } from '../../src/sandbox/sandbox.js';
import type { Look } from '../../src/web/look.js';
import { partOf } from '../../src/web/page.js';
import { ActTitle, ActView } from '../../src/web/views/live.js';
import { PlayState } from '../../src/web/views/live-play.js';
import { sandboxOf } from './live.js';
import { filterOf, headOf, playViewOf } from './live-shown.js';
import type { StepRows } from './step-rows.js';
import { viewerOf, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** Milliseconds between signs of life, and after which a stream ends and its reader comes back. */
const BEAT = 15_000;
const LONGEST = 10 * 60_000;
/** How many bytes may wait for a reader who does not read. */
const MOST_WAITING = 1024 * 1024;
/**
 * Milliseconds for which steps are collected, and how many of them are sent at a time, the newest ones: in a flood a page
 * shows some of each moment, and what is looked on at takes little longer for it.
 */
const COLLECTED = 200;
const MOST_AT_ONCE = 100;

/**
 * GET /sandbox/live/events: what comes, as server-sent events, whose ids are the journal's numbers, so that a reader who
 * comes back with Last-Event-ID goes on from there; one who has missed more than a page takes in begins again (`reset`).
 * Ends with the hub, at a reset, and when its reader's session does. Throws `busy` when too many look on.
 */
export async function getEvents(ctx: WebContext): Promise<void> {
  const sandbox = sandboxOf(ctx);
  const { look } = await visitOf(ctx);
  const leave = sandbox.streams.take(ctx.state.clients.of(ctx.req));
  if (leave === undefined) throw errors.busy();
  const query = new URLSearchParams(ctx.querystring);
  const stream = new EventStream(leave);
  ctx.status = 200;
  ctx.set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // A proxy must not collect what is to be seen at once.
    'X-Accel-Buffering': 'no',
  });
  ctx.body = stream.output;
  const seenAfter = numberIn(ctx.get('Last-Event-ID')) ?? numberIn(query.get('after'));
  const { placed, folder } = sandbox.newest(look.viewer);
  const missed = placed.filter(({ seen }) => seen.live.number > (seenAfter ?? 0));
  const isLost = seenAfter !== undefined && missed.length > MOST_AT_ONCE;
  // A journal that began again has lower numbers: what the page shows is of another time.
  if (isLost || (seenAfter ?? 0) > sandbox.journal.newestNumber) return stream.end('reset');
  const { rows } = await ctx.state.web.tools();
  const sender = new StepSender(stream, rows, look, filterOf(query), ctx.state.web.now);
  sender.send(missed.slice(-MOST_AT_ONCE));
  followJournal(ctx, stream, look, (shown) => {
    const steps = shown.flatMap((each) => sandbox.see(each, look.viewer) ?? []);
    sender.send(steps.map((seen) => ({ seen, act: folder.take(seen.live) })));
  });
  followPlay(sandbox.players, query.get('play') ?? '', look, stream);
}

/** Hands on what comes, collected for a moment, for as long as the reader's session lasts. */
function followJournal(
  ctx: WebContext,
  stream: EventStream,
  { viewer }: Look,
  see: (shown: readonly Shown[]) => void,
): void {
  let collected: Shown[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    const shown = collected;
    collected = [];
    const now = viewerOf(ctx);
    // Rights that are taken end what was begun with them.
    if (now?.username !== viewer?.username || now?.admin !== viewer?.admin) stream.end('reset');
    else see(shown);
  };
  const { journal } = sandboxOf(ctx);
  stream.onEnd(
    journal.watch({
      see: (shown) => {
        collected.push(shown);
        if (collected.length > MOST_AT_ONCE) collected.shift();
        timer ??= setTimeout(flush, COLLECTED);
      },
      end: (reason) => stream.end(reason === 'reset' ? 'reset' : undefined),
    }),
  );
  stream.onEnd(() => clearTimeout(timer));
}

function followPlay(players: Players, id: string, look: Look, stream: EventStream): void {
  const play = players.find(id);
  if (play === undefined) return;
  const show = (): void => {
    const view = playViewOf(play);
    if (view === undefined) return;
    stream.send('play', undefined, { html: partOf(<PlayState look={look} play={view} />) });
  };
  show();
  stream.onEnd(players.watch(id, show));
}

/** Writes steps into a stream, for one reader. */
class StepSender {
  readonly #stream: EventStream;
  readonly #rows: StepRows;
  readonly #look: Look;
  readonly #filter: LiveFilter;
  readonly #now: () => number;

  constructor(
    stream: EventStream,
    rows: StepRows,
    look: Look,
    filter: LiveFilter,
    now: () => number,
  ) {
    this.#stream = stream;
    this.#rows = rows;
    this.#now = now;
    this.#look = look;
    this.#filter = filter;
  }

  /** Sends those that are wanted; what stands above an act is made once for all of its steps. */
  send(steps: readonly Placed[]): void {
    const look = { ...this.#look, now: this.#now() };
    const tops = new Map<Act, { readonly head: string; readonly block: string }>();
    for (const { seen, act } of steps.filter((each) => isWanted(each, this.#filter))) {
      const top = tops.get(act) ?? topOf(act, look);
      tops.set(act, top);
      const html = this.#rows.of(seen, look);
      this.#stream.send('step', seen.live.number, { act: act.first, html, ...top });
    }
  }
}

function topOf(act: Act, look: Look): { readonly head: string; readonly block: string } {
  const head = headOf(act);
  return {
    head: partOf(<ActTitle look={look} head={head} />),
    block: partOf(<ActView look={look} head={head} steps={[]} />),
  };
}

function numberIn(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Events on their way to one reader. */
class EventStream {
  readonly output = new PassThrough();
  readonly #ends: (() => void)[];
  readonly #timers: readonly NodeJS.Timeout[];
  #isOver = false;

  /** `leave` is called once it is over. */
  constructor(leave: () => void) {
    this.#ends = [leave];
    this.#timers = [
      setInterval(() => this.#write(':\n\n'), BEAT),
      setTimeout(() => this.end(), LONGEST),
    ];
    for (const timer of this.#timers) timer.unref();
    this.output.once('close', () => this.#finish());
    this.#write('retry: 2000\n\n');
  }

  /** Is called when the stream is over, at once if it is. */
  onEnd(end: () => void): void {
    if (this.#isOver) end();
    else this.#ends.push(end);
  }

  send(event: string, id: number | undefined, data: object): void {
    const line = id === undefined ? '' : `id: ${id}\n`;
    this.#write(`${line}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Ends it; with `reset` the page has to begin again. */
  end(reason?: 'reset'): void {
    if (this.#isOver) return;
    if (reason === 'reset') this.send('reset', undefined, {});
    this.output.end();
    this.#finish();
  }

  #write(text: string): void {
    if (this.#isOver) return;
    // Who does not read comes back later, for what is remembered then.
    if (this.output.writableLength + this.output.readableLength > MOST_WAITING) this.#cut();
    else this.output.write(text);
  }

  #cut(): void {
    this.#finish();
    this.output.destroy();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const end of this.#ends) end();
  }
}
