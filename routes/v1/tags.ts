import type { Caller } from '../../src/domain/access/access.js';
import type { RepositoryDocument, TagDocument } from '../../src/domain/documents.js';
import { errors } from '../../src/domain/errors.js';
import { parseJson } from '../../src/domain/json.js';
import { readerOf } from '../../src/domain/layers/layer-readings.js';
import {
  answerIndex,
  answerIndexText,
  answerRegistry,
  answerRegistryText,
} from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identify } from '../../src/wire/credentials.js';
import { toPythonJson } from '../../src/wire/json.js';
import { isIndexName } from '../../src/wire/official-names.js';
import { readBytes } from '../../src/wire/request-body.js';
import { rightsOf } from '../../src/wire/rights.js';
import { describeClient } from '../../src/wire/user-agent.js';
import { repositoryOf } from './repository.js';

/** GET …/tags: from the registry a map of ids, from the index a list of short ones (protocol.md §1.12, §3). */
export async function getTags(ctx: HubContext): Promise<void> {
  const caller = await identify(ctx);
  const tags = ctx.state.domain.tags.list(caller, repositoryOf(ctx));
  if (isForIndex(ctx, caller)) {
    answerIndexText(ctx, 200, toPythonJson(indexTags(tags)));
    return;
  }
  answerRegistryText(ctx, 200, ctx.state.written.of(tags, writeTags));
}

function writeTags(tags: RepositoryDocument['tags']): string {
  const sorted = Object.keys(tags).sort();
  return toPythonJson(Object.fromEntries(sorted.map((tag) => [tag, tags[tag]?.image])));
}

/** GET …/tags/(tag): from the registry the quoted id, from the index the layers (protocol.md §1.12). */
export async function getTag(ctx: HubContext): Promise<void> {
  const { tags, library, toV1 } = ctx.state.domain;
  const caller = await identify(ctx);
  const { image } = tags.find(caller, repositoryOf(ctx), tagOf(ctx));
  if (!isForIndex(ctx, caller)) answerRegistry(ctx, 200, image);
  else {
    const reader = readerOf(caller, ctx.state.clients.networkOf(ctx.req));
    if (!(await toV1.ensure(caller, image, reader))) throw errors.imageMissing();
    answerIndex(ctx, 200, library.find(caller, image).ancestry.map(indexLayer));
  }
}

/** Asked as the index without a token, it is the index that answers (architecture.md, "Two voices"). */
function isForIndex(ctx: HubContext, caller: Caller): boolean {
  return caller.kind !== 'token' && isIndexName(ctx.hostname);
}

/** The index numbered its layers; here the number is made of the id. */
function indexLayer(id: string) {
  return { pk: Number.parseInt(id.slice(0, 7), 16), id: id.slice(0, 8) };
}

/** PUT …/tags/(tag): point it at the image whose quoted id is the body (clients.md Push 6). */
export async function putTag(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const right = rightsOf(ctx).requirePush(await identify(ctx), name);
  const image = parseImageReference(await readBytes(ctx));
  const client = describeClient(ctx.get('User-Agent'));
  const { toV1 } = ctx.state.domain;
  if (toV1.isAwaited(image)) {
    const reader = readerOf(right.caller, ctx.state.clients.networkOf(ctx.req));
    if (!(await toV1.ensure(right.caller, image, reader))) throw errors.imageMissing();
  }
  await ctx.state.domain.tags.put(right, tagOf(ctx), { image, client });
  answerRegistry(ctx, 200, true);
}

/** DELETE …/tags/(tag) */
export async function deleteTag(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const caller = await identify(ctx);
  rightsOf(ctx).requireOwner(caller, name, 'delete');
  await ctx.state.domain.tags.remove(caller, name, tagOf(ctx));
  answerRegistry(ctx, 200, true);
}

/**
 * DELETE …/tags: to docker-registry another name for DELETE of the repository (its tags.py), which removed all
 * tags and no image. With a delete token it is that step of the deletion; an account removes the tags alone.
 */
export async function deleteTags(ctx: HubContext): Promise<void> {
  const { tags, deletions } = ctx.state.domain;
  const name = repositoryOf(ctx);
  const caller = await identify(ctx);
  rightsOf(ctx).requireOwner(caller, name, 'delete');
  if (caller.kind === 'token') await deletions.deleteContent(caller, name);
  else await tags.removeAll(caller, name);
  answerRegistry(ctx, 200, true);
}

/** GET …/json: what the push of `latest` said of its machine (protocol.md §1.11). */
export async function getRepositoryJson(ctx: HubContext): Promise<void> {
  const tags = ctx.state.domain.tags.list(await identify(ctx), repositoryOf(ctx));
  answerRegistry(ctx, 200, describeTag(tags.latest));
}

/** GET …/tags/(tag)/json */
export async function getTagJson(ctx: HubContext): Promise<void> {
  const tag = ctx.state.domain.tags.find(await identify(ctx), repositoryOf(ctx), tagOf(ctx));
  answerRegistry(ctx, 200, describeTag(tag));
}

function tagOf(ctx: HubContext): string {
  return ctx.params.tag ?? '';
}

/** Anything but a quoted id is "Invalid data", JSON or not, as in docker-registry. */
function parseImageReference(body: Uint8Array): string {
  const image = parseJson(body, errors.invalidData);
  if (typeof image !== 'string' || image === '') throw errors.invalidData();
  return image;
}

/** `latest` first, then by name; ids of 8 digits, as scripts of the time cut them out (protocol.md §1.12). */
function indexTags(tags: RepositoryDocument['tags']) {
  return Object.entries(tags)
    .sort(([a], [b]) => Number(b === 'latest') - Number(a === 'latest') || (a < b ? -1 : 1))
    .map(([name, { image }]) => ({ layer: image.slice(0, 8), name }));
}

/** Keys from a to z, as docker-registry wrote them. */
function describeTag(tag: TagDocument | undefined) {
  const client = tag?.client ?? {};
  return {
    arch: client.arch ?? 'amd64',
    docker_go_version: client.docker_go_version ?? null,
    docker_version: client.docker_version ?? null,
    kernel: client.kernel ?? null,
    last_update: tag === undefined ? null : Math.floor(Date.parse(tag.updated) / 1000),
    os: client.os ?? 'linux',
  };
}
