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
          {tags.map((line) => (
            <tr key={line.tag}>
              <TagCells look={look} repository={repository} label={label} line={line} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellsProps {
  readonly look: Look;
  readonly repository: RepositoryHead;
  readonly label: string;
  readonly line: TagLine;
}

/** One tag: its name, what it points at, and how it is pulled. */
function TagCells({ look, repository, label, line }: CellsProps): JSX.Element {
  const { words } = look;
  const { tag, size: bytes, updated, also, unlisted } = line;
  const pull = unlisted === undefined ? look.host : `${new URL(look.origin).host}/`;
  return (
    <>
      {repository.isOwn && (
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
        <a href={repositoryPath(repository, `layers/?tag=${encodeURIComponent(tag)}`)}>{tag}</a>
        <Also look={look} also={also} />
        {unlisted !== undefined && <small class="also">{words.tags.unlisted(unlisted)}</small>}
      </th>
      <td data-label={words.tags.image}>
        <Ids look={look} line={line} />
      </td>
      <Size look={look} bytes={bytes} />
      <td data-label={words.tags.updated}>
        <When look={look} at={updated} />
      </td>
      <td>
        <Command look={look} lines={`docker pull ${pull}${label}:${tag}`} />
      </td>
    </>
  );
}

/** What an image is called over v1 and by docker of today, and the machines that it is for. */
function Ids({ look, line }: { readonly look: Look; readonly line: TagLine }): JSX.Element {
  const { tags } = look.words;
  const { image, imageOfToday, digest, platforms } = line;
  return (
    <>
      {image !== undefined && <code>{shortId(image)}</code>}
      {imageOfToday !== undefined && (
        <small class="also">
          {tags.imageOfToday} <code>{shortId(hexOf(imageOfToday))}</code>
        </small>
      )}
      {digest !== undefined && (
        <small class="also">
          {tags.digest} <code title={digest}>{shortId(hexOf(digest))}</code>
        </small>
      )}
      {platforms.length > 0 && (
        <small class="also">
          {tags.platforms} {platforms.slice(0, MOST_ALSO).join(', ')}
          {platforms.length > MOST_ALSO &&
            ` ${look.words.layers.more(platforms.length - MOST_ALSO)}`}
        </small>
      )}
    </>
  );
}

/** What comes after `sha256:`. */
function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
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
