import { PassThrough } from 'node:stream';
import { errors } from '../../src/domain/errors.js';
import type { Act } from '../../src/sandbox/acts.js';
import { isWanted, type Placed } from '../../src/sandbox/sandbox.js';
import { partOf } from '../../src/web/page.js';
import { ActTitle, ActView, StepRow } from '../../src/web/views/live.js';
import { PlayState } from '../../src/web/views/live-play.js';
import { sandboxOf } from './live.js';
import { filterOf, headOf, lineOf, playViewOf } from './live-shown.js';
import { visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** Milliseconds between signs of life, and after which a stream ends and its reader comes back. */
const BEAT = 15_000;
const LONGEST = 10 * 60_000;
/** How many bytes may wait for a reader who does not read. */
const MOST_WAITING = 1024 * 1024;

/**
 * GET /sandbox/live/events: what comes, as server-sent events, whose ids are the journal's numbers, so that a reader who
 * comes back with Last-Event-ID misses nothing that is remembered. Ends with the hub, at a reset, and when its reader's
 * session does. Throws `busy` when too many look on.
 */
export async function getEvents(ctx: WebContext): Promise<void> {
  const sandbox = sandboxOf(ctx);
  const { look } = await visitOf(ctx);
  const leave = sandbox.streams.take(ctx.state.clients.of(ctx.req));
  if (leave === undefined) throw errors.busy();
  const query = new URLSearchParams(ctx.querystring);
  const stream = new EventStream(leave);
  const filter = filterOf(query);
  const { viewer } = look;
  const { journal, players } = sandbox;
  const seenAfter = numberIn(ctx.get('Last-Event-ID')) ?? numberIn(query.get('after')) ?? 0;
  ctx.status = 200;
  ctx.set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    // A proxy must not collect what is to be seen at once.
    'X-Accel-Buffering': 'no',
  });
  ctx.body = stream.output;
  const { placed, folder } = sandbox.newest(viewer);
  const send = (each: Placed): void => {
    if (!isWanted(each, filter)) return;
    const line = lineOf(each.seen, look);
    const present = { ...look, now: ctx.state.web.now() };
    stream.send('step', line.number, {
      act: each.act.first,
      head: partOf(<ActTitle look={present} head={headOf(each.act)} />),
      html: partOf(<StepRow look={look} step={line} />),
      block: partOf(<ActView look={present} head={headOf(each.act)} steps={[]} />),
    });
  };
  // A journal that began again has lower numbers: what the page shows is of another time.
  if (seenAfter > journal.newestNumber) stream.end('reset');
  for (const each of placed) if (each.seen.live.number > seenAfter) send(each);
  const isSame = (): boolean => stillLooks(ctx, viewer);
  stream.onEnd(
    journal.watch({
      see: (shown) => {
        if (!isSame()) return stream.end('reset');
        const seen = sandbox.see(shown, viewer);
        if (seen === undefined) return;
        const act: Act = folder.take(seen.live);
        send({ seen, act });
      },
      end: (reason) => stream.end(reason === 'reset' ? 'reset' : undefined),
    }),
  );
  const id = query.get('play') ?? '';
  const play = players.find(id);
  if (play !== undefined) {
    const show = (): void => {
      const view = playViewOf(play);
      if (view === undefined) return;
      stream.send('play', undefined, { html: partOf(<PlayState look={look} play={view} />) });
    };
    show();
    stream.onEnd(players.watch(id, show));
  }
}

/** Whether the session is what it was: rights that are taken end what was begun with them. */
function stillLooks(
  ctx: WebContext,
  viewer: { readonly username: string; readonly admin: boolean } | undefined,
): boolean {
  if (viewer === undefined) return true;
  const account = ctx.state.domain.accounts.find(viewer.username);
  return account?.active === true && account.admin === viewer.admin;
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
