/*
 * Random walks through the API, each on a hub of its own, until so many steps are done.
 */

import fc, { type AsyncCommand } from 'fast-check';
import { startPlainHub } from '../hub.js';
import { Game, StepClock, Walk } from './play.js';
import { PEOPLE } from './pool.js';
import { TOKEN_TTL } from './rules.js';
import { steps } from './steps.js';

type Commands = Iterable<AsyncCommand<Record<string, never>, Game>>;

/** How many walks one call of fast-check tries, and how long they are. */
const WALKS = 4;
const LONGEST = 100;

/**
 * Plays at least `count` steps. Rejects with the seed, the smallest walk on which hub and model disagree,
 * and about what. Resolves to the number of steps; `tally` counts what was done and how it was answered.
 */
export async function playWalks(
  seed: number,
  count: number,
  tally: Map<string, number> = new Map(),
  onRound: (steps: number) => void = () => undefined,
): Promise<number> {
  const commands = fc.commands([steps.map((each) => new Walk(each))], {
    maxCommands: LONGEST,
    size: 'max',
  });
  let played = 0;
  for (let round = 0; played < count; round += 1) {
    const property = fc.asyncProperty(commands, async (walk) => {
      played += await playWalk(walk, tally);
    });
    const options = { seed: seed + round, numRuns: WALKS, endOnFailure: false };
    const result = await fc.check(property, options);
    if (result.failed) throw new Error(describeFailure(seed + round, result));
    onRound(played);
  }
  return played;
}

/** Plays one walk on a new hub; resolves to its number of steps. */
async function playWalk(walk: Commands, tally: Map<string, number>): Promise<number> {
  const clock = new StepClock();
  const hub = await startPlainHub({
    tokenTtl: TOKEN_TTL,
    loginLimit: 0,
    clock,
    seed: { users: PEOPLE.map((each) => ({ ...each })) },
  });
  const game = new Game({ hub, clock }, tally);
  try {
    await fc.asyncModelRun(() => ({ model: {}, real: game }), walk);
    await game.finish();
  } finally {
    game.close();
    await hub.close();
  }
  return game.steps;
}

function describeFailure(seed: number, result: fc.RunDetails<[Commands]>): string {
  const { counterexample, counterexamplePath, numShrinks, errorInstance } = result;
  const problem = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return (
    `seed ${seed}, path ${counterexamplePath}, after ${numShrinks} shrinks:\n` +
    `${String(counterexample?.[0]).replaceAll(/,(?=\{"do")/g, '\n')}\n${problem}`
  );
}
