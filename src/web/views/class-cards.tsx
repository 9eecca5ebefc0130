import type { JSX } from 'preact';
import { LANGUAGE_TAGS, LANGUAGES, wordsOf } from '../catalogues/index.js';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';

/** What a student is given on paper. */
export interface Card {
  readonly username: string;
  /** Undefined: they have one of their own by now. */
  readonly password: string | undefined;
}

interface CardsProps {
  readonly look: Look;
  readonly note?: Note | undefined;
  readonly cards: readonly Card[];
  /** Where students reach the hub: `http://192.168.1.5:5000/`. */
  readonly url: string;
  /** The part of it that can be changed. */
  readonly address: string;
  /** Other addresses that it may have. */
  readonly addresses: readonly string[];
  /** Only this student's card. */
  readonly only: string | undefined;
}

/** Cards to print: each in both languages, since a class may have readers of both. */
export function Cards(props: CardsProps): JSX.Element {
  const { look, note, cards, url } = props;
  const words = look.words.class;
  return (
    <Layout look={look} title={words.print.title} note={note}>
      <div class="screen-only">
        <p>
          <a href="/sandbox/class/">{words.board}</a>
        </p>
        <h1>{words.print.title}</h1>
        <p class="lead">{words.print.lead}</p>
        <Address {...props} />
      </div>
      <ul class="cards">
        {cards.map((card) => (
          <CardView key={card.username} card={card} url={url} />
        ))}
      </ul>
    </Layout>
  );
}

function Address({ look, address, addresses, only }: CardsProps): JSX.Element {
  const { print } = look.words.class;
  return (
    <form class="filter" method="get" action="/sandbox/class/cards/">
      {only !== undefined && <input type="hidden" name="only" value={only} />}
      <label>
        {print.address}{' '}
        <input name="address" value={address} size={24} autocapitalize="none" spellcheck={false} />
      </label>
      <button type="submit">{print.apply}</button>
      {addresses.length > 0 && (
        <span class="hint">
          {print.addressHint} {addresses.join(', ')}
        </span>
      )}
    </form>
  );
}

function CardView({ card, url }: { readonly card: Card; readonly url: string }): JSX.Element {
  const { username, password } = card;
  return (
    <li class="card">
      <dl>
        <div>
          <Label name="open" />
          <dd>
            <code>{url}</code>
          </dd>
        </div>
        <div>
          <Label name="username" />
          <dd>
            <code>{username}</code>
          </dd>
        </div>
        <div>
          <Label name="password" />
          <dd>{password === undefined ? <Both name="own" /> : <code>{password}</code>}</dd>
        </div>
      </dl>
      {LANGUAGES.map((language) => (
        <p key={language} lang={LANGUAGE_TAGS[language]}>
          {wordsOf(language).class.card.next}
        </p>
      ))}
    </li>
  );
}

type CardWord = 'open' | 'username' | 'password' | 'own';

function Label({ name }: { readonly name: CardWord }): JSX.Element {
  return (
    <dt>
      <Both name={name} />
    </dt>
  );
}

/** A word of the card in every language. */
function Both({ name }: { readonly name: CardWord }): JSX.Element {
  return (
    <>
      {LANGUAGES.map((language, at) => (
        <span key={language} lang={LANGUAGE_TAGS[language]}>
          {at > 0 && ' · '}
          {wordsOf(language).class.card[name]}
        </span>
      ))}
    </>
  );
}
