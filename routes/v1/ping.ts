import { answerRegistry } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';

/**
 * GET /v1/_ping. docker before 0.11 wants the version header; `Standalone: False` makes dockers ask
 * with tokens instead of a password in every request (clients.md, Probing a host; protocol.md §1.10).
 */
export function ping(ctx: HubContext): void {
  ctx.set('X-Docker-Registry-Standalone', 'False');
  answerRegistry(ctx, 200, true);
}
