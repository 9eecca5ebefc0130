/*
 * Random sequences of requests by several people, to the hub and to a small model of the rules: both say
 * the same, and afterwards everybody sees the same. `npm run fuzz -- --model 20000` does it for longer.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { playWalks } from '../support/model/walks.js';

/** The same walks each time; `npm run fuzz -- --model` is there to find others. */
const SEED = Number(process.env.MODEL_SEED ?? 2013);
const STEPS = Number(process.env.MODEL_STEPS ?? 300);

describe(`walks with MODEL_SEED=${SEED}`, () => {
  it('agree with the model of the rules at every step', async () => {
    const tally = new Map<string, number>();
    assert.ok((await playWalks(SEED, STEPS, tally)) >= STEPS);
    // A walk that is refused everywhere would agree as well.
    for (const kind of [
      'put repository 200',
      'put checksum 200',
      'put tag 200',
      'v2 put manifest 201',
    ]) {
      assert.ok((tally.get(kind) ?? 0) > 0, `there was no ${kind}`);
    }
  });
});
