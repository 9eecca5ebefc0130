import { Client } from './client.js';
import { HubProcess, runCommand } from './hub-process.js';
import type { World } from './world.js';

/**
 * The end of a torture: every push that was cut off is repeated, everything is read back, the hub is
 * stopped in good order, and `hub-v1 check` has the last word, which this resolves to.
 */
export async function lastLook(folder: string, world: World): Promise<string> {
  world.round += 1;
  await world.attempt(() => look(folder, world));
  const { code, text } = await runCommand(['check', '--data', folder]);
  if (code !== 0) world.complain(`hub-v1 check: ${text}`);
  return withoutNotes(text).trim();
}

/** Layers here are noise, which `check` notes of every one of them. */
function withoutNotes(text: string): string {
  return text.replaceAll(/^.*: its layer can't be exported .*\n/gm, '');
}

async function look(folder: string, world: World): Promise<void> {
  const hub = new HubProcess(folder);
  const client = new Client(await hub.listening());
  await world.verify(client, true);
  await world.repeatPushes(client);
  await world.verify(client, true);
  const left = world.unfinished();
  if (left.length > 0) world.complain(`${left.length} pushes could not be repeated`);
  world.retire(client);
  const exit = await hub.stop();
  if (exit !== 0) world.complain(`the hub ended with ${exit}: ${hub.complaints}`);
}
