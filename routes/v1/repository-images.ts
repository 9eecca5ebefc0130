import type { RepositoryDocument } from '../../src/domain/documents.js';
import { errors } from '../../src/domain/errors.js';
import { isListedId } from '../../src/domain/repositories/names.js';
import { answerIndex, answerIndexText, answerNothing } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identify } from '../../src/wire/credentials.js';
import { toPythonJson } from '../../src/wire/json.js';
import { rightsOf } from '../../src/wire/rights.js';
import { grant, readImageList, repositoryOf } from './repository.js';

/** GET …/images: the image list, and a read token to fetch them with (protocol.md §1.6). */
export async function getImages(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const caller = await identify(ctx);
  const repository = ctx.state.domain.questions.readList(caller, name);
  grant(ctx, caller, name, 'read');
  answerIndexText(ctx, 200, ctx.state.written.of(repository.images, writeList));
}

/** PUT …/images: the end of a push, often with an empty list or no body (clients.md, Push 7; protocol.md §1.6). */
export async function putImages(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const right = rightsOf(ctx).requirePush(await identify(ctx), name);
  await ctx.state.domain.repositories.addImages(right, await readImageList(ctx));
  answerNothing(ctx);
}

/** DELETE …/images: hands out a delete token and removes nothing, as docker-registry did. */
export async function deleteImages(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const caller = await identify(ctx);
  rightsOf(ctx).requireOwner(caller, name, 'delete');
  ctx.state.domain.repositories.requireCurrent(caller, name);
  grant(ctx, caller, name, 'delete');
  answerNothing(ctx);
}

/** PUT …/auth: the registry asks whether a token is good; a delete token is spent by it (protocol.md §1.7). */
export async function putAuth(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const caller = await identifyForAuth(ctx);
  await ctx.state.domain.questions.authorize(caller, name);
  answerIndex(ctx, 200, 'OK');
}

/** Here a token that is not good has an answer of its own: 403 (protocol.md §1.14). */
async function identifyForAuth(ctx: HubContext) {
  const isToken = /^token\b/i.test(ctx.get('Authorization'));
  try {
    return await identify(ctx);
  } catch (error) {
    throw isToken ? errors.authDenied() : error;
  }
}

/** GET …/layer/(id)/access: may this image be used within the repository? (protocol.md §1.9) */
export async function getLayerAccess(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const caller = await identify(ctx);
  const { id = '' } = ctx.params;
  if (!isListedId(id)) throw errors.imageId();
  if (caller.kind === 'anonymous') throw errors.loginRequired();
  answerIndex(ctx, 200, { access: ctx.state.domain.questions.hasLayerAccess(caller, name, id) });
}

function writeList(images: RepositoryDocument['images']): string {
  return toPythonJson(images.map(listed));
}

function listed({ id, checksum = '' }: RepositoryDocument['images'][number]) {
  return { id, checksum };
}
