import { errors } from '../../src/domain/errors.js';
import { LIBRARY, PATTERNS } from '../../src/domain/repositories/names.js';
import { Repositories, UserPage } from '../../src/web/views/lists.js';
import { listOf } from './shown.js';
import { moveTo, showPage, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** GET /repos/(namespace)/ */
export async function getRepositories(ctx: WebContext): Promise<void> {
  const { caller, look, account } = await visitOf(ctx);
  const namespace = namespaceOf(ctx);
  if (namespace === LIBRARY) return moveTo(ctx, '/official/');
  const list = listOf(ctx, caller, namespace);
  if (list.count === 0 && list.filter === '' && account?.username !== namespace) {
    requireSomebody(ctx, namespace);
  }
  showPage(ctx, <Repositories look={look} namespace={namespace} list={list} />);
}

/** GET /u/(namespace)/: somebody's public page. */
export async function getUserPage(ctx: WebContext): Promise<void> {
  const { caller, look } = await visitOf(ctx);
  const namespace = namespaceOf(ctx);
  if (namespace === LIBRARY) return moveTo(ctx, '/official/');
  const list = listOf(ctx, caller, namespace);
  const user = ctx.state.domain.accounts.find(namespace);
  if (list.count === 0 && list.filter === '') requireSomebody(ctx, namespace);
  const { fullName = '', location = '', company = '', url = '' } = user?.profile ?? {};
  const profile = user && {
    username: user.username,
    isAdmin: user.admin,
    since: user.created,
    ...{ fullName, location, company, url },
  };
  const page = <UserPage look={look} namespace={namespace} list={list} profile={profile} />;
  showPage(ctx, page);
}

/** Throws `accountMissing` for what can't be a namespace. */
function namespaceOf({ params: { namespace = '' } }: WebContext): string {
  if (!PATTERNS.namespace.test(namespace)) throw errors.accountMissing();
  return namespace;
}

function requireSomebody(ctx: WebContext, namespace: string): void {
  ctx.state.domain.accounts.require(namespace);
}
