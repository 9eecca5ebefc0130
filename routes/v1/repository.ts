import type { Caller } from '../../src/domain/access/access.js';
import type { Access } from '../../src/domain/access/tokens.js';
import type { ListedImage } from '../../src/domain/documents.js';
import { parseJson } from '../../src/domain/json.js';
import { parseImageList } from '../../src/domain/repositories/image-lists.js';
import { parseRepositoryName, type RepositoryName } from '../../src/domain/repositories/names.js';
import { askedHost } from '../../src/wire/asked-host.js';
import type { HubContext } from '../../src/wire/context.js';
import { readBytes } from '../../src/wire/request-body.js';

/** The repository that a path names. Throws `badName` (400). */
export function repositoryOf(ctx: HubContext): RepositoryName {
  const { namespace, repository = '' } = ctx.params;
  return parseRepositoryName(namespace, repository);
}

/**
 * Says where the registry is, and hands out a token if the client asked for one by X-Docker-Token.
 * Each endpoint has a header line of its own: docker before 0.11 splits no lists (protocol.md §0.7).
 */
export function grant(ctx: HubContext, caller: Caller, name: RepositoryName, access: Access): void {
  const { settings, domain } = ctx.state;
  const { endpoints } = settings;
  ctx.res.setHeader('X-Docker-Endpoints', endpoints.length > 0 ? [...endpoints] : askedHost(ctx));
  if (!ctx.req.headers['x-docker-token']) return;
  const token = domain.identities.grant(caller, name.full, access);
  ctx.res.setHeader('X-Docker-Token', token);
  ctx.res.setHeader('WWW-Authenticate', `Token ${token}`);
}

/** The images that a body lists, none without a body. Throws as `readBytes` and `parseImageList` do. */
export async function readImageList(ctx: HubContext): Promise<ListedImage[]> {
  const body = await readBytes(ctx);
  return body.length === 0 ? [] : parseImageList(parseJson(body));
}
