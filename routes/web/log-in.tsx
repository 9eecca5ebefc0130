import { LogIn, LogOut } from '../../src/web/views/log-in.js';
import { lineOf, readForm } from './forms.js';
import {
  beginSession,
  endSession,
  goTo,
  queryOf,
  refusalNote,
  showPage,
  visitOf,
} from './visit.js';
import type { WebContext } from './web.js';

/** Where a login leads that was not asked for by another page. */
const WELCOME = '/account/welcome/';

/** GET /account/login/?next= */
export async function getLogIn(ctx: WebContext): Promise<void> {
  const { account, look } = await visitOf(ctx);
  const next = localPath(queryOf(ctx, 'next'));
  if (account === undefined) showPage(ctx, <LogIn look={look} next={next} />);
  else goTo(ctx, next);
}

/**
 * POST /account/login/: a name or an e-mail address, and a password. Wrong ones are counted with those that come
 * over the API.
 */
export async function postLogIn(ctx: WebContext): Promise<void> {
  const { look } = await visitOf(ctx);
  const form = await readForm(ctx);
  const said = lineOf(form, 'username');
  const next = localPath(form.get('next') ?? '');
  const { domain, clients } = ctx.state;
  try {
    const username = domain.accounts.nameOf(said);
    const password = form.get('password') ?? '';
    const from = clients.networkOf(ctx.req);
    beginSession(ctx, await domain.authentication.authenticate({ username, password, from }));
    goTo(ctx, next);
  } catch (error) {
    const { note, status } = refusalNote(look, error);
    // Django showed the form again with 200; scripts of the time look for `.alert-error`.
    const shown = status === 401 ? 200 : status;
    showPage(ctx, <LogIn look={look} note={note} username={said} next={next} />, shown);
  }
}

/** GET /account/logout/: asks. */
export async function getLogOut(ctx: WebContext): Promise<void> {
  const { look } = await visitOf(ctx);
  showPage(ctx, <LogOut look={look} />);
}

/** POST /account/logout/ */
export async function postLogOut(ctx: WebContext): Promise<void> {
  await readForm(ctx);
  endSession(ctx);
  goTo(ctx, '/');
}

/** A path of this hub's pages; others would lead people to pages that only look like these. */
function localPath(next: string): string {
  const isLocal = /^\/(?![/\\])[\x21-\x7e]{0,500}$/.test(next) && !next.includes('\\');
  return isLocal ? next : WELCOME;
}
