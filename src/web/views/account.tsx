import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { Field } from '../parts.js';

interface Shown {
  readonly look: Look;
  readonly note?: Note | undefined;
}

export function ChangePassword({ look, note }: Shown): JSX.Element {
  const { account, fields } = look.words;
  return (
    <Layout look={look} title={account.passwordTitle} note={note} own>
      <h1>{account.passwordTitle}</h1>
      <p>{account.passwordHint}</p>
      <form class="narrow" action="/account/change-password/" method="post">
        <UsernameForManagers look={look} />
        <Field
          label={fields.oldPassword}
          name="old_password"
          type="password"
          autocomplete="current-password"
        />
        <Field
          label={fields.newPassword}
          name="new_password1"
          type="password"
          hint={fields.hints.password}
          autocomplete="new-password"
        />
        <Field
          label={fields.again}
          name="new_password2"
          type="password"
          autocomplete="new-password"
        />
        <button type="submit" class="btn btn-primary">
          {account.passwordTitle}
        </button>
      </form>
    </Layout>
  );
}

/** Tells a password manager whose password it is that changes. */
function UsernameForManagers({ look }: { readonly look: Look }): JSX.Element {
  return (
    <input
      class="unseen"
      type="text"
      name="username"
      value={look.viewer?.username}
      autocomplete="username"
      tabIndex={-1}
      aria-hidden="true"
      readonly
    />
  );
}

export function PasswordChanged({ look }: Shown): JSX.Element {
  const { account, front } = look.words;
  const note: Note = { kind: 'good', text: account.passwordDone };
  return (
    <Layout look={look} title={account.passwordTitle} note={note} own>
      <h1>{account.passwordTitle}</h1>
      <p>
        <a href="/">{look.words.nav.summary}</a> · {front.title}
      </p>
    </Layout>
  );
}

export function Emails({
  look,
  note,
  emails,
  typed = '',
}: Shown & { readonly emails: readonly string[]; readonly typed?: string }): JSX.Element {
  const { account, fields } = look.words;
  return (
    <Layout look={look} title={account.emailsTitle} note={note} own>
      <h1>{account.emailsTitle}</h1>
      <p>{account.emailsHint}</p>
      <ul class="emails">
        {emails.map((each) => (
          <li key={each}>
            <bdi>{each}</bdi>
          </li>
        ))}
      </ul>
      <form class="narrow" action="/account/emails/" method="post">
        <Field label={fields.email} name="email" type="email" value={typed} autocomplete="email" />
        <button type="submit" class="btn btn-primary">
          {account.addEmail}
        </button>
      </form>
    </Layout>
  );
}

export interface ProfileValues {
  readonly fullName: string;
  readonly location: string;
  readonly company: string;
  readonly url: string;
}

export function Profile({
  look,
  note,
  values,
}: Shown & { readonly values: ProfileValues }): JSX.Element {
  const { account, fields } = look.words;
  const shared = { required: false, maxLength: 200 };
  return (
    <Layout look={look} title={account.profileTitle} note={note} own>
      <h1>{account.profileTitle}</h1>
      <p>{account.profileHint}</p>
      <form class="narrow" action="/account/profile/" method="post">
        <Field
          {...shared}
          label={fields.fullName}
          name="full_name"
          value={values.fullName}
          autocomplete="name"
        />
        <Field {...shared} label={fields.location} name="location" value={values.location} />
        <Field
          {...shared}
          label={fields.company}
          name="company"
          value={values.company}
          autocomplete="organization"
        />
        <Field
          {...shared}
          label={fields.url}
          name="profile_url"
          type="url"
          value={values.url}
          hint={fields.hints.url}
          autocomplete="url"
        />
        <button type="submit" class="btn btn-primary">
          {account.save}
        </button>
      </form>
    </Layout>
  );
}
