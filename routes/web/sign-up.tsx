import { errors, type HubError } from '../../src/domain/errors.js';
import type { Note } from '../../src/web/look.js';
import { SignUp, type SignUpValues } from '../../src/web/views/sign-up.js';
import { lineOf, readForm } from './forms.js';
import { beginSession, goTo, refusalNote, showPage, type Visit, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** GET /account/signup/ */
export async function getSignUp(ctx: WebContext): Promise<void> {
  show(ctx, await visitOf(ctx), {});
}

/** POST /account/signup/: the registration of protocol.md §1.2, by a form; it logs in at once. */
export async function postSignUp(ctx: WebContext): Promise<void> {
  const visit = await visitOf(ctx);
  const form = await readForm(ctx);
  const values = { username: lineOf(form, 'username'), email: lineOf(form, 'email') };
  const { domain, settings, clients } = ctx.state;
  try {
    if (settings.registration === 'closed') throw errors.registrationClosed();
    const password = form.get('password1') ?? '';
    const registration = { ...values, password };
    const isSame = password === (form.get('password2') ?? '');
    const faults = domain.accounts.faultsOf(registration);
    if (!isSame) faults.push(errors.passwordsDiffer());
    if (faults.length > 0) return showFaults(ctx, visit, values, faults);
    const account = await domain.accounts.register(registration, {
      from: clients.networkOf(ctx.req),
    });
    beginSession(ctx, account);
    goTo(ctx, '/account/welcome/?new=1');
  } catch (error) {
    const { note, status } = refusalNote(visit.look, error);
    // A browser asks for a password by itself at 401.
    show(ctx, visit, values, note, status === 401 ? 403 : status);
  }
}

/** Says everything that is wrong at once. */
function showFaults(
  ctx: WebContext,
  visit: Visit,
  values: SignUpValues,
  faults: readonly HubError[],
): void {
  const refusals = faults.map((fault) => refusalNote(visit.look, fault));
  const [text = '', ...more] = new Set(refusals.map(({ note }) => note.text));
  show(ctx, visit, values, { kind: 'bad', text, more }, refusals[0]?.status);
}

function show(
  ctx: WebContext,
  { look }: Visit,
  values: SignUpValues,
  note?: Note,
  status = 200,
): void {
  const isOpen = ctx.state.settings.registration === 'open';
  showPage(ctx, <SignUp look={look} values={values} note={note} isOpen={isOpen} />, status);
}
