import type { Caller } from '../../src/domain/access/access.js';
import type { ByteRange, ImageDocument } from '../../src/domain/documents.js';
import { errors } from '../../src/domain/errors.js';
import { readerOf } from '../../src/domain/layers/layer-readings.js';
import { isImageId } from '../../src/domain/repositories/names.js';
import { saysRegistry } from '../../src/wire/answers.js';
import { parseByteRange } from '../../src/wire/byte-range.js';
import type { HubContext } from '../../src/wire/context.js';
import { identify } from '../../src/wire/credentials.js';
import { writeError } from '../../src/wire/error-answers.js';
import { toPythonJson } from '../../src/wire/json.js';
import { hasFailed, isFresh } from '../../src/wire/preconditions.js';
import { sendLayer } from '../../src/wire/send-layer.js';

/** An image never changes, so the registry let everybody keep it for a year (protocol.md §3). */
const ONE_YEAR = 31_536_000;
/** The registry's date of every image (protocol.md §3). */
const EPOCH = 'Thu, 01 Jan 1970 00:00:00 GMT';

/** GET /v1/images/(id)/json: as it was pushed, with the size of the layer (clients.md, Pull). */
export async function getImageJson(ctx: HubContext): Promise<void> {
  const image = await findImage(ctx);
  if (isUnchanged(ctx, image)) return;
  ctx.set('X-Docker-Size', String(image.size));
  ctx.set('X-Docker-Checksum-Payload', image.payload);
  if (image.checksum !== undefined) ctx.set('X-Docker-Checksum', image.checksum);
  ctx.set('Content-Type', 'application/json');
  ctx.body = await ctx.state.domain.library.readJson(image);
}

/** GET and HEAD /v1/images/(id)/layer, whole or in part. */
export async function getLayer(ctx: HubContext): Promise<void> {
  const image = await findImage(ctx);
  if (isUnchanged(ctx, image)) return;
  ctx.set('Accept-Ranges', 'bytes');
  ctx.set('X-Docker-Size', String(image.size));
  const asked = wantsWhole(ctx, image) ? undefined : parseByteRange(ctx.get('Range'), image.size);
  const range = asked === 'backwards' ? undefined : asked;
  if (range === 'unsatisfiable') {
    ctx.set('Content-Range', `bytes */${image.size}`);
    writeError(ctx, errors.rangeNotSatisfiable());
    return;
  }
  ctx.status = range === undefined ? 200 : 206;
  if (range !== undefined) {
    ctx.set('Content-Range', `bytes ${range.first}-${range.last}/${image.size}`);
  }
  ctx.set('Content-Type', 'application/octet-stream');
  const { first, last } = range ?? { first: 0, last: image.size - 1 };
  ctx.length = last + 1 - first;
  if (ctx.method !== 'HEAD') await answerLayer(ctx, image, { first, last });
}

/** A fault changes what a stream gives; otherwise there is a cheaper way. */
async function answerLayer(ctx: HubContext, image: ImageDocument, range: ByteRange): Promise<void> {
  const { library } = ctx.state.domain;
  if (ctx.state.fault === undefined && image.size > 0) {
    return sendLayer(ctx, await library.openPieces(image, range));
  }
  ctx.body = image.size === 0 ? '' : await library.openLayer(image, range);
}

/** GET /v1/images/(id)/ancestry: the image's own id first. */
export async function getAncestry(ctx: HubContext): Promise<void> {
  const image = await findImage(ctx);
  if (isUnchanged(ctx, image)) return;
  ctx.set('Content-Type', 'application/json');
  ctx.body = toPythonJson(image.ancestry);
}

/** GET /v1/images/(id)/files: what is in the layer. */
export async function getFiles(ctx: HubContext): Promise<void> {
  const { library } = ctx.state.domain;
  const caller = await identifyForImage(ctx);
  const image = await findFor(ctx, caller);
  if (isUnchanged(ctx, image)) return;
  const reader = readerOf(caller, ctx.state.clients.networkOf(ctx.req));
  const rows = await library.listFiles(image, reader);
  ctx.set('Content-Type', 'application/json');
  ctx.body = rows;
}

async function findImage(ctx: HubContext): Promise<ImageDocument> {
  return findFor(ctx, await identifyForImage(ctx));
}

/** What was pushed over v2 becomes an image of v1 when it is first asked for. */
async function findFor(ctx: HubContext, caller: Caller): Promise<ImageDocument> {
  const { library, toV1 } = ctx.state.domain;
  const id = ctx.params.id ?? '';
  if (toV1.isAwaited(id)) {
    const reader = readerOf(caller, ctx.state.clients.networkOf(ctx.req));
    if (!(await toV1.ensure(caller, id, reader))) throw errors.imageMissing();
  }
  return library.find(caller, id);
}

/** Who asks, once it is clear that they ask for an image. */
async function identifyForImage(ctx: HubContext): Promise<Caller> {
  // Before the login: docker 0.6 asks for images by a repository's name, with an empty token.
  if (!isImageId(ctx.params.id ?? '')) throw errors.imageId();
  return identify(ctx);
}

/**
 * Sets what caches need, and answers 304 to a client that has the image already. Throws `preconditionFailed`
 * (412) where only another version is wanted. Nothing about an image ever changes.
 */
function isUnchanged(ctx: HubContext, image: ImageDocument): boolean {
  const scope = ctx.state.domain.library.isPublic(image.id) ? 'public' : 'private';
  saysRegistry(ctx.res);
  ctx.set({
    'Cache-Control': `${scope}, max-age=${ONE_YEAR}`,
    'Last-Modified': EPOCH,
    ETag: entityTag(image),
  });
  if (hasFailed(ctx)) throw errors.preconditionFailed();
  const isUnchanged = isFresh(ctx);
  if (isUnchanged) ctx.status = 304;
  return isUnchanged;
}

/**
 * Only GET has parts (RFC 9110 §14.2), and only while If-Range, where it is sent, names this very
 * version by its tag or its date (§13.1.5).
 */
function wantsWhole(ctx: HubContext, image: ImageDocument): boolean {
  const condition = ctx.get('If-Range');
  const isCurrent = ['', entityTag(image), EPOCH].includes(condition);
  return ctx.method !== 'GET' || !isCurrent;
}

function entityTag(image: ImageDocument): string {
  return `"${image.payload.slice('sha256:'.length)}"`;
}
