import type { RepositoryDocument } from '../../src/domain/documents.js';
import type { Note } from '../../src/web/look.js';
import { GuestFront, Summary } from '../../src/web/views/front.js';
import { lineOf, newestFirst } from './shown.js';
import { goTo, type OwnVisit, ownVisitOf, queryOf, showPage, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** How many repositories a summary has, of the viewer's own and of others. */
const MOST = 8;

/** GET / for a browser: what this is, or what the viewer has. */
export async function getFront(ctx: WebContext): Promise<void> {
  const visit = await visitOf(ctx);
  const { account, look } = visit;
  if (account !== undefined) showSummary(ctx, { ...visit, account });
  else {
    const isOpen = ctx.state.settings.registration === 'open';
    showPage(ctx, <GuestFront look={look} isOpen={isOpen} />);
  }
}

/** GET /account/welcome/: where a login led. */
export async function getWelcome(ctx: WebContext): Promise<void> {
  showSummary(ctx, await ownVisitOf(ctx));
}

/** GET /account/ */
export function getAccount(ctx: WebContext): void {
  goTo(ctx, '/account/welcome/');
}

function showSummary(ctx: WebContext, { caller, account, look }: OwnVisit): void {
  const { username } = account;
  const seen = ctx.state.domain.repositories.visible(caller);
  const own = seen.filter(({ namespace }) => namespace === username);
  const others = seen.filter(({ namespace }) => namespace !== username);
  const newest = (some: RepositoryDocument[]) => newestFirst(some).slice(0, MOST).map(lineOf);
  const page = (
    <Summary
      look={look}
      note={noteOf(ctx, username, look.words)}
      username={username}
      own={newest(own)}
      count={own.length}
      privates={own.filter(({ access }) => access === 'private').length}
      others={newest(others)}
    />
  );
  showPage(ctx, page);
}

/** What led here. */
function noteOf(
  ctx: WebContext,
  username: string,
  { account, settings }: OwnVisit['look']['words'],
): Note | undefined {
  if (queryOf(ctx, 'new') !== '') return { kind: 'good', text: account.signUpDone(username) };
  const deleted = queryOf(ctx, 'deleted').slice(0, 200);
  return deleted === '' ? undefined : { kind: 'good', text: settings.removed(deleted) };
}
