import type { AccountFlags } from '../../src/domain/accounts/account-changes.js';
import type { UserDocument } from '../../src/domain/documents.js';
import { errors } from '../../src/domain/errors.js';
import type { Note } from '../../src/web/look.js';
import { type AccountLine, Accounts } from '../../src/web/views/admin.js';
import { lineOf, readForm } from './forms.js';
import { pageOf } from './shown.js';
import { adminVisitOf, goTo, queryOf, showPage } from './visit.js';
import type { WebContext } from './web.js';

/** GET /account/admin/ */
export async function getAccounts(ctx: WebContext): Promise<void> {
  const { look } = await adminVisitOf(ctx);
  const filter = queryOf(ctx, 'filter').trim().slice(0, 128);
  const fitting = ctx.state.domain.accounts
    .list()
    .filter(({ username }) => username.includes(filter.toLowerCase()))
    .sort((a, b) => (a.username < b.username ? -1 : 1));
  const { items, page, pages } = pageOf(ctx, fitting);
  const changed = queryOf(ctx, 'changed').slice(0, 64);
  const note: Note | undefined =
    changed === '' ? undefined : { kind: 'good', text: look.words.admin.done(changed) };
  const shown = { look, note, accounts: items.map(lineFor), filter, page, pages };
  showPage(ctx, <Accounts {...shown} />);
}

const ACTIONS: Readonly<Record<string, AccountFlags>> = {
  activate: { active: true },
  deactivate: { active: false },
  promote: { admin: true },
  demote: { admin: false },
};

/** POST /account/admin/: activates, deactivates, gives and takes the rights of an admin; never of oneself. */
export async function postAccount(ctx: WebContext): Promise<void> {
  const { account } = await adminVisitOf(ctx);
  const form = await readForm(ctx);
  const username = lineOf(form, 'username');
  const action = lineOf(form, 'action');
  const flags = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (flags === undefined) throw errors.badRequest();
  // So that there is always an admin left.
  if (username === account.username) throw errors.notAllowed();
  await ctx.state.domain.accounts.setFlags(username, flags);
  goTo(ctx, `/account/admin/?changed=${encodeURIComponent(username)}`);
}

function lineFor({ username, emails, active, admin, created }: UserDocument): AccountLine {
  return { username, email: emails.at(-1) ?? '', active, admin, created };
}
