import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { Field } from '../parts.js';

/** The login of 2014, with the ids and names that scripts of the time filled in. */
export function LogIn({
  look,
  note,
  username = '',
  next,
}: {
  readonly look: Look;
  readonly note?: Note | undefined;
  readonly username?: string;
  /** Where it goes on afterwards. */
  readonly next: string;
}): JSX.Element {
  const { account, fields, site } = look.words;
  return (
    <Layout look={look} title={account.logInTitle} note={note}>
      <div class="narrow box">
        <h1>{account.logInTitle}</h1>
        <form id="form-login" action="/account/login/" method="post">
          <input type="hidden" name="next" value={next} />
          <Field label={fields.login} name="username" value={username} autocomplete="username" />
          <Field
            label={fields.password}
            name="password"
            type="password"
            autocomplete="current-password"
          />
          <input type="submit" class="btn btn-primary" value={account.logInTitle} />
        </form>
        <p class="hint">{account.forgot}</p>
        <p>
          {account.noAccount} <a href="/account/signup/">{site.signUp}</a>
        </p>
      </div>
    </Layout>
  );
}

/** Logging out takes a button: to open an address changes nothing. */
export function LogOut({ look }: { readonly look: Look }): JSX.Element {
  const { account } = look.words;
  return (
    <Layout look={look} title={account.logOutTitle}>
      <div class="narrow box">
        <h1>{account.logOutTitle}</h1>
        <p>{account.logOutAsk}</p>
        <form action="/account/logout/" method="post">
          <button type="submit" class="btn btn-primary">
            {account.logOutTitle}
          </button>
        </form>
      </div>
    </Layout>
  );
}
