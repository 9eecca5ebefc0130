import { errors } from '../../src/domain/errors.js';
import { InvalidInput } from '../../src/input/invalid-input.js';
import { isSwitch, turnOff, turnOn } from '../../src/sandbox/switches.js';
import { plainAddress } from '../../src/wire/client-address.js';
import { lineOf, readForm } from './forms.js';
import { sandboxOf } from './live.js';
import { adminVisitOf, goTo, mayPlay, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/**
 * POST /sandbox/play/: a docker of the chosen version begins to play, as an account of its own. Throws `playClosed` for
 * those who may not have one made, and as `Players.start`.
 */
export async function postPlay(ctx: WebContext): Promise<void> {
  const sandbox = sandboxOf(ctx);
  const { look } = await visitOf(ctx);
  if (!mayPlay(ctx, look)) throw errors.playClosed();
  const version = lineOf(await readForm(ctx), 'version');
  const play = await sandbox.players.start(version, ownAddress(ctx));
  goTo(ctx, `/sandbox/live/?play=${play.id}`);
}

/** POST /sandbox/play/(id)/: pauses it, goes on, or sends one request. Throws `unknownPath` for one that is forgotten. */
export async function postPlayStep(ctx: WebContext): Promise<void> {
  const { id = '' } = ctx.params;
  const play = sandboxOf(ctx).players.find(id);
  if (play === undefined) throw errors.unknownPath();
  const wanted = lineOf(await readForm(ctx), 'do');
  if (wanted === 'pause') play.pause();
  else if (wanted === 'resume') play.resume();
  else if (wanted === 'step') play.step();
  else throw errors.badRequest();
  goTo(ctx, `/sandbox/live/?play=${play.id}`);
}

/** POST /sandbox/faults/: turns a fault on or off; for admins. */
export async function postFault(ctx: WebContext): Promise<void> {
  const { faults } = sandboxOf(ctx);
  await adminVisitOf(ctx);
  const form = await readForm(ctx);
  const name = lineOf(form, 'fault');
  if (!isSwitch(name)) throw errors.badRequest();
  const [user, times] = [lineOf(form, 'user'), lineOf(form, 'times')];
  try {
    if (lineOf(form, 'turn') === 'off') turnOff(faults, name);
    else {
      turnOn(faults, name, {
        user: user === '' ? undefined : user,
        times: times === '' ? undefined : Number(times),
      });
    }
  } catch (error) {
    throw error instanceof InvalidInput ? errors.badRequest() : error;
  }
  goTo(ctx, '/sandbox/live/');
}

/** The hub as one of its own clients reaches it: where this request came in. */
function ownAddress(ctx: WebContext): URL {
  const { localAddress = '127.0.0.1', localPort } = ctx.req.socket;
  const host = plainAddress(localAddress);
  const scheme = 'encrypted' in ctx.req.socket ? 'https' : 'http';
  return new URL(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${localPort}`);
}
