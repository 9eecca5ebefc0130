import { errors } from '../../src/domain/errors.js';
import { parseRepositoryName } from '../../src/domain/repositories/names.js';
import { tellIn } from '../../src/journal/sentences.js';
import {
  COURSE,
  type Lesson,
  lessonAfter,
  lessonOf,
  type Names,
  type Standing,
  spoken,
} from '../../src/lessons/index.js';
import type { Reach, Shell } from '../../src/shell/index.js';
import type { Look, Note } from '../../src/web/look.js';
import { lessonPath } from '../../src/web/paths.js';
import { Lesson as LessonView, type StepProps } from '../../src/web/views/lesson.js';
import { Lessons } from '../../src/web/views/lessons.js';
import { plainAddress } from '../../src/wire/client-address.js';
import { readForm } from './forms.js';
import { goTo, type OwnVisit, ownVisitOf, sessionKey, showPage, visitOf } from './visit.js';
import type { WebContext } from './web.js';

/** GET /sandbox/lessons/ */
export async function getLessons(ctx: WebContext): Promise<void> {
  const { look, account } = await visitOf(ctx);
  const { progress } = ctx.state.web;
  const underWay = account && progress?.underWay(account.username);
  const lessons = COURSE.map((lesson) => ({
    id: lesson.id,
    title: lesson.title[look.language],
    about: lesson.about[look.language],
    steps: lesson.steps.length,
    done: underWay?.lesson === lesson ? underWay.done : undefined,
    isDone: account !== undefined && progress?.hasDone(account.username, lesson) === true,
  }));
  const note: Note | undefined =
    progress === undefined ? { kind: 'bad', text: look.words.lessons.off } : undefined;
  showPage(ctx, <Lessons look={look} note={note} lessons={lessons} />);
}

/** A lesson that somebody reads, and their terminal. */
interface Reading {
  readonly visit: OwnVisit;
  readonly lesson: Lesson;
  readonly shell: Shell;
  readonly names: Names;
}

/** Throws `loginRequired`, or `unknownPath` for a lesson that does not exist. */
async function readingOf(ctx: WebContext): Promise<Reading> {
  const lesson = lessonOf(ctx.params.lesson ?? '');
  const visit = await ownVisitOf(ctx);
  if (lesson === undefined) throw errors.unknownPath();
  const { shells } = await ctx.state.web.tools();
  const { username } = visit.account;
  const digest = labDigest(ctx, username);
  const names = { you: username, hub: new URL(visit.look.origin).host, digest };
  return { visit, lesson, shell: shells.of(sessionKey(ctx), username), names };
}

/** The digest of what the lesson on digests deletes, once somebody has asked for it. */
function labDigest({ state }: WebContext, username: string): string | undefined {
  const { repositories, manifests } = state.domain;
  const repository = repositories.find(parseRepositoryName(username, 'lab'));
  return repository && manifests.tagOfToday(repository, '1.0')?.digest;
}

/** GET /sandbox/lessons/(lesson)/ */
export async function getLesson(ctx: WebContext): Promise<void> {
  showLesson(ctx, await readingOf(ctx));
}

/** POST /sandbox/lessons/(lesson)/: a line for the terminal, an answer, or a way through the lesson. */
export async function postLesson(ctx: WebContext): Promise<void> {
  const reading = await readingOf(ctx);
  const form = await readForm(ctx);
  const note = await act(ctx, reading, form);
  if (note !== undefined) return showLesson(ctx, reading, note);
  const isTyped = ['run', 'show', 'interrupt', null].includes(form.get('act'));
  goTo(ctx, `${lessonPath(reading.lesson.id)}${isTyped ? '#line' : ''}`);
}

