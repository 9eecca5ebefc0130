import { errors } from '../../src/domain/errors.js';
import type { NewUser } from '../../src/harness/accounts.js';
import type { NewImage } from '../../src/harness/image-content.js';
import type { NewRepository } from '../../src/harness/repositories.js';
import { answerPlain } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { controlOf, readValue } from './input.js';

/** GET /_hub/users */
export function getUsers(ctx: HubContext): void {
  answerPlain(ctx, 200, { users: controlOf(ctx).users.list() });
}

/** POST /_hub/users: an account, active or not, admin or not. */
export async function postUser(ctx: HubContext): Promise<void> {
  const { users } = controlOf(ctx);
  answerPlain(ctx, 201, await users.create((await readValue(ctx)) as NewUser));
}

/** GET /_hub/users/(name) */
export function getUser(ctx: HubContext): void {
  const user = controlOf(ctx).users.get(ctx.params.username ?? '');
  if (user === undefined) throw errors.accountMissing();
  answerPlain(ctx, 200, user);
}

/** DELETE /_hub/users/(name): the account; its repositories stay. */
export async function deleteUser(ctx: HubContext): Promise<void> {
  await controlOf(ctx).users.delete(ctx.params.username ?? '');
  ctx.status = 204;
}

/** POST /_hub/users/(name)/activate: lets the account log in. */
export async function activateUser(ctx: HubContext): Promise<void> {
  await controlOf(ctx).users.activate(ctx.params.username ?? '');
  getUser(ctx);
}

/** POST /_hub/users/(name)/deactivate: "Account is not Active" from now on. */
export async function deactivateUser(ctx: HubContext): Promise<void> {
  await controlOf(ctx).users.deactivate(ctx.params.username ?? '');
  getUser(ctx);
}

/** GET /_hub/repositories: all, private ones too. */
export function getRepositories(ctx: HubContext): void {
  answerPlain(ctx, 200, { repositories: controlOf(ctx).repositories.list() });
}

/** POST /_hub/repositories: makes one, or changes the one of that name. */
export async function postRepository(ctx: HubContext): Promise<void> {
  const { repositories } = controlOf(ctx);
  answerPlain(ctx, 201, await repositories.create((await readValue(ctx)) as NewRepository));
}

/** GET /_hub/repositories/((ns/)repo) */
export function getRepository(ctx: HubContext): void {
  const repository = controlOf(ctx).repositories.get(nameOf(ctx));
  if (repository === undefined) throw errors.repositoryMissing();
  answerPlain(ctx, 200, repository);
}

/** DELETE /_hub/repositories/((ns/)repo): at once, with what only it holds. */
export async function deleteRepository(ctx: HubContext): Promise<void> {
  await controlOf(ctx).repositories.delete(nameOf(ctx));
  ctx.status = 204;
}

/** GET /_hub/images */
export function getImages(ctx: HubContext): void {
  answerPlain(ctx, 200, { images: controlOf(ctx).images.list() });
}

/** POST /_hub/images: an image from files, tagged in a repository. */
export async function postImage(ctx: HubContext): Promise<void> {
  const { images } = controlOf(ctx);
  answerPlain(ctx, 201, await images.create((await readValue(ctx)) as NewImage));
}

/** GET /_hub/images/(id) */
export function getImage(ctx: HubContext): void {
  const image = controlOf(ctx).images.get(ctx.params.id ?? '');
  if (image === undefined) throw errors.imageMissing();
  answerPlain(ctx, 200, image);
}

/** DELETE /_hub/images/(id): out of every repository, with all that is built on it. */
export async function deleteImage(ctx: HubContext): Promise<void> {
  const { images } = controlOf(ctx);
  const { id = '' } = ctx.params;
  if (images.get(id) === undefined) throw errors.imageMissing();
  await images.delete(id);
  ctx.status = 204;
}

function nameOf(ctx: HubContext): string {
  const { namespace, repository = '' } = ctx.params;
  return namespace === undefined ? repository : `${namespace}/${repository}`;
}
