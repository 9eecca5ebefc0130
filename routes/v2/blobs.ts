import type { ByteRange } from '../../src/domain/documents.js';
import { errors, HubError } from '../../src/domain/errors.js';
import { answerEmptyV2, saysV2 } from '../../src/wire/answers.js';
import { parseByteRange } from '../../src/wire/byte-range.js';
import type { HubContext } from '../../src/wire/context.js';
import { writeError } from '../../src/wire/error-answers.js';
import { isFresh } from '../../src/wire/preconditions.js';
import { sendLayer } from '../../src/wire/send-layer.js';
import { digestIn, type Visit, visitToDelete, visitToPull } from './visit.js';

/** A blob never changes. In seconds. */
const ONE_YEAR = 31_536_000;

/** GET and HEAD /v2/(name)/blobs/(digest), whole or in part: clients go on with parts after a failure (v2.md §1). */
export async function getBlob(ctx: HubContext): Promise<void> {
  const { caller, name } = await visitToBlob(ctx);
  const digest = digestIn(ctx.params.digest);
  const { manifests, blobs } = ctx.state.domain;
  const repository = manifests.readable(caller, name);
  const size = blobs.isIn(repository, digest) ? blobs.files.size(digest) : undefined;
  if (size === undefined) throw errors.blobUnknown(digest);
  saysV2(ctx);
  ctx.set({
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    'Cache-Control': `${repository.access}, max-age=${ONE_YEAR}`,
    'Accept-Ranges': 'bytes',
  });
  if (isFresh(ctx)) {
    ctx.status = 304;
    return;
  }
  const range = ctx.method === 'GET' ? parseByteRange(ctx.get('Range'), size) : undefined;
  if (range === 'unsatisfiable' || range === 'backwards') {
    ctx.set('Content-Range', `bytes */${size}`);
    writeError(ctx, errors.rangeNotSatisfiable());
    return;
  }
  ctx.status = range === undefined ? 200 : 206;
  if (range !== undefined) ctx.set('Content-Range', `bytes ${range.first}-${range.last}/${size}`);
  const { first, last } = range ?? { first: 0, last: size - 1 };
  ctx.length = last + 1 - first;
  if (ctx.method !== 'HEAD') await answerBlob(ctx, digest, { first, last });
}

/**
 * To those who may not see the repository a blob is not there, as in one that is still to come: podman and containerd look
 * for blobs before they push, and would pass on no word of a refusal (v2.md §1). Who shows nothing is asked to log in.
 */
async function visitToBlob(ctx: HubContext): Promise<Visit> {
  try {
    return await visitToPull(ctx);
  } catch (error) {
    const isHidden =
      error instanceof HubError && (error.id === 'pullDenied' || error.id === 'loginToPull');
    throw isHidden ? errors.blobUnknown(digestIn(ctx.params.digest)) : error;
  }
}

/** A fault changes what a stream gives; otherwise there is a cheaper way. */
async function answerBlob(ctx: HubContext, digest: string, range: ByteRange): Promise<void> {
  const { blobs } = ctx.state.domain;
  if (range.last < range.first) ctx.body = '';
  else if (ctx.state.fault === undefined)
    await sendLayer(ctx, await blobs.openPieces(digest, range));
  else ctx.body = await blobs.open(digest, range);
}

/** DELETE /v2/(name)/blobs/(digest): one that no manifest of the repository names. */
export async function deleteBlob(ctx: HubContext): Promise<void> {
  const { caller, name } = await visitToDelete(ctx);
  try {
    await ctx.state.domain.waitingBlobs.remove(caller, name, digestIn(ctx.params.digest));
  } catch (error) {
    // RFC 9110 §15.5.6: what it can be asked for as long as it is in use.
    if (error instanceof HubError && error.id === 'blobInUse') ctx.set('Allow', 'GET, HEAD');
    throw error;
  }
  answerEmptyV2(ctx, 202);
}
