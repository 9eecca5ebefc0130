import { errors } from '../../src/domain/errors.js';
import { ChangePassword, Emails, PasswordChanged, Profile } from '../../src/web/views/account.js';
import { lineOf, readForm } from './forms.js';
import { beginSession, goTo, ownVisitOf, queryOf, refusalNote, showPage } from './visit.js';
import type { WebContext } from './web.js';

/** GET /account/change-password/ */
export async function getPassword(ctx: WebContext): Promise<void> {
  const { look } = await ownVisitOf(ctx);
  showPage(ctx, <ChangePassword look={look} />);
}

/** POST /account/change-password/: ends all sessions but this one, which starts over. */
export async function postPassword(ctx: WebContext): Promise<void> {
  const { look, account } = await ownVisitOf(ctx);
  const form = await readForm(ctx);
  const { domain, clients } = ctx.state;
  const { username } = account;
  const from = clients.networkOf(ctx.req);
  try {
    await domain.authentication.requirePassword({
      username,
      password: form.get('old_password') ?? '',
      from,
    });
    const password = form.get('new_password1') ?? '';
    if (password !== (form.get('new_password2') ?? '')) throw errors.passwordsDiffer();
    await domain.accounts.update(account, username, { password }, from);
    beginSession(ctx, domain.accounts.require(username));
    goTo(ctx, '/account/change-password-done/');
  } catch (error) {
    const { note, status } = refusalNote(look, error);
    showPage(ctx, <ChangePassword look={look} note={note} />, status);
  }
}

/** GET /account/change-password-done/ */
export async function getPasswordDone(ctx: WebContext): Promise<void> {
  const { look } = await ownVisitOf(ctx);
  showPage(ctx, <PasswordChanged look={look} />);
}

/** GET /account/emails/ */
export async function getEmails(ctx: WebContext): Promise<void> {
  const { look, account } = await ownVisitOf(ctx);
  const isNew = queryOf(ctx, 'added') !== '';
  const note = isNew ? ({ kind: 'good', text: look.words.account.emailAdded } as const) : undefined;
  showPage(ctx, <Emails look={look} note={note} emails={account.emails} />);
}

/** POST /account/emails/: one more, as PUT /v1/users/(name)/ adds it (protocol.md §1.3). */
export async function postEmails(ctx: WebContext): Promise<void> {
  const { look, account } = await ownVisitOf(ctx);
  const email = lineOf(await readForm(ctx), 'email');
  const { domain, clients } = ctx.state;
  const { username } = account;
  try {
    await domain.accounts.update(account, username, { email }, clients.networkOf(ctx.req));
    goTo(ctx, '/account/emails/?added=1');
  } catch (error) {
    const { note, status } = refusalNote(look, error);
    const page = <Emails look={look} note={note} emails={account.emails} typed={email} />;
    showPage(ctx, page, status);
  }
}

const NOTHING = { fullName: '', location: '', company: '', url: '' };

/** GET /account/profile/ */
export async function getProfile(ctx: WebContext): Promise<void> {
  const { look, account } = await ownVisitOf(ctx);
  const isSaved = queryOf(ctx, 'saved') !== '';
  const note = isSaved ? ({ kind: 'good', text: look.words.account.saved } as const) : undefined;
  showPage(ctx, <Profile look={look} note={note} values={account.profile ?? NOTHING} />);
}

/** POST /account/profile/ */
export async function postProfile(ctx: WebContext): Promise<void> {
  const { look, account } = await ownVisitOf(ctx);
  const form = await readForm(ctx);
  const values = {
    fullName: lineOf(form, 'full_name'),
    location: lineOf(form, 'location'),
    company: lineOf(form, 'company'),
    url: lineOf(form, 'profile_url'),
  };
  try {
    await ctx.state.domain.accounts.setProfile(account.username, values);
    goTo(ctx, '/account/profile/?saved=1');
  } catch (error) {
    const { note, status } = refusalNote(look, error);
    showPage(ctx, <Profile look={look} note={note} values={values} />, status);
  }
}
