import type { HubContext } from './context.js';
import { drain } from './drain.js';

/** Seconds in which a client that is still sending can read the answer. */
const LINGER = 2;

/**
 * Sends the answer that was made, whole, while the client is still sending its body, and hangs up only a
 * while later: closing at once would reset the connection, and the answer would be lost with it. It goes
 * with a length, since the last chunk could only be sent at the end.
 */
export async function answerMeanwhile(ctx: HubContext): Promise<void> {
  const body = Buffer.from(String(ctx.body ?? ''));
  ctx.remove('Transfer-Encoding');
  ctx.set({ Connection: 'close', 'Content-Length': String(body.length) });
  ctx.respond = false;
  if (ctx.method === 'HEAD') ctx.res.flushHeaders();
  else ctx.res.write(body);
  await drain(ctx.req, { longest: LINGER, most: Number.POSITIVE_INFINITY });
  ctx.res.end();
}
