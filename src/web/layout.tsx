import type { ComponentChildren, JSX } from 'preact';
import { LANGUAGE_NAMES, LANGUAGE_TAGS, LANGUAGES } from './catalogues/index.js';
import { type Look, type Note, THEMES } from './look.js';
import { Notes } from './parts.js';
import { listPath, userPath, withQuery } from './paths.js';

interface LayoutProps {
  readonly look: Look;
  readonly title: string;
  /** Said before everything else. */
  readonly note?: Note | undefined;
  /** A page of the viewer's own: with the menu of those at its side. */
  readonly own?: boolean;
  /** To be read from the back of a room: large type, and nothing around the content. */
  readonly large?: boolean;
  readonly children: ComponentChildren;
}

/** A whole page: the frame around its content. */
export function Layout(props: LayoutProps): JSX.Element {
  const { look, title, note, own = false, large = false, children } = props;
  const { words, language, theme, assets } = look;
  const hasMenu = own && look.viewer !== undefined;
  return (
    <html lang={LANGUAGE_TAGS[language]} data-theme={theme} class={large ? 'large' : undefined}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme === 'auto' ? 'light dark' : theme} />
        <title>{`${title} · ${words.site.name}`}</title>
        <link rel="icon" href={`${assets}icon.svg`} />
        <link rel="stylesheet" href={`${assets}site.css`} />
        <script type="module" src={`${assets}site.js`} />
      </head>
      <body>
        <a class="skip" href="#content">
          {words.site.skip}
        </a>
        <Header look={look} />
        <div class={hasMenu ? 'page with-menu' : 'page'}>
          {hasMenu && <Menu look={look} />}
          <main id="content" tabIndex={-1}>
            <Notes note={note} />
            {children}
          </main>
        </div>
        <Footer look={look} />
      </body>
    </html>
  );
}

function Header({ look }: { readonly look: Look }): JSX.Element {
  const { words, viewer } = look;
  return (
    <header class="top">
      <a class="brand" href="/">
        <Mark /> {words.site.name}
      </a>
      <search class="search">
        <form action="/search" method="get">
          <label class="unseen" for="search">
            {words.site.search}
          </label>
          <input
            id="search"
            type="search"
            name="q"
            value={look.query}
            placeholder={`${words.site.search}…`}
            data-key="/"
          />
        </form>
      </search>
      <nav class="links" aria-label={words.site.main}>
        <a href="/search">{words.site.browse}</a>
        <a href="/sandbox/lessons/">{words.lessons.title}</a>
        {look.live !== undefined && <a href={look.live}>{words.live.short}</a>}
        {look.board !== undefined && <a href={look.board}>{words.class.title}</a>}
        {viewer === undefined ? (
          <>
            <a href="/account/login/">{words.site.logIn}</a>
            <a class="button small" href="/account/signup/">
              {words.site.signUp}
            </a>
          </>
        ) : (
          <>
            <a class="user" href={userPath(viewer.username)}>
              {viewer.username}
            </a>
            <form action="/account/logout/" method="post">
              <button type="submit" class="link">
                {words.site.logOut}
              </button>
            </form>
          </>
        )}
      </nav>
    </header>
  );
}

/** The logo: a stack of layers. */
function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d="M12 3 21 8 12 13 3 8Z" />
      <path d="M3 12 12 17 21 12M3 16 12 21 21 16" fill="none" stroke="currentColor" />
    </svg>
  );
}

function Menu({ look }: { readonly look: Look }): JSX.Element | null {
  const { words, viewer } = look;
  if (viewer === undefined) return null;
  const { nav } = words;
  const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    [
      viewer.username,
      [
        ['/account/welcome/', nav.summary],
        [listPath(viewer.username), nav.repositories],
        [userPath(viewer.username), nav.publicPage],
      ],
    ],
    [
      nav.settings,
      [
        ['/account/profile/', nav.profile],
        ['/account/emails/', nav.emails],
        ['/account/change-password/', nav.password],
      ],
    ],
    ...(viewer.admin
      ? ([
          [
            nav.admin,
            [
              ['/account/admin/', nav.accounts],
              ['/official/', nav.official],
              ...(look.board === undefined ? [] : ([[look.board, words.class.title]] as const)),
            ],
          ],
        ] as const)
      : []),
  ];
  const [here] = look.address.split('?', 1);
  const isHere = (path: string): boolean =>
    path === here || (here === '/' && path === '/account/welcome/');
  return (
    <nav class="menu" aria-label={words.site.menu}>
      {groups.map(([title, links]) => (
        <div key={title}>
          <p class="menu-title">{title}</p>
          <ul>
            {links.map(([path, label]) => (
              <li key={path}>
                <a href={path} aria-current={isHere(path) ? 'page' : undefined}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function Footer({ look }: { readonly look: Look }): JSX.Element {
  const { site } = look.words;
  return (
    <footer class="bottom">
      <p>{site.footer}</p>
      <p class="choices">
        <span>
          {LANGUAGES.map((each, index) => (
            <span key={each}>
              {index > 0 && ' · '}
              <a
                href={withQuery(look.address, { lang: each })}
                lang={LANGUAGE_TAGS[each]}
                aria-current={each === look.language ? 'true' : undefined}
              >
                {LANGUAGE_NAMES[each]}
              </a>
            </span>
          ))}
        </span>
        <span>
          {site.theme}
          {site.colon}
          {THEMES.map((each, index) => (
            <span key={each}>
              {index > 0 && ' · '}
              <a
                href={withQuery(look.address, { theme: each })}
                aria-current={each === look.theme ? 'true' : undefined}
              >
                {site[each]}
              </a>
            </span>
          ))}
        </span>
        <span>
          <a href="/openapi.yaml">{site.contract}</a>
        </span>
      </p>
      <p class="keys">{site.keys}</p>
    </footer>
  );
}
