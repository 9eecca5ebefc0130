import type { JSX } from 'preact';
import { shortId, size } from '../format.js';
import type { Look } from '../look.js';
import { Command, When } from '../parts.js';
import { repositoryLabel, repositoryPath } from '../paths.js';
import { pushLines, RepositoryFrame, type RepositoryHead } from './repository.js';
import { StackedSlab } from './slab.js';

/** A layer of an image, as its json tells of it. */
export interface LayerLine {
  readonly id: string;
  /** Counted from the base, 1. */
  readonly number: number;
  /** What made it; empty if the json does not say. */
  readonly command: string;
  readonly bytes: number;
  /** ISO 8601; undefined if the json does not say. */
  readonly created: string | undefined;
  /** Other repositories that the viewer may see and that hold it. */
  readonly sharers: readonly { readonly namespace: string; readonly name: string }[];
  /** Tags of this repository that point at it. */
  readonly tags: readonly string[];
}

interface LayersProps {
  readonly look: Look;
  readonly repository: RepositoryHead;
  readonly tags: readonly string[];
  readonly tag: string;
  /** Why v1 does not list the tag, so that its layers are not shown: a clause. */
  readonly unlisted: string | undefined;
  /** From the top to the base; undefined: there is no such tag. */
  readonly layers: readonly LayerLine[] | undefined;
  /** All of them, and their bytes, also where only some are shown. */
  readonly count: number;
  readonly bytes: number;
  /** Bytes that others hold as well. */
  readonly shared: number;
}

/** How many sharers of a layer are named, and tags. */
const MOST_SHARERS = 5;

/** What Go writes where no time was set. */
const NO_TIME = /^000[01]-/;

/** The layers of what a tag points at. */
export function Layers(props: LayersProps): JSX.Element {
  const { look, repository, tags, tag, layers } = props;
  const { words } = look;
  return (
    <RepositoryFrame look={look} repository={repository} tab="layers">
      {tags.length === 0 ? (
        <>
          <p>{words.tags.none}</p>
          <Command look={look} lines={pushLines(look, repositoryLabel(repository))} />
        </>
      ) : (
        <form class="filter" method="get" action={repositoryPath(repository, 'layers/')}>
          <label>
            {words.layers.of}{' '}
            <select name="tag">
              {tags.map((each) => (
                <option key={each} value={each} selected={each === tag}>
                  {each}
                </option>
              ))}
            </select>
          </label>
          <button type="submit">{words.layers.show}</button>
        </form>
      )}
      {layers === undefined ? (
        tags.length > 0 && (
          <p>
            {props.unlisted === undefined
              ? words.layers.missing
              : words.tags.unlisted(props.unlisted)}
          </p>
        )
      ) : (
        <Stack {...props} layers={layers} />
      )}
    </RepositoryFrame>
  );
}

function Stack({
  look,
  tag,
  layers,
  count,
  bytes,
  shared,
}: LayersProps & { readonly layers: readonly LayerLine[] }): JSX.Element {
  const { words } = look;
  return (
    <>
      <h2>{words.layers.title(tag)}</h2>
      <p>{words.layers.explain}</p>
      <p>
        <strong>{words.layers.total(count, size(bytes))}</strong>
        {shared > 0 && ` · ${words.layers.saved(size(shared))}`}
      </p>
      {layers.length < count && <p>{words.layers.cut(layers.length)}</p>}
      <ol class="stack" reversed start={layers[0]?.number ?? 1} data-walk>
        {layers.map((layer) => (
          <Layer key={layer.id} look={look} layer={layer} />
        ))}
      </ol>
    </>
  );
}

/** One layer: as a slab, and in words. */
function Layer({ look, layer }: { readonly look: Look; readonly layer: LayerLine }): JSX.Element {
  const { layers: words, tags: tagWords } = look.words;
  const { id, number, command, bytes, created, sharers, tags } = layer;
  return (
    <li class={sharers.length > 0 ? 'shared' : undefined}>
      <StackedSlab id={id} bytes={bytes} />
      <div class="told">
        <p class="facts">
          <strong>{words.number(number)}</strong>
          <code>{shortId(id)}</code>
          <strong class="size">{size(bytes)}</strong>
          {created !== undefined && !NO_TIME.test(created) && <When look={look} at={created} />}
          {tags.slice(0, MOST_SHARERS).map((tag) => (
            <span key={tag} class="badge">
              <span class="unseen">{tagWords.tag}: </span>
              <bdi>{tag}</bdi>
            </span>
          ))}
        </p>
        <p class="made-by">
          <span class="hint">{words.command}</span>{' '}
          {command === '' ? words.nothing : <code dir="auto">{command}</code>}
        </p>
        <Sharers look={look} layer={layer} />
      </div>
    </li>
  );
}

/** Who else has it, and what that saves. */
function Sharers({ look, layer }: { readonly look: Look; readonly layer: LayerLine }): JSX.Element {
  const { layers: words } = look.words;
  const { sharers, bytes } = layer;
  if (sharers.length === 0) return <p class="hint">{words.alone}</p>;
  const named = sharers.slice(0, MOST_SHARERS);
  const rest = sharers.length - named.length;
  return (
    <p>
      {words.shared}{' '}
      {named.map((each, index) => (
        <span key={repositoryLabel(each)}>
          {index > 0 && ', '}
          <a href={repositoryPath(each, 'layers/')}>{repositoryLabel(each)}</a>
        </span>
      ))}
      {rest > 0 && ` ${words.more(rest)}`}{' '}
      <span class="hint">{words.once(size(bytes * sharers.length))}</span>
    </p>
  );
}
