import type { ManifestDocument } from '../../src/domain/documents.js';
import { errors } from '../../src/domain/errors.js';
import { readerOf } from '../../src/domain/layers/layer-readings.js';
import { checkTagName } from '../../src/domain/repositories/names.js';
import { answerEmptyV2, answerV2, saysV2 } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { isFresh } from '../../src/wire/preconditions.js';
import { readBytes } from '../../src/wire/request-body.js';
import { describeClient } from '../../src/wire/user-agent.js';
import { digestIn, pathOf, referenceOf, visitToDelete, visitToPull, visitToPush } from './visit.js';

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

/** GET and HEAD /v2/(name)/manifests/(reference): the stored bytes, for every Accept (v2.md §1). */
export async function getManifest(ctx: HubContext): Promise<void> {
  const { caller, name } = await visitToPull(ctx);
  const { manifests } = ctx.state.domain;
  const reader = readerOf(caller, ctx.state.clients.networkOf(ctx.req));
  const document = await manifests.find(caller, name, referenceOf(ctx), reader);
  const { method, res, response } = ctx;
  saysV2(ctx);
  res.setHeader('Content-Type', document.mediaType);
  res.setHeader('Docker-Content-Digest', document.digest);
  res.setHeader('ETag', `"${document.digest}"`);
  if (isFresh(ctx)) {
    response.status = 304;
    return;
  }
  response.status = 200;
  if (method === 'HEAD') response.length = document.size;
  else response.body = manifests.read(document);
}

/** PUT /v2/(name)/manifests/(reference): by a digest it may be given tags besides. */
export async function putManifest(ctx: HubContext): Promise<void> {
  const { right } = await visitToPush(ctx);
  const reference = referenceOf(ctx);
  const bytes = await readBytes(ctx);
  const tags = 'tag' in reference ? [reference.tag] : tagsAsked(ctx);
  const document = await ctx.state.domain.manifests.put(right, {
    bytes,
    mediaType: mediaTypeOf(ctx),
    digest: 'digest' in reference ? reference.digest : undefined,
    tags,
    client: describeClient(ctx.get('User-Agent')),
  });
  tell(ctx, document, 'tag' in reference ? [] : tags);
  answerEmptyV2(ctx, 201);
}

/** DELETE /v2/(name)/manifests/(reference): a tag, or a manifest with its tags. */
export async function deleteManifest(ctx: HubContext): Promise<void> {
  const { caller, name } = await visitToDelete(ctx);
  await ctx.state.domain.manifests.delete(caller, name, referenceOf(ctx));
  answerEmptyV2(ctx, 202);
}

/** GET /v2/(name)/referrers/(digest): the manifests that are about another one, page by page. */
export async function getReferrers(ctx: HubContext): Promise<void> {
  const { caller, name } = await visitToPull(ctx, { orMissing: true });
  const digest = digestIn(ctx.params.digest);
  const query = new URLSearchParams(ctx.querystring);
  const artifactType = query.get('artifactType') || undefined;
  const last = query.get('last');
  const after = last === null ? undefined : digestIn(last);
  const page = ctx.state.domain.manifests.referrers(caller, name, digest, { artifactType, after });
  const { referrers: manifests, isMore } = page;
  if (artifactType !== undefined) ctx.set('OCI-Filters-Applied', 'artifactType');
  const end = manifests.at(-1);
  if (isMore && end !== undefined) {
    const next = new URLSearchParams({ last: end.digest, ...(artifactType && { artifactType }) });
    ctx.set('Link', `<${pathOf(ctx)}/referrers/${digest}?${next}>; rel="next"`);
  }
  answerV2(ctx, 200, { schemaVersion: 2, mediaType: OCI_INDEX, manifests });
  ctx.set('Content-Type', OCI_INDEX);
}

function tell(
  ctx: HubContext,
  { digest, subject }: ManifestDocument,
  tags: readonly string[],
): void {
  ctx.res.setHeader('Location', `${pathOf(ctx)}/manifests/${digest}`);
  ctx.res.setHeader('Docker-Content-Digest', digest);
  if (subject !== undefined) ctx.res.setHeader('OCI-Subject', subject);
  if (tags.length > 0) ctx.res.setHeader('OCI-Tag', [...tags]);
}

/** How many tags one request may set. */
const MOST_TAGS = 100;

function tagsAsked(ctx: HubContext): string[] {
  const tags = new URLSearchParams(ctx.querystring).getAll('tag');
  if (tags.length > MOST_TAGS) throw errors.manifestInvalid(`more than ${MOST_TAGS} tags`);
  for (const tag of tags) checkTagName(tag);
  return [...new Set(tags)];
}

/** Without parameters; what curl says by itself says nothing. */
function mediaTypeOf(ctx: HubContext): string {
  const [type = ''] = ctx.get('Content-Type').split(';');
  const said = type.trim().toLowerCase();
  return said === 'application/octet-stream' || said === 'application/x-www-form-urlencoded'
    ? ''
    : said;
}
