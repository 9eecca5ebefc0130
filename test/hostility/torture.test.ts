/*
 * The torture of `npm run torture`, for a few seconds: a hub that is killed loses nothing of what it
 * acknowledged, nor does one whose disk fills up.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { failDisk } from '../../bench/torture/failing-disk.js';
import { fillDisk } from '../../bench/torture/full-disk.js';
import { killAtRandom } from '../../bench/torture/kills.js';
import { CannotMount } from '../../bench/torture/small-disk.js';

const COMMON = { seed: 'as the tests do', seconds: 120, writers: 6 };

describe('a hub under torture', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-v1-torture-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('keeps every promise over ten kills', async () => {
    const { world, kills, verdict } = await killAtRandom({ ...COMMON, folder, kills: 10 });
    assert.deepEqual(world.violations, []);
    assert.equal(kills, 10);
    assert.ok(world.tally.pushes > 0, 'nothing was pushed');
    assert.ok(world.tally.modernPushes > 0, 'nothing was pushed over v2');
    assert.match(verdict, /\nEverything is sound\.$/);
  });

  it('keeps every promise when the disk fails after each kill and is mounted again', async (context) => {
    try {
      const { world, verdict } = await failDisk({ ...COMMON, folder, kills: 5 });
      assert.deepEqual(world.violations, []);
      assert.ok(world.tally.pushes > 0, 'nothing was pushed');
      assert.match(verdict, /\nEverything is sound\.$/);
    } catch (error) {
      if (!(error instanceof CannotMount)) throw error;
      context.skip(error.message);
    }
  });

  it('says when the disk is full, and goes on once there is room', async (context) => {
    try {
      const { world, refused, verdict } = await fillDisk({ ...COMMON, folder, fills: 5 });
      assert.deepEqual(world.violations, []);
      assert.ok(refused > 0, 'the disk was never full');
      assert.match(verdict, /\nEverything is sound\.$/);
    } catch (error) {
      if (!(error instanceof CannotMount)) throw error;
      context.skip(error.message);
    }
  });
});
