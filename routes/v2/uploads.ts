import type { Chunk, UploadState } from '../../src/domain/bridge/blob-uploads.js';
import { errors, HubError } from '../../src/domain/errors.js';
import { readerOf } from '../../src/domain/layers/layer-readings.js';
import { answerEmptyV2 } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { digestIn, isOpenWith, nameIn, type PushVisit, pathOf, visitToPush } from './visit.js';

/**
 * POST /v2/(name)/blobs/uploads/: begins an upload, or mounts a blob that is here (`mount`, `from`), or takes a whole
 * one (`digest`). A body means something in the last case alone (v2.md §0.12).
 */
export async function postUpload(ctx: HubContext): Promise<void> {
  const visit = await visitToPush(ctx);
  const { blobUploads } = ctx.state.domain;
  const query = new URLSearchParams(ctx.querystring);
  const mounted = query.get('mount');
  if (mounted !== null && (await isMounted(ctx, visit, digestIn(mounted), query.get('from')))) {
    return tellBlob(ctx, mounted);
  }
  const digest = query.get('digest');
  const wanted = digest === null ? undefined : digestIn(digest);
  const by = readerOf(visit.caller, ctx.state.clients.networkOf(ctx.req));
  const upload = await blobUploads.begin(visit.right, by);
  if (wanted === undefined) return tellUpload(ctx, upload, 202);
  await blobUploads.finish(visit.right, upload.id, wanted, { source: ctx.req });
  tellBlob(ctx, wanted);
}

/** GET …/blobs/uploads/(upload): how far it has come. */
export async function getUpload(ctx: HubContext): Promise<void> {
  const { right } = await visitToPush(ctx);
  tellUpload(ctx, ctx.state.domain.blobUploads.state(right, idOf(ctx)), 204);
}

/** PATCH …/blobs/uploads/(upload): a part, in one stream or in chunks that say where they belong. */
export async function patchUpload(ctx: HubContext): Promise<void> {
  const { right } = await visitToPush(ctx);
  const state = await inOrder(ctx, () =>
    ctx.state.domain.blobUploads.append(right, idOf(ctx), chunkOf(ctx)),
  );
  tellUpload(ctx, state, 202);
}

/** PUT …/blobs/uploads/(upload)?digest=: the end, with the last part, or all, or nothing as its body. */
export async function putUpload(ctx: HubContext): Promise<void> {
  const { right } = await visitToPush(ctx);
  const digest = digestIn(new URLSearchParams(ctx.querystring).get('digest') ?? undefined);
  await inOrder(ctx, () =>
    ctx.state.domain.blobUploads.finish(right, idOf(ctx), digest, chunkOf(ctx)),
  );
  tellBlob(ctx, digest);
}

/** DELETE …/blobs/uploads/(upload): never mind. */
export async function deleteUpload(ctx: HubContext): Promise<void> {
  const { right } = await visitToPush(ctx);
  await ctx.state.domain.blobUploads.cancel(right, idOf(ctx));
  answerEmptyV2(ctx, 204);
}

/** Whether the blob was here, for who pushes, in the repository that they name or in any. */
async function isMounted(
  ctx: HubContext,
  { caller, right, scopes }: PushVisit,
  digest: string,
  from: string | null,
): Promise<boolean> {
  const { waitingBlobs } = ctx.state.domain;
  const source = { caller, isOpen: isOpenWith.bind(undefined, scopes) };
  if (from === null) return waitingBlobs.mount(right, source, digest);
  const name = nameIn(from);
  // A name that no repository here can have holds nothing either.
  if (name === undefined) return false;
  return waitingBlobs.mount(right, source, digest, name);
}

/** A client whose part is out of order is told where the upload is, and it goes on. */
async function inOrder<R>(ctx: HubContext, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HubError && error.id === 'outOfOrder') {
      const { right } = await visitToPush(ctx);
      place(ctx, ctx.state.domain.blobUploads.state(right, idOf(ctx)));
    }
    throw error;
  }
}

const CONTENT_RANGE = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/;

function chunkOf(ctx: HubContext): Chunk {
  const said = ctx.get('Content-Range');
  if (said === '') return { source: ctx.req };
  const [, first, last] = CONTENT_RANGE.exec(said) ?? [];
  if (first === undefined || last === undefined) throw errors.chunkLength();
  return { source: ctx.req, range: { first: Number(first), last: Number(last) } };
}

function tellUpload(ctx: HubContext, upload: UploadState, status: 202 | 204): void {
  place(ctx, upload);
  answerEmptyV2(ctx, status);
}

/** docker reads how far an upload is from `Range: 0-N`, without a unit (v2.md §0.9). */
function place(ctx: HubContext, { id, size }: UploadState): void {
  ctx.res.setHeader('Location', `${pathOf(ctx)}/blobs/uploads/${id}`);
  ctx.res.setHeader('Docker-Upload-UUID', id);
  ctx.res.setHeader('Range', `0-${Math.max(0, size - 1)}`);
}

function tellBlob(ctx: HubContext, digest: string): void {
  ctx.res.setHeader('Location', `${pathOf(ctx)}/blobs/${digest}`);
  ctx.res.setHeader('Docker-Content-Digest', digest);
  answerEmptyV2(ctx, 201);
}

function idOf(ctx: HubContext): string {
  return ctx.params.upload ?? '';
}
