import { errors } from '../../src/domain/errors.js';
import type { FaultRule } from '../../src/harness/fault-rule.js';
import type { Time } from '../../src/input/time.js';
import { answerPlain } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { controlOf, readShape, readValue } from './input.js';
import { clockMove, randomRequest } from './shapes.js';

/** GET /_hub/faults: the rules in their order, and what became of each. */
export function getFaults(ctx: HubContext): void {
  answerPlain(ctx, 200, { faults: controlOf(ctx).harness.parts.faults.list() });
}

/** GET /_hub/faults/unhit: the rules that never acted. */
export function getUnhitFaults(ctx: HubContext): void {
  answerPlain(ctx, 200, { faults: controlOf(ctx).harness.parts.faults.unhit() });
}

/** POST /_hub/faults: adds a rule after the others. */
export async function postFault(ctx: HubContext): Promise<void> {
  const rule = (await readValue(ctx)) as FaultRule;
  answerPlain(ctx, 201, controlOf(ctx).harness.parts.faults.add(rule));
}

/** DELETE /_hub/faults: takes all rules away. */
export function deleteFaults(ctx: HubContext): void {
  controlOf(ctx).harness.parts.faults.clear();
  ctx.status = 204;
}

/** DELETE /_hub/faults/(name) */
export function deleteFault(ctx: HubContext): void {
  if (!controlOf(ctx).harness.parts.faults.clear(ctx.params.name)) throw errors.unknownPath();
  ctx.status = 204;
}

/** GET /_hub/clock: what the hub takes the time to be. */
export function getClock(ctx: HubContext): void {
  const { clock } = controlOf(ctx).harness.parts;
  const now = clock.now();
  answerPlain(ctx, 200, {
    now: new Date(now).toISOString(),
    milliseconds: now,
    frozen: clock.isFrozen,
    altered: clock.isAltered,
  });
}

/** PUT and POST /_hub/clock: `{"freeze": true | time}`, `{"set": time}`, `{"advance": ms}`, `{"reset": true}`. */
export async function moveClock(ctx: HubContext): Promise<void> {
  const { freeze, set, advance, reset } = await readShape(ctx, clockMove);
  const { clock } = controlOf(ctx).harness.parts;
  if (freeze !== undefined) clock.freeze(freeze === true ? undefined : (freeze as Time));
  if (set !== undefined) clock.set(set);
  if (advance !== undefined) clock.advance(advance);
  if (reset === true) clock.reset();
  getClock(ctx);
}

/** POST /_hub/random: from here on tokens and ids are those of the seed. */
export async function postRandom(ctx: HubContext): Promise<void> {
  const { seed } = await readShape(ctx, randomRequest);
  controlOf(ctx).harness.parts.random.seed(seed);
  answerPlain(ctx, 200, { seed: String(seed) });
}
