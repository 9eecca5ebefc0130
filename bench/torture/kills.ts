import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.js';
import { HubProcess, runCommand } from './hub-process.js';
import { lastLook } from './last-look.js';
import { World } from './world.js';

export interface KillOptions {
  readonly folder: string;
  readonly seed: string;
  /** How often the hub is killed. */
  readonly kills: number;
  /** No kill after so many seconds. */
  readonly seconds: number;
  readonly writers: number;
  /** What befalls the disk after each kill. */
  readonly afterKill?: () => void;
}

export interface KillResult {
  readonly world: World;
  readonly kills: number;
  /** Of them, before the hub listened. */
  readonly atStart: number;
  /** How often the folder was repaired after a kill, before the next start. */
  readonly repairs: number;
  /** What `hub-v1 check` said at the end. */
  readonly verdict: string;
}

/** How often all images are read back, and not only those of the pushes that were cut off. */
const THOROUGH = 20;

/**
 * Kills a hub at random moments while writers write, starts it again on the same folder, and looks
 * whether everything that was acknowledged is there. At the end it is stopped in good order and
 * `hub-v1 check` has the last word.
 */
export async function killAtRandom(options: KillOptions): Promise<KillResult> {
  const { folder, seed, writers, seconds } = options;
  const world = new World(folder, seed, writers);
  const deadline = performance.now() + seconds * 1000;
  let kills = 0;
  let atStart = 0;
  let repairs = 0;
  while (kills < options.kills && performance.now() < deadline && world.violations.length === 0) {
    world.round += 1;
    if (kills > 0 && world.random.chance(0.1)) {
      await world.attempt(() => killStart(folder, world));
      atStart += 1;
    } else {
      await world.attempt(() => killWriting(folder, world));
    }
    kills += 1;
    options.afterKill?.();
    if (world.random.chance(0.05)) {
      await world.attempt(() => repair(folder, world));
      repairs += 1;
    }
  }
  return { world, kills, atStart, repairs, verdict: await lastLook(folder, world) };
}

/** Starts the hub, holds it against its promises, and kills it while the writers write. */
async function killWriting(folder: string, world: World): Promise<void> {
  const hub = new HubProcess(folder);
  const client = new Client(await hub.listening());
  let killed = false;
  try {
    await world.verify(client, world.round % THOROUGH === 0);
    // Most times pushes that were cut off are repeated in peace, else they may be cut off again.
    if (world.random.chance(0.7)) await world.repeatPushes(client);
    const writing = world.write(client, () => killed);
    await sleep(world.random.between(20, 300));
    if (!hub.isRunning) world.complain('the hub ended by itself');
    killed = true;
    await hub.kill();
    await writing;
  } finally {
    await hub.kill();
    world.retire(client);
  }
  if (hub.complaints !== '') world.complain(`the hub complained: ${hub.complaints.slice(0, 500)}`);
}

/** A repair of what a kill leaves behind loses nothing either. */
async function repair(folder: string, world: World): Promise<void> {
  const { code, text } = await runCommand(['check', '--data', folder, '--repair']);
  if (code !== 0) world.complain(`hub-v1 check --repair: ${text}`);
}

/** Kills a hub that is just starting. */
async function killStart(folder: string, world: World): Promise<void> {
  const hub = new HubProcess(folder);
  await sleep(world.random.between(30, 500));
  await hub.kill();
}
