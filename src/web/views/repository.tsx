import type { ComponentChildren, JSX } from 'preact';
import { size } from '../format.js';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { Badges, Command, Name, type RepositoryLine, When } from '../parts.js';
import { repositoryLabel, repositoryPath, userPath } from '../paths.js';

/** What every part of a repository's page says of it. */
export interface RepositoryHead extends RepositoryLine {
  /** ISO 8601. */
  readonly created: string;
  /** Images that are here. */
  readonly images: number;
  /** Whether the viewer may change it. */
  readonly isOwn: boolean;
  /** Undefined in a repository without tags. */
  readonly pull: TagToPull | undefined;
}

/** A tag that a reader is offered to pull. */
export interface TagToPull {
  readonly tag: string;
  /** False: only clients of today can have it. */
  readonly isForV1: boolean;
}

export type RepositoryTab = 'information' | 'tags' | 'layers' | 'settings';

const PARTS: readonly (readonly [RepositoryTab, string])[] = [
  ['information', ''],
  ['tags', 'tags/manage/'],
  ['layers', 'layers/'],
  ['settings', 'settings/'],
];

interface FrameProps {
  readonly look: Look;
  readonly repository: RepositoryHead;
  readonly tab: RepositoryTab;
  readonly note?: Note | undefined;
  readonly children: ComponentChildren;
}

