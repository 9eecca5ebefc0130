import type { Caller } from '../../src/domain/access/access.js';
import { requireImageId } from '../../src/domain/images/upload-targets.js';
import { answerRegistry } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identify } from '../../src/wire/credentials.js';
import { readBytes } from '../../src/wire/request-body.js';
import { rightsOf } from '../../src/wire/rights.js';

/** PUT /v1/images/(id)/json: begin an image (clients.md Push 3). */
export async function putImageJson(ctx: HubContext): Promise<void> {
  const caller = await identifyWriter(ctx);
  await ctx.state.domain.uploads.putJson(caller, idOf(ctx), await readBytes(ctx));
  answerRegistry(ctx, 200, true);
}

/** PUT /v1/images/(id)/layer: in chunks, of any length (clients.md Push 4). */
export async function putLayer(ctx: HubContext): Promise<void> {
  const { uploads } = ctx.state.domain;
  const { size, payload } = await uploads.putLayer(await identifyWriter(ctx), idOf(ctx), ctx.req);
  ctx.state.received = { size, digest: payload };
  answerRegistry(ctx, 200, true);
}

/** PUT /v1/images/(id)/checksum: the sums are in the headers, the body is empty (clients.md Push 5). */
export async function putChecksum(ctx: HubContext): Promise<void> {
  await ctx.state.domain.uploads.putChecksum(await identifyWriter(ctx), idOf(ctx), {
    payload: ctx.get('X-Docker-Checksum-Payload') || undefined,
    tarsum: ctx.get('X-Docker-Checksum') || undefined,
  });
  answerRegistry(ctx, 200, true);
}

/** Who uploads, before anything is read of what they send. Throws `badToken`, `loginRequired` or `imageId`. */
async function identifyWriter(ctx: HubContext): Promise<Caller> {
  const caller = await identify(ctx);
  rightsOf(ctx).requireWriter(caller);
  requireImageId(idOf(ctx));
  return caller;
}

function idOf(ctx: HubContext): string {
  return ctx.params.id ?? '';
}
