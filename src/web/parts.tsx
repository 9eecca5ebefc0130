import type { ComponentChildren, JSX } from 'preact';
import { ago, moment } from './format.js';
import type { Look, Note } from './look.js';
import { type Named, repositoryLabel, repositoryPath, withQuery } from './paths.js';

/* What several pages are made of. */

/** How long ago something was, and exactly when on a closer look. */
export function When({ look, at }: { readonly look: Look; readonly at: string }): JSX.Element {
  return (
    <time dateTime={at} title={moment(at, look.language)}>
      {ago(at, look.now, look.language)}
    </time>
  );
}

/** Lines to type, as text that can be selected, and with a button where there is a script. */
export function Command({
  look,
  lines,
}: {
  readonly look: Look;
  readonly lines: string;
}): JSX.Element {
  return (
    <div class="command">
      <pre>
        <code>{lines}</code>
      </pre>
      <button
        type="button"
        class="copy"
        data-copy={lines}
        data-copied={look.words.site.copied}
        hidden
      >
        {look.words.site.copy}
      </button>
    </div>
  );
}

/** What has happened: the page says it first. */
export function Notes({ note }: { readonly note: Note | undefined }): JSX.Element | null {
  if (note === undefined) return null;
  return note.kind === 'bad' ? (
    <p class="alert alert-error" role="alert">
      {note.text}
      {note.more?.map((text) => (
        <span key={text} class="more">
          {text}
        </span>
      ))}
    </p>
  ) : (
    <p class="alert alert-good" role="status">
      {note.text}
    </p>
  );
}

interface FieldProps {
  readonly label: string;
  /** The field's name in the form; its id is `id_` and that, as Django made them. */
  readonly name: string;
  readonly type?: 'text' | 'password' | 'email' | 'url';
  readonly value?: string;
  readonly hint?: string;
  readonly autocomplete?: string;
  readonly required?: boolean;
  readonly maxLength?: number;
  /** Lines of a larger field. */
  readonly rows?: number;
}

/** A label and what it is for. */
export function Field(props: FieldProps): JSX.Element {
  const { label, name, type = 'text', value, hint, autocomplete = 'off', required = true } = props;
  const { rows, maxLength } = props;
  const id = `id_${name}`;
  const common = {
    id,
    name,
    required,
    autocomplete,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(hint === undefined ? {} : { 'aria-describedby': `${id}_hint` }),
  };
  return (
    <p class="field">
      <label for={id}>{label}</label>
      {rows === undefined ? (
        <input
          {...common}
          type={type as 'text'}
          value={value}
          autocapitalize="none"
          spellcheck={false}
        />
      ) : (
        <textarea {...common} rows={rows}>
          {value === undefined || value === '' ? '' : `\n${value}`}
        </textarea>
      )}
      {hint !== undefined && (
        <small id={`${id}_hint`} class="hint">
          {hint}
        </small>
      )}
    </p>
  );
}

/** A choice of one, with all options in sight. */
export function Choice({
  legend,
  name,
  value,
  options,
}: {
  readonly legend: string;
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
}): JSX.Element {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {options.map(([each, label]) => (
        <label key={each}>
          <input type="radio" name={name} value={each} checked={each === value} /> {label}
        </label>
      ))}
    </fieldset>
  );
}

/** What lists show of a repository. */
export interface RepositoryLine extends Named {
  readonly description: string;
  readonly isPrivate: boolean;
  /** ISO 8601. */
  readonly updated: string;
  /** Those that v1 can't carry among them. */
  readonly tags: number;
  readonly stars: number;
}

/** Repositories, one after the other, as something to walk through by `j` and `k`. */
export function RepositoryList({
  look,
  repositories,
  heading: Heading = 'h2',
}: {
  readonly look: Look;
  readonly repositories: readonly RepositoryLine[];
  /** The level below the heading that the list has itself. */
  readonly heading?: 'h2' | 'h3';
}): JSX.Element {
  const { list } = look.words;
  return (
    <ul class="repo-list" data-walk>
      {repositories.map((each) => (
        <li key={repositoryLabel(each)} class="repo-list-item box">
          <Heading class="item-name">
            <a href={repositoryPath(each)}>
              <Name of={each} />
            </a>{' '}
            <Badges look={look} repository={each} />
          </Heading>
          <p class="description" dir="auto">
            {each.description === '' ? list.noDescription : each.description}
          </p>
          <p class="facts">
            <span class="tags">{list.tags(each.tags)}</span>
            <span class="stars">★ {list.stars(each.stars)}</span>
            <span>
              {list.updated} <When look={look} at={each.updated} />
            </span>
          </p>
        </li>
      ))}
    </ul>
  );
}

/** A name with its namespace in a lighter colour. */
export function Name({ of }: { readonly of: Named }): JSX.Element {
  return of.namespace === 'library' ? (
    <bdi>{of.name}</bdi>
  ) : (
    <bdi>
      <span class="namespace">{of.namespace} / </span>
      {of.name}
    </bdi>
  );
}

export function Badges({
  look,
  repository,
}: {
  readonly look: Look;
  readonly repository: Named & { readonly isPrivate: boolean };
}): JSX.Element {
  const { list } = look.words;
  return (
    <>
      {repository.namespace === 'library' && !look.asksNobody && (
        <span class="badge official">✓ {list.official}</span>
      )}
      {repository.isPrivate && <span class="badge private">{list.private}</span>}
    </>
  );
}

/** The pages of a long list; nothing where there is one. */
export function Pager({
  look,
  page,
  pages,
}: {
  readonly look: Look;
  readonly page: number;
  readonly pages: number;
}): JSX.Element | null {
  const { list } = look.words;
  if (pages <= 1) return null;
  const to = (number: number): string => withQuery(look.address, { page: String(number) });
  return (
    <nav class="pager" aria-label={list.pages}>
      {page > 1 && (
        <a href={to(page - 1)} rel="prev">
          {list.earlier}
        </a>
      )}
      <span>{list.page(page, pages)}</span>
      {page < pages && (
        <a href={to(page + 1)} rel="next">
          {list.later}
        </a>
      )}
    </nav>
  );
}

/** A heading with its content. */
export function Section({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly action?: ComponentChildren;
}): JSX.Element {
  return (
    <section>
      <div class="section-head">
        <h2>{title}</h2>
        {action}
      </div>
      {children}
    </section>
  );
}
