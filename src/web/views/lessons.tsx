import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { lessonPath } from '../paths.js';

/** A lesson in the list of all. */
export interface LessonLine {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly steps: number;
  /** Steps that are done of one that is under way. */
  readonly done: number | undefined;
  readonly isDone: boolean;
}

/** All lessons, in their order. */
export function Lessons({
  look,
  note,
  lessons,
}: {
  readonly look: Look;
  readonly note?: Note | undefined;
  readonly lessons: readonly LessonLine[];
}): JSX.Element {
  const { words } = look;
  return (
    <Layout look={look} title={words.lessons.title} note={note}>
      <h1>{words.lessons.title}</h1>
      <p class="lead">{words.lessons.lead}</p>
      <ol class="lesson-list" data-walk>
        {lessons.map(({ id, title, about, steps, done, isDone }, at) => (
          <li key={id} class="box">
            <h2>
              {at + 1}. <a href={lessonPath(id)}>{title}</a>{' '}
              {isDone && <span class="badge">✓ {words.lessons.done}</span>}
            </h2>
            <p>{about}</p>
            <p class="facts">
              {done === undefined
                ? words.lessons.steps(steps)
                : words.lessons.progress(done, steps)}
            </p>
          </li>
        ))}
      </ol>
    </Layout>
  );
}
