import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { When } from '../parts.js';
import { livePath, studentPath } from '../paths.js';

/** A student on the board. */
export interface BoardLine {
  readonly username: string;
  /** What they are called; empty if they have not said. */
  readonly fullName: string;
  readonly lessons: readonly LessonMark[];
  readonly isStuck: boolean;
  /** What the hub saw last of them, in a sentence, and when (ISO 8601). */
  readonly latest: { readonly sentence: string; readonly at: string } | undefined;
}

/** How far a student is in a lesson. */
export interface LessonMark {
  readonly id: string;
  readonly state: 'open' | 'under way' | 'done';
  readonly done: number;
  readonly steps: number;
}

export interface LessonTitle {
  readonly id: string;
  readonly title: string;
}

interface BoardProps {
  readonly look: Look;
  readonly note?: Note | undefined;
  readonly lessons: readonly LessonTitle[];
  readonly lines: readonly BoardLine[];
  readonly signUps: 'open' | 'closed';
  /** The address that the hub listens on, where nobody else reaches it. */
  readonly onlyHere: string | undefined;
}

/** Who has reached which step, and who is stuck. */
export function Board(props: BoardProps): JSX.Element {
  const { look, note, lines, signUps, onlyHere } = props;
  const words = look.words.class;
  return (
    <Layout look={look} title={words.title} note={note}>
      <div class="section-head">
        <h1>{words.title}</h1>
        <p class="controls">
          <a class="button" href="/sandbox/class/cards/">
            {words.cards}
          </a>
          <a class="button" href="/sandbox/class/projector/">
            {words.projector}
          </a>
        </p>
      </div>
      <p class="lead">{words.lead}</p>
      {onlyHere !== undefined && <p class="alert alert-error">{words.onlyHere(onlyHere)}</p>}
      <SignUps look={look} signUps={signUps} />
      {lines.length === 0 ? <p>{words.none}</p> : <Students {...props} />}
    </Layout>
  );
}

function SignUps({ look, signUps }: Pick<BoardProps, 'look' | 'signUps'>): JSX.Element {
  const words = look.words.class.signUps;
  const isOpen = signUps === 'open';
  return (
    <form class="controls" method="post" action="/sandbox/class/">
      <span>{isOpen ? words.open : words.closed}</span>
      <button type="submit" name="act" value={isOpen ? 'freeze' : 'thaw'}>
        {isOpen ? words.freeze : words.thaw}
      </button>
      <span class="hint">{words.until}</span>
    </form>
  );
}

function Students({ look, lessons, lines }: BoardProps): JSX.Element {
  const words = look.words.class;
  const stuck = lines.filter(({ isStuck }) => isStuck);
  return (
    <div id="board" data-fresh="5">
      <p class="stuck-list">
        {stuck.length === 0 ? words.stuck.nobody : words.stuck.title(stuck.length)}{' '}
        {stuck.map(({ username }, at) => (
          <span key={username}>
            {at > 0 && ', '}
            <a href={studentPath(username)}>{username}</a>
          </span>
        ))}
      </p>
      <div class="scroll">
        <table class="board">
          <thead>
            <tr>
              <th scope="col">{words.table.student}</th>
              {lessons.map(({ id, title }, at) => (
                <th key={id} scope="col" title={title} class="how-far">
                  {at + 1}
                  <span class="unseen"> {title}</span>
                </th>
              ))}
              <th scope="col">{words.table.latest}</th>
              <th scope="col">{words.table.since}</th>
              <th scope="col">{words.table.live}</th>
            </tr>
          </thead>
          <tbody data-walk>
            {lines.map((line) => (
              <Row key={line.username} look={look} line={line} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">{words.table.all}</th>
              {lessons.map(({ id }) => (
                <td key={id} class="how-far">
                  {countDone(lines, id)}
                </td>
              ))}
              <td colSpan={3} />
            </tr>
          </tfoot>
        </table>
      </div>
      <ol class="legend">
        {lessons.map(({ id, title }) => (
          <li key={id}>{title}</li>
        ))}
      </ol>
      <p class="hint">
        {words.stuck.rule} {words.fresh} <a href={look.address}>{words.reload}</a>
      </p>
    </div>
  );
}

/** How many have done a lesson. */
export function countDone(lines: readonly BoardLine[], id: string): number {
  const isDone = (mark: LessonMark): boolean => mark.id === id && mark.state === 'done';
  return lines.filter(({ lessons }) => lessons.some(isDone)).length;
}

function Row({ look, line }: { readonly look: Look; readonly line: BoardLine }): JSX.Element {
  const words = look.words.class;
  const { username, fullName, lessons, isStuck, latest } = line;
  return (
    <tr class={isStuck ? 'stuck' : undefined}>
      <th scope="row">
        <a href={studentPath(username)}>{username}</a>{' '}
        {isStuck && <span class="badge refused">{words.stuck.badge}</span>}
        {fullName !== '' && (
          <span class="also">
            <bdi>{fullName}</bdi>
          </span>
        )}
      </th>
      {lessons.map((mark) => (
        <td key={mark.id} class="how-far">
          <Mark look={look} mark={mark} />
        </td>
      ))}
      <td class="latest">
        {latest === undefined ? (
          <span class="hint">{words.table.nothing}</span>
        ) : (
          <bdi>{latest.sentence}</bdi>
        )}
      </td>
      <td>{latest !== undefined && <When look={look} at={latest.at} />}</td>
      <td>
        <a href={livePath(username)}>
          {words.table.live}
          <span class="unseen"> {username}</span>
        </a>
      </td>
    </tr>
  );
}

/** How far a student is in a lesson, in a letter or two. */
export function Mark({
  look,
  mark: { state, done, steps },
}: {
  readonly look: Look;
  readonly mark: LessonMark;
}): JSX.Element {
  const { table } = look.words.class;
  if (state === 'under way') {
    return (
      <strong>
        <span aria-hidden="true">{`${done}/${steps}`}</span>
        <span class="unseen">{table.of(done, steps)}</span>
      </strong>
    );
  }
  return (
    <>
      <span aria-hidden="true">{state === 'done' ? '✓' : '·'}</span>
      <span class="unseen">{state === 'done' ? table.done : table.open}</span>
    </>
  );
}
