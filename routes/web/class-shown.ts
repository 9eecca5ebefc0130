import { isLoopback, reachableAddresses } from '../../src/class/addresses.js';
import type { Place } from '../../src/class/board.js';
import type { Classroom } from '../../src/class/classroom.js';
import type { UserDocument } from '../../src/domain/documents.js';
import { errors } from '../../src/domain/errors.js';
import type { Shown } from '../../src/journal/journal.js';
import { tellIn } from '../../src/journal/sentences.js';
import { visible } from '../../src/journal/visible-text.js';
import type { Language } from '../../src/web/catalogues/index.js';
import type { Look } from '../../src/web/look.js';
import type { BoardLine, LessonTitle } from '../../src/web/views/class-board.js';
import type { Card } from '../../src/web/views/class-cards.js';
import { adminVisitOf, type OwnVisit } from './visit.js';
import type { WebContext } from './web.js';

/* What the pages of a class are given. */

/** The class, and the teacher who looks at it. */
export interface ClassVisit extends OwnVisit {
  readonly classroom: Classroom;
}

/** Throws `unknownPath` if the hub has no class, or `loginRequired` or `notAllowed`. */
export async function classVisitOf(ctx: WebContext): Promise<ClassVisit> {
  const { classroom } = ctx.state.web;
  if (classroom === undefined) throw errors.unknownPath();
  return { ...(await adminVisitOf(ctx)), classroom };
}

/** The lessons in their order. */
export function titlesOf({ classroom, look: { language } }: ClassVisit): LessonTitle[] {
  return classroom.course.map(({ id, title }) => ({ id, title: title[language] }));
}

/** A student on the board. */
export function boardLineOf(place: Place, look: Look): BoardLine {
  const { student, lessons, isStuck, latest } = place;
  return {
    username: student.username,
    fullName: student.profile?.fullName ?? '',
    lessons: lessons.map(({ lesson, state, done }) => {
      return { id: lesson.id, state, done, steps: lesson.steps.length };
    }),
    isStuck,
    latest: latest && latestOf(latest, look),
  };
}

/** What the hub saw, in a sentence, and when. */
function latestOf(shown: Shown, { language }: Look): BoardLine['latest'] {
  const { record } = shown;
  return { sentence: sentenceOf(shown, language), at: record.time };
}

/** A request in a sentence of a language, with nothing in it that a page could not show. */
export function sentenceOf({ record, step }: Shown, language: Language): string {
  return visible(step === undefined ? record.sentence : tellIn(language, step).sentence);
}

export function cardOf({ username, student }: UserDocument): Card {
  return { username, password: student?.card };
}

/** Where students may reach the hub, `host:port`, the likeliest first: how the teacher does, unless that is by this machine's own name. */
export function addressesOf(ctx: WebContext, { classroom, look }: ClassVisit): string[] {
  const asked = new URL(look.origin).host;
  const { localPort } = ctx.req.socket;
  const others = reachableAddresses(classroom.host).map((each) => `${each}:${localPort}`);
  const all = isLoopback(asked) ? [...others, asked] : [asked, ...others];
  return [...new Set(all)];
}
