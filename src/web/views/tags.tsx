import type { JSX } from 'preact';
import { shortId } from '../format.js';
import type { Look, Note } from '../look.js';
import { Command, Pager, When } from '../parts.js';
import { repositoryLabel, repositoryPath } from '../paths.js';
import {
  MOST_ALSO,
  pushLines,
  RepositoryFrame,
  type RepositoryHead,
  Size,
  type TagLine,
} from './repository.js';

interface TagsProps {
  readonly look: Look;
  readonly repository: RepositoryHead;
  readonly note?: Note | undefined;
  readonly tags: readonly TagLine[];
  readonly page: number;
  readonly pages: number;
}

/** What a repository's tags point at; its owner may choose several, and delete them. */
export function Tags(props: TagsProps): JSX.Element {
  const { look, repository, note, tags, page, pages } = props;
  const { words } = look;
  const label = repositoryLabel(repository);
  const isOwn = repository.isOwn && tags.length > 0;
  const table = <TagTable {...props} label={label} />;
  return (
    <RepositoryFrame look={look} repository={repository} tab="tags" note={note}>
      {tags.length === 0 ? (
        <>
          <p>{words.tags.none}</p>
          <Command look={look} lines={pushLines(look, label)} />
        </>
      ) : (
        table
      )}
      {isOwn && (
        <form id="delete-tags" method="post" action={repositoryPath(repository, 'tags/manage/')}>
          <p>
            <button type="submit" class="danger">
              {words.tags.remove}
            </button>{' '}
            <span class="hint">{words.tags.stays}</span>
          </p>
        </form>
      )}
      <Pager look={look} page={page} pages={pages} />
    </RepositoryFrame>
  );
}

function TagTable({
  look,
  repository,
  tags,
  label,
}: TagsProps & { readonly label: string }): JSX.Element {
  const { words } = look;
  const { isOwn } = repository;
  return (
    <div class="scroll">
      <table class="tags-table">
        <thead>
          <tr>
            {isOwn && (
              <th scope="col">
                <span class="unseen">{words.tags.remove}</span>
              </th>
            )}
            <th scope="col">{words.tags.tag}</th>
            <th scope="col">{words.tags.image}</th>
            <th scope="col">{words.tags.size}</th>
            <th scope="col">{words.tags.updated}</th>
            <th scope="col">{words.tags.command}</th>
          </tr>
        </thead>
        <tbody data-walk>
          {tags.map(({ tag, image, size: bytes, updated, also }) => (
            <tr key={tag}>
              {isOwn && (
                <td>
                  <input
                    type="checkbox"
                    name="tag"
                    value={tag}
                    form="delete-tags"
                    aria-label={words.tags.choose(tag)}
                  />
                </td>
              )}
              <th scope="row">
                <a href={repositoryPath(repository, `layers/?tag=${encodeURIComponent(tag)}`)}>
                  {tag}
                </a>
                <Also look={look} also={also} />
              </th>
              <td data-label={words.tags.image}>
                <code>{shortId(image)}</code>
              </td>
              <Size look={look} bytes={bytes} />
              <td data-label={words.tags.updated}>
                <When look={look} at={updated} />
              </td>
              <td>
                <Command look={look} lines={`docker pull ${look.host}${label}:${tag}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Also({
  look,
  also,
}: {
  readonly look: Look;
  readonly also: readonly string[];
}): JSX.Element | null {
  if (also.length === 0) return null;
  const { tags, layers } = look.words;
  const shown = also.slice(0, MOST_ALSO).join(', ');
  const rest = also.length - MOST_ALSO;
  return (
    <small class="also">
      {tags.also} {shown}
      {rest > 0 && ` ${layers.more(rest)}`}
    </small>
  );
}
