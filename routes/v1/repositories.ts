import { errors } from '../../src/domain/errors.js';
import type { Properties } from '../../src/domain/repositories/repository-changes.js';
import { answerIndex, answerRegistry } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identify } from '../../src/wire/credentials.js';
import { readFields } from '../../src/wire/request-body.js';
import { rightsOf } from '../../src/wire/rights.js';
import { grant, readImageList, repositoryOf } from './repository.js';

/** A description is at most as long as an official one was (protocol.md §6), tenfold. */
const LONGEST_DESCRIPTION = 1000;

/**
 * PUT /v1/repositories/(ns/)repo/: begin a push (protocol.md §1.4, clients.md Push 1). A docker always
 * lists its images; who creates a repository by hand need not.
 */
export async function putRepository(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const caller = await identify(ctx);
  const right = rightsOf(ctx).requirePush(caller, name);
  await ctx.state.domain.repositories.push(right, await readImageList(ctx));
  grant(ctx, caller, name, 'write');
  answerIndex(ctx, 200, '');
}

/**
 * DELETE of the same path (protocol.md §1.5). With an account it is the index that is asked: 202 and a
 * delete token, then 200. With that token, and where it asks nobody who they are, it is the registry.
 */
export async function deleteRepository(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const { deletions } = ctx.state.domain;
  const caller = await identify(ctx);
  rightsOf(ctx).requireOwner(caller, name, 'delete');
  if (caller.kind === 'account') {
    const step = await deletions.delete(caller, name);
    if (step === 'begun') grant(ctx, caller, name, 'delete');
    answerIndex(ctx, step === 'begun' ? 202 : 200, '');
    return;
  }
  if (caller.kind === 'token') await deletions.deleteContent(caller, name);
  else await deletions.removeAs(caller, name);
  answerRegistry(ctx, 200, true);
}

/** GET …/properties: who may read the repository (protocol.md §1.11). */
export async function getProperties(ctx: HubContext): Promise<void> {
  const { access } = ctx.state.domain.repositories.read(await identify(ctx), repositoryOf(ctx));
  answerRegistry(ctx, 200, { access });
}

/** PUT …/properties: `{"access"}`, and ours `{"description"}`, for which v1 had no path. */
export async function putProperties(ctx: HubContext): Promise<void> {
  const name = repositoryOf(ctx);
  const right = rightsOf(ctx).requirePush(await identify(ctx), name);
  const properties = parseProperties(await readFields(ctx, errors.invalidData));
  await ctx.state.domain.repositories.setProperties(right, properties);
  answerRegistry(ctx, 200, true);
}

function parseProperties(fields: Readonly<Record<string, unknown>>): Properties {
  const { access, description } = fields;
  if (access === undefined && description === undefined) throw errors.invalidData();
  if (access !== undefined && access !== 'public' && access !== 'private') {
    throw errors.invalidData('access');
  }
  if (description !== undefined && !isDescription(description)) {
    throw errors.invalidData('description');
  }
  return { access, description };
}

function isDescription(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_DESCRIPTION;
}
