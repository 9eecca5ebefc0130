import { errors } from '../../src/domain/errors.js';
import type { UnderWay } from '../../src/lessons/index.js';
import { spoken } from '../../src/lessons/index.js';
import type { Look, Note } from '../../src/web/look.js';
import { studentPath } from '../../src/web/paths.js';
import { type LessonNow, StudentPage } from '../../src/web/views/class-student.js';
import { boardLineOf, type ClassVisit, classVisitOf, sentenceOf, titlesOf } from './class-shown.js';
import { lineOf, readForm } from './forms.js';
import { goTo, queryOf, showPage } from './visit.js';
import type { WebContext } from './web.js';

/** What was done, as the address of the page says it. */
const DEEDS = ['restore', 'card', 'reset'] as const;
type Deed = (typeof DEEDS)[number];

/** GET /sandbox/class/students/(student)/. Throws `accountMissing`, also for an account that does not belong to a student. */
export async function getStudent(ctx: WebContext): Promise<void> {
  const visit = await classVisitOf(ctx);
  const done = DEEDS.find((deed) => deed === queryOf(ctx, 'done'));
  const { username } = visit.classroom.student(ctx.params.student ?? '');
  show(ctx, visit, done && { kind: 'good', text: textOf(done, username, visit.look) });
}

/** POST /sandbox/class/students/(student)/: back to a step, another password, or all from the beginning. */
export async function postStudent(ctx: WebContext): Promise<void> {
  const visit = await classVisitOf(ctx);
  const { look, classroom } = visit;
  const { username } = classroom.student(ctx.params.student ?? '');
  const form = await readForm(ctx);
  const act = DEEDS.find((deed) => deed === lineOf(form, 'act'));
  if (act === undefined) throw errors.badRequest();
  if (act === 'card') await classroom.renewCard(username);
  else if (act === 'restore') await classroom.restore(username, stepIn(form));
  else {
    if (lineOf(form, 'sure') !== 'yes') {
      return show(ctx, visit, { kind: 'bad', text: look.words.class.student.notSure });
    }
    await classroom.reset(username);
  }
  goTo(ctx, `${studentPath(username)}?done=${act}`);
}

/** Throws `badRequest` for anything but a number. */
function stepIn(form: URLSearchParams): number {
  const step = lineOf(form, 'step');
  if (!/^\d{1,3}$/.test(step)) throw errors.badRequest();
  return Number(step);
}

function textOf(deed: Deed, username: string, { words }: Look): string {
  const { student } = words.class;
  if (deed === 'card') return student.newCardDone;
  return deed === 'restore' ? student.restored(username) : student.resetDone(username);
}

function show(ctx: WebContext, visit: ClassVisit, note: Note | undefined): void {
  const { look, classroom } = visit;
  const student = classroom.student(ctx.params.student ?? '');
  const place = classroom.place(student);
  const { underWay } = place;
  const names = { you: student.username, hub: new URL(look.origin).host };
  const page = (
    <StudentPage
      look={look}
      note={note}
      line={boardLineOf(place, look)}
      lessons={titlesOf(visit)}
      now={underWay && nowOf(underWay, look, names)}
      password={student.student?.card}
    />
  );
  showPage(ctx, page, note?.kind === 'bad' ? 400 : 200);
}

function nowOf(
  { lesson, done, since, refused }: UnderWay,
  { language }: Look,
  names: Parameters<typeof spoken>[1],
): LessonNow {
  return {
    title: lesson.title[language],
    done,
    steps: lesson.steps.map(({ say }) => spoken(say[language], names)),
    since: new Date(since).toISOString(),
    refused: refused && sentenceOf(refused, language),
  };
}
