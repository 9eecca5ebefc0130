import { requireAccount } from '../../src/domain/access/access.js';
import { errors } from '../../src/domain/errors.js';
import { answerIndex } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identify } from '../../src/wire/credentials.js';
import { writeError } from '../../src/wire/error-answers.js';
import { isContainersClient } from '../../src/wire/user-agent.js';

/**
 * GET /v2/ where there is no v2. podman searches only where it finds a v2 registry, so it is shown one that wants a
 * login; everybody else must not find any.
 */
export async function probeWithoutV2(ctx: HubContext): Promise<void> {
  if (!isContainersClient(ctx.get('User-Agent'))) return notV2(ctx);
  ctx.state.asksAsV2 = true;
  requireAccount(await identify(ctx));
  answerIndex(ctx, 200, {});
}

/**
 * Everything under /v2/ to those who get none of it: not JSON and without Docker-Distribution-Api-Version, or docker 1.5 to
 * 1.12 waits, fails or believes any login (clients.md, /v2/).
 */
export function notV2(ctx: HubContext): void {
  if (isAskedAsHub(ctx)) {
    hangUp(ctx);
    return;
  }
  writeError(ctx, errors.noV2());
}

/** Whether the hub is asked by a name under which it is the real one. */
export function isAskedAsHub(ctx: HubContext): boolean {
  return ctx.state.settings.officialNames.includes(ctx.hostname.toLowerCase());
}

/**
 * docker 1.8 and 1.9 push official names over v1 only when nobody answers for v2 at all (clients.md,
 * /v2/).
 */
function hangUp(ctx: HubContext): void {
  ctx.respond = false;
  ctx.req.socket.destroy();
}
