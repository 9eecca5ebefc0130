import type { JSX } from 'preact';
import { shortId, size } from '../format.js';
import type { Look } from '../look.js';
import { Command, When } from '../parts.js';
import { repositoryLabel, repositoryPath } from '../paths.js';
import { pushLines, RepositoryFrame, type RepositoryHead, Size } from './repository.js';

/** A layer of an image, as its json tells of it. */
export interface LayerLine {
  readonly id: string;
  /** Counted from the base, 1. */
  readonly number: number;
  /** What made it; empty where it does not say. */
  readonly command: string;
  readonly bytes: number;
  /** ISO 8601; undefined where it does not say. */
  readonly created: string | undefined;
  /** Other repositories that the viewer may see and that hold it. */
  readonly sharers: readonly { readonly namespace: string; readonly name: string }[];
}

interface LayersProps {
  readonly look: Look;
  readonly repository: RepositoryHead;
  readonly tags: readonly string[];
  readonly tag: string;
  /** From the top to the base; undefined: there is no such tag. */
  readonly layers: readonly LayerLine[] | undefined;
  /** All of them, and their bytes, also where only some are shown. */
  readonly count: number;
  readonly bytes: number;
  /** Bytes that others hold as well. */
  readonly shared: number;
}

/** How many sharers of a layer are named. */
const MOST_SHARERS = 5;

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
        tags.length > 0 && <p>{words.layers.missing}</p>
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
        <strong>{words.layers.total(count, size(bytes))}</strong>{' '}
        {shared > 0 && words.layers.saved(size(shared))}
      </p>
      {layers.length < count && <p>{words.layers.cut(layers.length)}</p>}
      <div class="scroll">
        <table class="layers-table">
          <thead>
            <tr>
              <th scope="col">{words.layers.number}</th>
              <th scope="col">{words.layers.id}</th>
              <th scope="col">{words.layers.command}</th>
              <th scope="col">{words.layers.size}</th>
              <th scope="col">{words.layers.created}</th>
              <th scope="col">{words.layers.shared}</th>
            </tr>
          </thead>
          <tbody data-walk>
            {layers.map((layer) => (
              <Row key={layer.id} look={look} layer={layer} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ look, layer }: { readonly look: Look; readonly layer: LayerLine }): JSX.Element {
  const { words } = look;
  const { id, number, command, bytes, created, sharers } = layer;
  const named = sharers.slice(0, MOST_SHARERS);
  const rest = sharers.length - named.length;
  return (
    <tr class={sharers.length > 0 ? 'shared' : undefined}>
      <td class="number">{number}</td>
      <th scope="row">
        <code>{shortId(id)}</code>
      </th>
      <td class="made-by">
        {command === '' ? (
          <span class="hint">{words.layers.nothing}</span>
        ) : (
          <code dir="auto">{command}</code>
        )}
      </td>
      <Size bytes={bytes} />
      <td>{created === undefined ? words.layers.nothing : <When look={look} at={created} />}</td>
      <td>
        {named.length === 0 ? (
          <span class="hint">{words.layers.alone}</span>
        ) : (
          named.map((each, index) => (
            <span key={repositoryLabel(each)}>
              {index > 0 && ', '}
              <a href={repositoryPath(each)}>{repositoryLabel(each)}</a>
            </span>
          ))
        )}
        {rest > 0 && ` ${words.layers.more(rest)}`}
      </td>
    </tr>
  );
}
