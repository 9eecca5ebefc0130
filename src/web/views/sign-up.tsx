import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { Field } from '../parts.js';

/** What was typed, but for passwords. */
export interface SignUpValues {
  readonly username?: string;
  readonly email?: string;
}

/** The form for an account, with the names that Django gave its fields. */
export function SignUpForm({
  look,
  values = {},
}: {
  readonly look: Look;
  readonly values?: SignUpValues;
}): JSX.Element {
  const { fields, front } = look.words;
  const { username = '', email = '' } = values;
  return (
    <form id="form-signup" action="/account/signup/" method="post">
      <Field
        label={fields.username}
        name="username"
        value={username}
        hint={fields.hints.username}
        autocomplete="username"
      />
      <Field
        label={fields.email}
        name="email"
        type="email"
        value={email}
        hint={fields.hints.email}
        autocomplete="email"
      />
      <Field
        label={fields.password}
        name="password1"
        type="password"
        hint={fields.hints.password}
        autocomplete="new-password"
      />
      <Field label={fields.again} name="password2" type="password" autocomplete="new-password" />
      <button type="submit" class="btn btn-primary">
        {front.signUp}
      </button>
    </form>
  );
}

/** The page of that form. */
export function SignUp({
  look,
  note,
  values = {},
  isOpen,
}: {
  readonly look: Look;
  readonly note?: Note | undefined;
  readonly values?: SignUpValues;
  readonly isOpen: boolean;
}): JSX.Element {
  const { account, site } = look.words;
  return (
    <Layout look={look} title={account.signUpTitle} note={note}>
      <div class="narrow box">
        <h1>{account.signUpTitle}</h1>
        {isOpen ? <SignUpForm look={look} values={values} /> : <p>{account.closed}</p>}
        <p>
          {account.haveOne} <a href="/account/login/">{site.logIn}</a>
        </p>
      </div>
    </Layout>
  );
}
