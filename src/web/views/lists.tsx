import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look } from '../look.js';
import { Command, Pager, type RepositoryLine, RepositoryList, When } from '../parts.js';
import { listPath } from '../paths.js';
import type { ProfileValues } from './account.js';

export const ORDERS = ['updated', 'name'] as const;

export type Order = (typeof ORDERS)[number];

/** A part of a list, and what it is a part of. */
export interface ListPage {
  readonly repositories: readonly RepositoryLine[];
  /** All that fit the filter. */
  readonly count: number;
  readonly page: number;
  readonly pages: number;
  readonly filter: string;
  readonly order: Order;
}

interface ListProps {
  /** That of each repository: one below the list's own. */
  readonly heading?: 'h2' | 'h3';
  readonly look: Look;
  readonly namespace: string;
  readonly list: ListPage;
}

/** `/repos/<name>/`: what somebody has, with a filter and an order. */
export function Repositories({ look, namespace, list }: ListProps): JSX.Element {
  const { words, viewer } = look;
  const isOwn = viewer?.username === namespace;
  return (
    <Layout look={look} title={words.list.title(namespace)} own={isOwn}>
      <div class="section-head">
        <h1>{words.list.title(namespace)}</h1>
        {isOwn && (
          <a class="button" href="/account/repositories/add/">
            + {words.summary.add}
          </a>
        )}
      </div>
      <ListOf look={look} namespace={namespace} list={list} action={listPath(namespace)} />
    </Layout>
  );
}

function ListOf({
  look,
  namespace,
  list,
  action,
  heading = 'h2',
}: ListProps & { readonly action: string }): JSX.Element {
  const { words, viewer } = look;
  const { filter, order, count, repositories } = list;
  const isOwn = viewer?.username === namespace;
  if (count === 0 && filter === '') {
    const name = `${look.host}${namespace}/static_web`;
    return (
      <>
        <p>{isOwn ? words.summary.none : words.list.empty(namespace)}</p>
        {isOwn && <Command look={look} lines={`docker tag IMAGE ${name}\ndocker push ${name}`} />}
      </>
    );
  }
  return (
    <>
      <form class="filter" action={action} method="get">
        <label>
          {words.list.filter} <input type="search" name="filter" value={filter} />
        </label>
        <label>
          {words.list.sort}{' '}
          <select name="sort">
            <option value="updated" selected={order === 'updated'}>
              {words.list.newest}
            </option>
            <option value="name" selected={order === 'name'}>
              {words.list.byName}
            </option>
          </select>
        </label>
        <button type="submit">{words.list.apply}</button>
        <span>{words.list.count(count)}</span>
      </form>
      {count === 0 ? (
        <p>{words.list.none}</p>
      ) : (
        <RepositoryList look={look} repositories={repositories} heading={heading} />
      )}
      <Pager look={look} page={list.page} pages={list.pages} />
    </>
  );
}

/** What everybody may know of somebody. */
export interface PublicProfile extends ProfileValues {
  readonly username: string;
  readonly isAdmin: boolean;
  /** ISO 8601. */
  readonly since: string;
}

/** `/u/<name>/` */
export function UserPage({
  look,
  profile,
  namespace,
  list,
}: ListProps & { readonly profile: PublicProfile | undefined }): JSX.Element {
  const { account } = look.words;
  return (
    <Layout look={look} title={namespace}>
      <h1>
        <bdi>{namespace}</bdi>{' '}
        {profile?.isAdmin === true && <span class="badge">{account.admin}</span>}
      </h1>
      {profile !== undefined && <Facts look={look} profile={profile} />}
      <h2>{look.words.list.title(namespace)}</h2>
      <ListOf
        look={look}
        namespace={namespace}
        list={list}
        action={`/u/${namespace}/`}
        heading="h3"
      />
    </Layout>
  );
}

function Facts({
  look,
  profile,
}: {
  readonly look: Look;
  readonly profile: PublicProfile;
}): JSX.Element {
  const { fields, account } = look.words;
  const told = [
    [fields.fullName, profile.fullName],
    [fields.location, profile.location],
    [fields.company, profile.company],
  ].filter(([, value]) => value !== '');
  return (
    <dl class="properties">
      {told.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd dir="auto">{value}</dd>
        </div>
      ))}
      {profile.url !== '' && (
        <div>
          <dt>{fields.url}</dt>
          <dd>
            <a href={profile.url} rel="nofollow noopener ugc">
              {profile.url}
            </a>
          </dd>
        </div>
      )}
      <div>
        <dt>{account.member}</dt>
        <dd>
          <When look={look} at={profile.since} />
        </dd>
      </div>
    </dl>
  );
}
