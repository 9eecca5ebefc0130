import type { JSX } from 'preact';
import type { Catalogue } from '../catalogues/index.js';
import { Layout } from '../layout.js';
import type { Look } from '../look.js';

/** What went wrong. */
export interface Failing {
  readonly status: number;
  /** The name of the error, where it has one. */
  readonly id: string | undefined;
  /** What it says in English, for errors that the pages have no words of their own for. */
  readonly text: string;
}

/** An error in the words of a language, or else in its own. */
export function errorText({ errors }: Catalogue, id: string | undefined, text: string): string {
  const texts: Readonly<Record<string, string>> = errors.texts;
  return (id !== undefined && Object.hasOwn(texts, id) ? texts[id] : undefined) ?? text;
}

/** The page for paths without a page. */
export function ErrorPage({
  look,
  failing,
}: {
  readonly look: Look;
  readonly failing: Failing;
}): JSX.Element {
  const { errors, site } = look.words;
  const { status, id, text } = failing;
  const titles: Readonly<Record<number, string>> = errors.titles;
  const title = titles[status] ?? (status >= 500 ? errors.titles[500] : errors.other);
  const isGuest = look.viewer === undefined;
  return (
    <Layout look={look} title={title}>
      <div class="narrow">
        <h1>{title}</h1>
        <p>{said(errors, isGuest, failing) ?? errorText(look.words, id, text)}</p>
        <p>
          <a class="button" href="/">
            {errors.home}
          </a>{' '}
          {isGuest && status === 404 && <a href="/account/login/">{site.logIn}</a>}
        </p>
        <p class="hint">{status}</p>
      </div>
    </Layout>
  );
}

function said(
  errors: Catalogue['errors'],
  isGuest: boolean,
  { status, id }: Failing,
): string | undefined {
  if (status === 404 && id !== 'accountMissing') {
    return isGuest ? errors.notFoundGuest : errors.notFoundUser;
  }
  return status === 500 ? errors.failure : undefined;
}
