import { errors } from '../../src/domain/errors.js';
import { answerV2 } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identifyScoped } from '../../src/wire/credentials.js';

/**
 * GET /v2/: whether this is a registry of today. Nobody is told so without being asked for a token first, or docker
 * would send no password later (v2.md §0.1).
 */
export async function getV2(ctx: HubContext): Promise<void> {
  const { caller, scopes } = await identifyScoped(ctx);
  if (caller.kind === 'anonymous' && scopes === undefined) throw errors.loginRequired();
  answerV2(ctx, 200, {});
}

/** What v2 does not have, or only under names of one or two parts. */
export function refuseV2(ctx: HubContext): never {
  const isLongName = /^\/v2\/(?:[^/]+\/){3,}(?:manifests|blobs|tags|referrers)\//.test(ctx.path);
  throw isLongName ? errors.nameParts() : errors.unknownPath();
}
