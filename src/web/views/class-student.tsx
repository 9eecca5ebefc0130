import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { When } from '../parts.js';
import { listPath, livePath, studentPath } from '../paths.js';
import { type BoardLine, type LessonTitle, Mark } from './class-board.js';

/** The lesson that a student is in. */
export interface LessonNow {
  readonly title: string;
  /** Steps that are done. */
  readonly done: number;
  /** What each step says; those up to the one they are at can be gone back to. */
  readonly steps: readonly string[];
  /** ISO 8601: when something was ticked off last. */
  readonly since: string;
  /** What was refused to them since the step began, in a sentence. */
  readonly refused: string | undefined;
}

interface StudentProps {
  readonly look: Look;
  readonly note?: Note | undefined;
  readonly line: BoardLine;
  readonly lessons: readonly LessonTitle[];
  readonly now: LessonNow | undefined;
  /** Undefined: they have one of their own by now. */
  readonly password: string | undefined;
}

/** One student, for their teacher: where they are, and what helps. */
export function StudentPage(props: StudentProps): JSX.Element {
  const { look, note, line } = props;
  const words = look.words.class;
  const { username, fullName, latest } = line;
  return (
    <Layout look={look} title={words.student.title(username)} note={note}>
      <p>
        <a href="/sandbox/class/">{words.board}</a>
      </p>
      <h1>
        {words.student.title(username)}{' '}
        {line.isStuck && <span class="badge refused">{words.stuck.badge}</span>}
        {fullName !== '' && (
          <span class="also">
            <bdi>{fullName}</bdi>
          </span>
        )}
      </h1>
      <p class="controls">
        <a href={livePath(username)}>{words.student.live}</a>
        <a href={listPath(username)}>{words.student.repositories}</a>
      </p>
      <p>
        {words.table.latest}:{' '}
        {latest === undefined ? (
          words.table.nothing
        ) : (
          <>
            <bdi>{latest.sentence}</bdi> (<When look={look} at={latest.at} />)
          </>
        )}
      </p>
      <Now {...props} />
      <CardForm {...props} />
      <Reset {...props} />
    </Layout>
  );
}

/** Their lessons, and the way back to a step. */
function Now({ look, line, lessons, now }: StudentProps): JSX.Element {
  const words = look.words.class;
  const titles = new Map(lessons.map(({ id, title }) => [id, title]));
  return (
    <section>
      <h2>{words.table.lessons}</h2>
      <ul class="marks">
        {line.lessons.map((mark) => (
          <li key={mark.id}>
            <span class="how-far">
              <Mark look={look} mark={mark} />
            </span>{' '}
            {titles.get(mark.id)}
          </li>
        ))}
      </ul>
      {now === undefined ? <p>{words.student.idle}</p> : <Step look={look} line={line} now={now} />}
    </section>
  );
}

function Step({
  look,
  line,
  now,
}: Pick<StudentProps, 'look' | 'line'> & { readonly now: LessonNow }): JSX.Element {
  const words = look.words.class.student;
  const { title, done, steps, since, refused } = now;
  const isOver = done >= steps.length;
  const reached = steps.slice(0, done + 1);
  return (
    <>
      <p>
        {words.now} <strong>{title}</strong>,{' '}
        {isOver ? words.finished : words.step(done + 1, steps.length)}
        {!isOver && <>: {steps[done]}</>}
      </p>
      <p>
        {words.since} <When look={look} at={since} />.
      </p>
      {refused !== undefined && (
        <p class="alert alert-error">
          {words.refused} <bdi>{refused}</bdi>
        </p>
      )}
      <form method="post" action={studentPath(line.username)} class="filter">
        <label>
          {words.restoreTo}{' '}
          <select name="step">
            {reached.map((say, at) => (
              <option key={say} value={String(at)} selected={at === reached.length - 1}>
                {`${words.step(at + 1, steps.length)}: ${say}`}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" name="act" value="restore">
          {words.restore}
        </button>
        <span class="hint">{words.restoreHint}</span>
      </form>
    </>
  );
}

function CardForm({ look, line, password }: StudentProps): JSX.Element {
  const words = look.words.class.student;
  const { username } = line;
  return (
    <section>
      <h2>{words.card}</h2>
      <p>
        {password === undefined ? (
          words.changed
        ) : (
          <>
            {words.password}: <code>{password}</code>
          </>
        )}
      </p>
      <form method="post" action={studentPath(username)} class="controls">
        <button type="submit" name="act" value="card">
          {words.newCard}
        </button>
        <a href={`/sandbox/class/cards/?only=${username}`}>{words.printCard}</a>
        <span class="hint">{words.newCardHint}</span>
      </form>
    </section>
  );
}

function Reset({ look, line }: StudentProps): JSX.Element {
  const words = look.words.class.student;
  const { username } = line;
  return (
    <section>
      <h2>{words.reset}</h2>
      <p>{words.resetHint}</p>
      <form method="post" action={studentPath(username)}>
        <p>
          <label>
            <input type="checkbox" name="sure" value="yes" required /> {words.sure(username)}
          </label>
        </p>
        <button type="submit" name="act" value="reset" class="danger">
          {words.reset}
        </button>
      </form>
    </section>
  );
}
