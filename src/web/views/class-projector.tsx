import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look } from '../look.js';
import { withQuery } from '../paths.js';
import { Heads } from './arrows.js';
import { type BoardLine, countDone, type LessonTitle } from './class-board.js';
import { type ActBlock, ActView } from './live.js';

/** Somebody whose requests are shown. */
export interface Followed {
  readonly username: string;
  /** The newest first. */
  readonly acts: readonly ActBlock[];
  /** Where a script goes on from. */
  readonly events: string;
}

interface ProjectorProps {
  readonly look: Look;
  readonly lessons: readonly LessonTitle[];
  readonly lines: readonly BoardLine[];
  /** Where students reach the hub: `http://192.168.1.5:5000/`. */
  readonly url: string;
  readonly hasNames: boolean;
  readonly followed: Followed | undefined;
  /** The account of the docker that the hub plays, if it has played. */
  readonly played: string | undefined;
}

const PATH = '/sandbox/class/projector/';

/** For the wall: where to go, how far the class is, and somebody's requests; in large type, and with names only if asked. */
export function Projector(props: ProjectorProps): JSX.Element {
  const { look, url, followed } = props;
  const words = look.words.class;
  return (
    <Layout look={look} title={words.large.title} large>
      {followed === undefined ? (
        <>
          <h1>
            {words.large.open} <code>{url}</code>
          </h1>
          <p class="lead">{words.large.next}</p>
          <Progress {...props} />
        </>
      ) : (
        <Requests look={look} followed={followed} />
      )}
      <Steering {...props} />
    </Layout>
  );
}

/** How many have done each lesson, and who they are. */
function Progress({ look, lessons, lines, hasNames }: ProjectorProps): JSX.Element {
  const words = look.words.class;
  const count = lines.length;
  return (
    <div id="progress" data-fresh="5">
      <ol class="bars">
        {lessons.map(({ id, title }) => {
          const done = countDone(lines, id);
          const isHere = (line: BoardLine): boolean =>
            line.lessons.some((mark) => mark.id === id && mark.state === 'under way');
          const here = hasNames ? lines.filter(isHere) : [];
          return (
            <li key={id}>
              <span class="bar-title">{title}</span>
              <progress value={done} max={Math.max(count, 1)} aria-label={title} />
              <span class="number">{words.large.done(done, count)}</span>
              {here.length > 0 && (
                <span class="also">
                  {here.map(({ username, fullName }, at) => (
                    <span key={username}>
                      {at > 0 && ', '}
                      <bdi>{fullName === '' ? username : fullName}</bdi>
                    </span>
                  ))}
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** What one student does, as the live page draws it. */
function Requests({
  look,
  followed,
}: {
  readonly look: Look;
  readonly followed: Followed;
}): JSX.Element {
  const { live, class: words } = look.words;
  const { username, acts, events } = followed;
  return (
    <>
      <h1>{words.large.following(username)}</h1>
      <div class="live" data-live={events}>
        <div class="lanes">
          <Heads names={live.lanes} />
        </div>
        {acts.length === 0 && <p class="empty">{words.large.quiet}</p>}
        {acts.map(({ head, steps }) => (
          <ActView key={head.first} look={look} head={head} steps={steps} />
        ))}
      </div>
    </>
  );
}

/** What the teacher chooses; small, at the foot. */
function Steering({ look, lines, hasNames, followed, played }: ProjectorProps): JSX.Element {
  const words = look.words.class;
  const chosen = followed?.username;
  return (
    <form class="filter steering" method="get" action={PATH}>
      <a href="/sandbox/class/">{words.board}</a>
      {chosen === undefined && (
        <a href={withQuery(look.address, { names: hasNames ? undefined : '1' })}>
          {hasNames ? words.large.hide : words.large.names}
        </a>
      )}
      <label>
        {words.large.follow}{' '}
        <select name="follow">
          <option value="">{words.large.nobody}</option>
          {played !== undefined && (
            <option value={played} selected={chosen === played}>
              {words.large.played}
            </option>
          )}
          {lines.map(({ username }) => (
            <option key={username} value={username} selected={chosen === username}>
              {username}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">{words.large.apply}</button>
    </form>
  );
}
