import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { Pager, When } from '../parts.js';
import { userPath } from '../paths.js';

/** An account, as admins see it. */
export interface AccountLine {
  readonly username: string;
  readonly email: string;
  readonly active: boolean;
  readonly admin: boolean;
  /** ISO 8601. */
  readonly created: string;
}

interface AccountsProps {
  readonly look: Look;
  readonly note?: Note | undefined;
  readonly accounts: readonly AccountLine[];
  readonly filter: string;
  readonly page: number;
  readonly pages: number;
}

/** `/account/admin/` */
export function Accounts(props: AccountsProps): JSX.Element {
  const { look, note, accounts, filter, page, pages } = props;
  const { admin, list } = look.words;
  return (
    <Layout look={look} title={admin.title} note={note} own>
      <h1>{admin.title}</h1>
      <p>{admin.lead}</p>
      <form class="filter" method="get" action="/account/admin/">
        <label>
          {admin.filter} <input type="search" name="filter" value={filter} />
        </label>
        <button type="submit">{list.apply}</button>
      </form>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{look.words.fields.username}</th>
              <th scope="col">{look.words.fields.email}</th>
              <th scope="col">{admin.state}</th>
              <th scope="col">{admin.registered}</th>
              <th scope="col">{admin.actions}</th>
            </tr>
          </thead>
          <tbody data-walk>
            {accounts.map((each) => (
              <Row key={each.username} look={look} account={each} />
            ))}
          </tbody>
        </table>
      </div>
      <Pager look={look} page={page} pages={pages} />
    </Layout>
  );
}

function Row({
  look,
  account,
}: {
  readonly look: Look;
  readonly account: AccountLine;
}): JSX.Element {
  const { admin, account: words } = look.words;
  const { username, active } = account;
  const isSelf = username === look.viewer?.username;
  return (
    <tr>
      <th scope="row">
        <a href={userPath(username)}>{username}</a>{' '}
        {account.admin && <span class="badge">{words.admin}</span>}
      </th>
      <td data-label={look.words.fields.email}>
        <bdi>{account.email}</bdi>
      </td>
      <td data-label={admin.state}>{active ? admin.active : admin.inactive}</td>
      <td data-label={admin.registered}>
        <When look={look} at={account.created} />
      </td>
      <td>
        {isSelf ? (
          <span class="hint">{admin.self}</span>
        ) : (
          <form class="inline" method="post" action="/account/admin/">
            <input type="hidden" name="username" value={username} />
            <button type="submit" name="action" value={active ? 'deactivate' : 'activate'}>
              {active ? admin.deactivate : admin.activate}
              <span class="unseen"> {username}</span>
            </button>{' '}
            <button type="submit" name="action" value={account.admin ? 'demote' : 'promote'}>
              {account.admin ? admin.demote : admin.promote}
              <span class="unseen"> {username}</span>
            </button>
          </form>
        )}
      </td>
    </tr>
  );
}
