import { errors } from '../../src/domain/errors.js';
import { DEFAULT_VERSION, VERSIONS } from '../../src/sandbox/players.js';
import { isWanted, type Sandbox } from '../../src/sandbox/sandbox.js';
import { switchesOf } from '../../src/sandbox/switches.js';
import { LivePage } from '../../src/web/views/live.js';
import { StepPage } from '../../src/web/views/live-step.js';
import { blocksOf, filterOf, playViewOf, stepViewOf } from './live-shown.js';
import { goTo, mayPlay, showPage, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** The most steps that a page shows. */
const MOST_SHOWN = 100;

/** The sandbox of this hub. Throws `unknownPath` where there is none. */
export function sandboxOf(ctx: WebContext): Sandbox {
  const { sandbox } = ctx.state.web;
  if (sandbox === undefined) throw errors.unknownPath();
  return sandbox;
}

/** GET /sandbox/ */
export function getSandbox(ctx: WebContext): void {
  sandboxOf(ctx);
  goTo(ctx, '/sandbox/live/');
}

/** GET /sandbox/live/: the latest acts that the viewer may see. */
export async function getLive(ctx: WebContext): Promise<void> {
  const sandbox = sandboxOf(ctx);
  const { look } = await visitOf(ctx);
  const query = new URLSearchParams(ctx.querystring);
  const filter = filterOf(query);
  const number = sandbox.journal.newestNumber;
  const { placed } = sandbox.newest(look.viewer);
  const wanted = placed.filter((each) => isWanted(each, filter)).slice(-MOST_SHOWN);
  const id = query.get('play') ?? '';
  const play = sandbox.players.find(id);
  const gone = id !== '' && play === undefined;
  const page = (
    <LivePage
      look={look}
      note={gone ? { kind: 'bad', text: look.words.live.play.gone } : undefined}
      acts={blocksOf(wanted, look)}
      filter={{
        user: filter.user ?? '',
        act: filter.kind ?? '',
        refusedOnly: filter.refusedOnly ?? false,
      }}
      events={eventsPath(query, number)}
      play={{
        versions: VERSIONS,
        chosen: play?.version ?? DEFAULT_VERSION,
        play: playViewOf(play),
        mayStart: mayPlay(ctx, look),
      }}
      switches={look.viewer?.admin === true ? switchesOf(sandbox.faults) : undefined}
    />
  );
  showPage(ctx, page);
}

/** Where the stream is that goes on after a page. */
function eventsPath(query: URLSearchParams, after: number): string {
  const asked = new URLSearchParams({ after: String(after) });
  for (const name of ['user', 'act', 'refused', 'play']) {
    const value = query.get(name);
    if (value !== null && value !== '') asked.set(name, value);
  }
  return `/sandbox/live/events?${asked}`;
}

/** How far to look for a neighbour that the viewer may see. */
const FAR = 50;

/** GET /sandbox/live/(number): everything about one step. Throws `unknownPath` for one that the viewer may not see. */
export async function getStep(ctx: WebContext): Promise<void> {
  const sandbox = sandboxOf(ctx);
  const { look } = await visitOf(ctx);
  const { number: asked = '' } = ctx.params;
  if (!/^[1-9]\d{0,14}$/.test(asked)) throw errors.unknownPath();
  const number = Number(asked);
  const find = (wanted: number) => {
    const shown = sandbox.journal.find(wanted);
    return shown && sandbox.see(shown, look.viewer);
  };
  const seen = find(number);
  if (seen === undefined) throw errors.unknownPath();
  const beside = (step: 1 | -1): number | undefined => {
    for (let at = 1; at <= FAR; at += 1) {
      if (find(number + step * at) !== undefined) return number + step * at;
    }
    return undefined;
  };
  const step = stepViewOf(seen, look, {
    beside: { before: beside(-1), after: beside(1) },
    isPublic: (repository) => sandbox.isPublic(repository),
    played: sandbox.players.username,
  });
  showPage(ctx, <StepPage look={look} step={step} />);
}