/** The page of a repository around one of its parts. */
export function RepositoryFrame(props: FrameProps): JSX.Element {
  const { look, repository, tab, note, children } = props;
  const { words } = look;
  const label = repositoryLabel(repository);
  const title =
    tab === 'information' ? label : `${label}${words.site.colon}${words.repository[tab]}`;
  const parts = PARTS.filter(([part]) => part !== 'settings' || repository.isOwn);
  return (
    <Layout look={look} title={title} note={note}>
      <div class="repository-head">
        <div>
          <h1>
            <Name of={repository} /> <Badges look={look} repository={repository} />
          </h1>
          <p class="description" dir="auto">
            {repository.description === '' ? words.list.noDescription : repository.description}
          </p>
          <p class="facts">
            <span class="stars">★ {words.list.stars(repository.stars)}</span>
            <span>
              {words.list.updated} <When look={look} at={repository.updated} />
            </span>
          </p>
        </div>
        {repository.pull !== undefined && (
          <div class="pull">
            <p class="pull-title">{words.repository.pull}</p>
            <Command
              look={look}
              lines={`docker pull ${hostFor(look, repository.pull)}${label}${tagOf(repository.pull)}`}
            />
          </div>
        )}
      </div>
      <nav class="tabs" aria-label={words.repository.sections}>
        <ul class="nav-tabs">
          {parts.map(([part, path]) => (
            <li key={part} class={part === tab ? 'active' : undefined}>
              <a
                href={repositoryPath(repository, path)}
                aria-current={part === tab ? 'page' : undefined}
              >
                {words.repository[part]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="repo-info-tab-body">{children}</div>
    </Layout>
  );
}

/** Lines that bring a first image. */
export function pushLines({ host }: Look, label: string): string {
  return `docker tag IMAGE ${host}${label}\ndocker push ${host}${label}`;
}

/** What stands before a name to pull; what v1 can't carry, only dockers of today pull, who always say the address. */
function hostFor({ host, origin }: Look, { isForV1 }: TagToPull): string {
  return isForV1 ? host : `${new URL(origin).host}/`;
}

/** As a client writes it behind the name: nothing for `latest`. */
function tagOf({ tag }: TagToPull): string {
  return tag === 'latest' ? '' : `:${tag}`;
}

/** What a reader of today types to have it. */
function linesOfToday({ origin }: Look, label: string, pull: TagToPull): string {
  const name = `${new URL(origin).host}/${label}${tagOf(pull)}`;
  const podman = origin.startsWith('https:') ? 'podman pull' : 'podman pull --tls-verify=false';
  return `docker pull ${name}\n${podman} ${name}`;
}

interface InformationProps {
  readonly look: Look;
  readonly repository: RepositoryHead;
  readonly note?: Note | undefined;
  /** Whether dockers of today find it: there is a v2, and a name that v2 can have. */
  readonly isForToday: boolean;
  /** The full description as HTML that is safe; empty where there is none. */
  readonly html: string;
}

export function Information(props: InformationProps): JSX.Element {
  const { look, repository, note, html, isForToday } = props;
  const { words } = look;
  const label = repositoryLabel(repository);
  const { namespace } = repository;
  const api = `${look.origin}/v1/repositories/${label}`;
  // What is private is shown to nobody without a login.
  const curl = repository.isPrivate ? `curl -u ${look.viewer?.username ?? 'NAME'}` : 'curl';
  return (
    <RepositoryFrame look={look} repository={repository} tab="information" note={note}>
      <div class="information">
        <div>
          {repository.tags === 0 && (
            <>
              <p>{words.repository.push}</p>
              <Command look={look} lines={pushLines(look, label)} />
            </>
          )}
          {html === '' ? (
            <p>
              {words.repository.noFull}{' '}
              {repository.isOwn && (
                <a href={repositoryPath(repository, 'settings/')}>{words.repository.addFull}</a>
              )}
            </p>
          ) : (
            <div class="markdown" dir="auto" dangerouslySetInnerHTML={{ __html: html }} />
          )}
          {isForToday && repository.pull !== undefined && (
            <>
              <p>{words.repository.today}</p>
              <Command look={look} lines={linesOfToday(look, label, repository.pull)} />
            </>
          )}
          <p>{words.repository.curl}</p>
          <Command
            look={look}
            lines={[
              `${curl} ${api}/images`,
              `${curl} ${api}/tags`,
              ...(isForToday ? [`${curl} ${look.origin}/v2/${label}/tags/list`] : []),
            ].join('\n')}
          />
        </div>
        <aside>
          <h2>{words.repository.properties}</h2>
          <dl class="properties">
            <div>
              <dt>{words.repository.created}</dt>
              <dd>
                <When look={look} at={repository.created} />
              </dd>
            </div>
            <div>
              <dt>{words.repository.owner}</dt>
              <dd>
                {namespace === 'library' ? (
                  words.list.official
                ) : (
                  <a href={userPath(namespace)}>{namespace}</a>
                )}
              </dd>
            </div>
            <div>
              <dt>{words.repository.images}</dt>
              <dd>{repository.images}</dd>
            </div>
          </dl>
          {repository.isOwn && (
            <p>
              <a href={repositoryPath(repository, 'settings/')}>{words.repository.settings}</a>
              {' · '}
              <a href={repositoryPath(repository, 'delete/')}>{words.repository.remove}</a>
            </p>
          )}
        </aside>
      </div>
    </RepositoryFrame>
  );
}

/** A tag, as the table of them shows it. */
export interface TagLine {
  readonly tag: string;
  /** The id over v1; undefined where v1 can't carry it. */
  readonly image: string | undefined;
  /** The id that docker of today shows; undefined where that is not known, or it is not one image. */
  readonly imageOfToday: string | undefined;
  /** The digest of its manifest; undefined where nobody has asked for it over v2 yet. */
  readonly digest: string | undefined;
  /** The machines that it is for, where there are several. */
  readonly platforms: readonly string[];
  /** Why v1 does not list it: a clause. */
  readonly unlisted: string | undefined;
  /** Bytes of the image and all below it. */
  readonly size: number;
  /** ISO 8601. */
  readonly updated: string;
  /** Other tags on the same image. */
  readonly also: readonly string[];
}

/** A row of `also tagged` is cut, so that seven thousand tags on one image make no page of millions. */
export const MOST_ALSO = 5;

/** Bytes, as a cell of a table. */
export function Size({ look, bytes }: { readonly look: Look; readonly bytes: number }) {
  return (
    <td class="number" data-label={look.words.layers.size}>
      {size(bytes)}
    </td>
  );
}
