import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { Command, type RepositoryLine, RepositoryList, Section } from '../parts.js';
import { listPath } from '../paths.js';
import { SignUpForm } from './sign-up.js';

/** A name of the time: that of The Docker Book's author. */
const SAMPLE = 'jamtur01';

/** What guests see first: what this is, what to type, and the form for an account. */
export function GuestFront({
  look,
  isOpen,
}: {
  readonly look: Look;
  /** Whether anybody may sign up. */
  readonly isOpen: boolean;
}): JSX.Element {
  const { front, account } = look.words;
  const name = `${look.host}${SAMPLE}/static_web`;
  return (
    <Layout look={look} title={front.title}>
      <div class="hero">
        <div>
          <h1>{front.title}</h1>
          <p class="lead">{front.lead}</p>
          <h2>{front.what}</h2>
          <ol class="steps">
            <li>{front.first}</li>
            <li>
              {front.second}
              <Command look={look} lines={loginLine(look)} />
              <Command look={look} lines={`curl -u ${SAMPLE} ${look.origin}/v1/users/`} />
            </li>
            <li>
              {front.third}
              <Command look={look} lines={`docker tag IMAGE ${name}\ndocker push ${name}`} />
            </li>
          </ol>
          {look.asksNobody && <p>{front.asksNobody}</p>}
          <p>
            {look.live !== undefined && (
              <>
                <a class="button" href={look.live}>
                  {front.watch}
                </a>{' '}
              </>
            )}
            <a class="button" href="/sandbox/lessons/">
              {look.words.lessons.title}
            </a>
          </p>
          <h2>{front.noDocker}</h2>
          <p>{front.played}</p>
          <Command look={look} lines={playedLines(look)} />
        </div>
        <div class="box">
          <h2>{front.signUp}</h2>
          {isOpen ? <SignUpForm look={look} /> : <p>{account.closed}</p>}
          <p>
            {front.already} <a href="/account/login/">{look.words.site.logIn}</a>
          </p>
        </div>
      </div>
    </Layout>
  );
}

/** A docker of the time without one; it has to be told of a hub elsewhere than at its default. */
function playedLines({ origin }: Look): string {
  const index = origin === 'http://127.0.0.1:5000' ? '' : `--index ${origin} `;
  return `npx hub-v1 docker ${index}login -u ${SAMPLE}`;
}

/** How one logs in without a page. Docker asks, so that nothing may be pasted after it. */
function loginLine({ host }: Look): string {
  return ['docker login', host.replace(/\/$/, '')].join(' ').trim();
}

interface SummaryProps {
  readonly look: Look;
  readonly note?: Note | undefined;
  readonly username: string;
  /** The newest of their own, and how many there are of them. */
  readonly own: readonly RepositoryLine[];
  readonly count: number;
  readonly privates: number;
  /** The newest of others. */
  readonly others: readonly RepositoryLine[];
}

/** What somebody who is logged in sees first. */
export function Summary(props: SummaryProps): JSX.Element {
  const { look, note, username, own, count, privates, others } = props;
  const { summary } = look.words;
  const name = `${look.host}${username}/static_web`;
  const add = (
    <a class="button" href="/account/repositories/add/">
      + {summary.add}
    </a>
  );
  return (
    <Layout look={look} title={summary.title} note={note} own>
      <h1>{summary.title}</h1>
      <Section title={summary.recent} action={add}>
        {own.length === 0 ? (
          <>
            <p>{summary.none}</p>
            <Command look={look} lines={loginLine(look)} />
            <Command look={look} lines={`docker tag IMAGE ${name}\ndocker push ${name}`} />
            <p>
              {summary.orLearn} <a href="/sandbox/lessons/">{look.words.lessons.title}</a>
            </p>
            <p>
              <a href="/account/repositories/add/">{summary.orAdd}</a>
            </p>
          </>
        ) : (
          <>
            <RepositoryList look={look} repositories={own} heading="h3" />
            <p class="facts">
              <a href={listPath(username)}>{summary.all(count)}</a>
              <span>{summary.privates(privates)}</span>
            </p>
          </>
        )}
      </Section>
      <Section title={summary.contributed}>
        {others.length === 0 ? (
          <p>{summary.nobody}</p>
        ) : (
          <RepositoryList look={look} repositories={others} heading="h3" />
        )}
      </Section>
    </Layout>
  );
}
