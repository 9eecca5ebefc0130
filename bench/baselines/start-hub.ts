import { startHub } from '../../src/index.js';

/*
 * A process that has loaded the hub and does nothing else: on each message it starts one as a test does,
 * asks it once, and tells how many milliseconds that took.
 */

process.on('message', async () => {
  const started = performance.now();
  const hub = await startHub({ ephemeral: true });
  const answer = await fetch(`${hub.url}/v1/_ping`);
  await answer.text();
  const milliseconds = performance.now() - started;
  await hub.close();
  process.send?.(milliseconds);
});
