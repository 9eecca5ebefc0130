import type { UserDocument } from '../domain/documents.js';
import type { Shown } from '../journal/journal.js';
import type { Lesson, Progress, UnderWay } from '../lessons/index.js';

/** A student on the board. */
export interface Place {
  readonly student: UserDocument;
  /** Every lesson in its order, and how far they are in it. */
  readonly lessons: readonly LessonPlace[];
  /** The lesson that they are in. */
  readonly underWay: UnderWay | undefined;
  /** They are in the middle of a lesson, and nothing was ticked off for a while. */
  readonly isStuck: boolean;
  /** What the hub saw of them last. */
  readonly latest: Shown | undefined;
}

export interface LessonPlace {
  readonly lesson: Lesson;
  readonly state: 'open' | 'under way' | 'done';
  /** Steps that are done. */
  readonly done: number;
}

/** Milliseconds without a tick after which somebody is stuck. */
export const STUCK_AFTER = 5 * 60_000;

interface Seen {
  /** The lessons that can be done here. */
  readonly course: readonly Lesson[];
  readonly progress: Pick<Progress, 'underWay' | 'hasDone'>;
  readonly latest: Shown | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Where a student is. */
export function placeOf(student: UserDocument, { course, progress, latest, now }: Seen): Place {
  const { username } = student;
  const underWay = progress.underWay(username);
  const lessons = course.map((lesson): LessonPlace => {
    const { steps } = lesson;
    const isHere = underWay?.lesson === lesson;
    if (isHere && underWay.done < steps.length) {
      return { lesson, state: 'under way', done: underWay.done };
    }
    const isDone = isHere || progress.hasDone(username, lesson);
    return { lesson, state: isDone ? 'done' : 'open', done: isDone ? steps.length : 0 };
  });
  const isBusy = lessons.some(({ state }) => state === 'under way');
  const isStuck = isBusy && underWay !== undefined && now - underWay.since >= STUCK_AFTER;
  return { student, lessons, underWay, isStuck, latest };
}