/** Does what a form asks for. @returns what is to be said about it, if it is not just done */
async function act(
  ctx: WebContext,
  { visit, lesson, shell, names }: Reading,
  form: URLSearchParams,
): Promise<Note | undefined> {
  const { words, language } = visit.look;
  const { progress } = ctx.state.web;
  const reader = visit.account.username;
  switch (form.get('act')) {
    case 'begin':
    case 'restart':
      progress?.restart(reader, lesson);
      return undefined;
    case 'undo':
      await progress?.undo(reader, lesson);
      return undefined;
    case 'answer': {
      const choice = form.get('choice');
      if (choice === null) return { kind: 'bad', text: words.lessons.noneChosen };
      const isRight = progress?.answer(reader, lesson, Number(choice)) === true;
      return isRight ? undefined : { kind: 'bad', text: words.lessons.wrong };
    }
    case 'show': {
      const { done } = progress?.standing(reader, lesson) ?? { done: 0 };
      const lines = lesson.steps[done]?.solution ?? [];
      const password = await shell.passwordOf(reader);
      if (password === undefined && lines.some((line) => line.includes('{password}'))) {
        return { kind: 'bad', text: words.lessons.needsLogin };
      }
      shell.interrupt();
      for (const line of lines) {
        const typed = spoken(line, { ...names, password: quoted(password) });
        await shell.run(typed, reachOf(ctx, names), language);
      }
      return undefined;
    }
    case 'interrupt':
      shell.interrupt();
      return undefined;
    default:
      await shell.run(form.get('line') ?? '', reachOf(ctx, names), language);
      return undefined;
  }
}

/** A password as a shell takes it. */
function quoted(password: string | undefined): string | undefined {
  return password === undefined || /^[\w.,:+=@%/-]*$/.test(password) ? password : `'${password}'`;
}

/** This hub, as the shell reaches it: at the address at which the browser has. */
function reachOf({ req, state: { clients } }: WebContext, { hub }: Names): Reach {
  const { socket } = req;
  const reader = clients.of(req);
  const { localAddress = '127.0.0.1', localPort } = socket;
  const own = plainAddress(localAddress);
  const isSecure = 'encrypted' in socket;
  const host = own.includes(':') ? `[${own}]` : own;
  const hosts = [hub, `${host}:${localPort}`, `localhost:${localPort}`, `127.0.0.1:${localPort}`];
  return {
    index: new URL(`${isSecure ? 'https' : 'http'}://${host}:${localPort}`),
    hosts,
    // What is guessed in the terminal is the reader's guess.
    onConnection: (connection) => clients.speakFor(reader, connection),
  };
}

function showLesson(
  ctx: WebContext,
  { visit: { look, account }, lesson, shell, names }: Reading,
  note?: Note,
): void {
  const { progress } = ctx.state.web;
  const { language } = look;
  const standing: Standing = progress?.standing(account.username, lesson) ?? NOT_BEGUN;
  const { refused, done, isBegun } = standing;
  const { lessons } = look.words;
  const why = progress === undefined ? lessons.off : lackOf(ctx, lesson, look);
  const next = lessonAfter(lesson);
  showPage(
    ctx,
    <LessonView
      look={look}
      note={note}
      id={lesson.id}
      title={lesson.title[language]}
      about={lesson.about[language]}
      host={names.hub}
      steps={lesson.steps.map((step) => stepProps(step, names, look))}
      done={done}
      state={why !== undefined ? 'off' : isBegun ? 'begun' : 'new'}
      why={why}
      refused={refused?.step && tellIn(language, refused.step).sentence}
      next={next && { id: next.id, title: next.title[language] }}
      terminal={{ lines: shell.transcript, prompt: shell.prompt, asks: shell.asks }}
    />,
    note === undefined ? 200 : 400,
  );
}

/** What the hub would have to be started with for this lesson, in words; undefined where nothing is missing. */
function lackOf(ctx: WebContext, { needs }: Lesson, look: Look): string | undefined {
  const { lessons } = look.words;
  if (needs === 'anonymous push' && !look.asksNobody) return lessons.needsAnonymousPush;
  return needs === 'v2' && ctx.state.settings.v2 === 'off' ? lessons.needsV2 : undefined;
}

const NOT_BEGUN: Standing = { done: 0, isBegun: false, refused: undefined };

function stepProps(
  { say, commands, question, hint, solution, explain }: Lesson['steps'][number],
  names: Names,
  { language }: Look,
): StepProps {
  const speak = (text: string): string => spoken(text, names);
  return {
    say: speak(say[language]),
    commands: commands.map(speak),
    question: question && {
      ask: speak(question.ask[language]),
      choices: question.choices.map((choice) => speak(choice[language])),
    },
    hint: speak(hint[language]),
    solution: solution.map(speak),
    right: question?.choices[question.right]?.[language],
    explain: speak(explain[language]),
  };
}
