import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look } from '../look.js';
import { Command, Name, Pager, type RepositoryLine, RepositoryList } from '../parts.js';
import { repositoryLabel, repositoryPath } from '../paths.js';
import { pushLines } from './repository.js';

/** `/search?q=&page=` */
export function SearchResults({
  look,
  hits,
  count,
  page,
  pages,
}: {
  readonly look: Look;
  readonly hits: readonly RepositoryLine[];
  readonly count: number;
  readonly page: number;
  readonly pages: number;
}): JSX.Element {
  const { search } = look.words;
  const { query, host } = look;
  const registry = host.replace(/\/$/, '');
  const asked = `docker search ${registry === '' ? '' : `${registry}/`}static_web`;
  return (
    <Layout look={look} title={search.title}>
      <h1>{search.title}</h1>
      {count > 0 && <p>{search.results(count, query)}</p>}
      {count === 0 && query !== '' && <p>{search.none(query)}</p>}
      {count === 0 && query === '' && (
        <>
          <p>{search.empty}</p>
          <Command
            look={look}
            lines={`${pushLines(look, `${look.viewer?.username ?? 'jamtur01'}/static_web`)}\n${asked}`}
          />
        </>
      )}
      <RepositoryList look={look} repositories={hits} />
      <Pager look={look} page={page} pages={pages} />
    </Layout>
  );
}

/** `/official/`: tiles. */
export function Official({
  look,
  repositories,
}: {
  readonly look: Look;
  readonly repositories: readonly RepositoryLine[];
}): JSX.Element {
  const { search, summary } = look.words;
  const isAdmin = look.viewer?.admin === true;
  const title = look.asksNobody ? search.rootTitle : search.officialTitle;
  return (
    <Layout look={look} title={title} own={isAdmin}>
      <div class="section-head">
        <h1>{title}</h1>
        {isAdmin && (
          <a class="button" href="/account/repositories/add/?namespace=library">
            + {summary.add}
          </a>
        )}
      </div>
      <p>{look.asksNobody ? search.rootLead : search.officialLead}</p>
      {repositories.length === 0 && (
        <>
          <p>{look.asksNobody ? search.rootNone : search.officialNone}</p>
          <Command look={look} lines={pushLines(look, 'busybox')} />
        </>
      )}
      <ul class="tiles" data-walk>
        {repositories.map((each) => (
          <li key={repositoryLabel(each)}>
            <a class="tile box" href={repositoryPath(each)}>
              <strong>
                <Name of={each} />
              </strong>
              <span class="description" dir="auto">
                {each.description === '' ? look.words.list.noDescription : each.description}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </Layout>
  );
}
