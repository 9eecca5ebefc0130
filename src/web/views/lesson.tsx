import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { Command } from '../parts.js';
import { lessonPath } from '../paths.js';
import { Terminal, type TerminalProps } from './terminal.js';

/** One step of a lesson, in the reader's language and with their names in it. */
export interface StepProps {
  readonly say: string;
  readonly commands: readonly string[];
  readonly question: { readonly ask: string; readonly choices: readonly string[] } | undefined;
  readonly hint: string;
  readonly solution: readonly string[];
  /** The right answer to the question. */
  readonly right: string | undefined;
  readonly explain: string;
}

export interface LessonProps {
  readonly look: Look;
  readonly note?: Note | undefined;
  readonly id: string;
  readonly title: string;
  readonly about: string;
  /** Where the hub is, for a docker of the reader's own. */
  readonly host: string;
  readonly steps: readonly StepProps[];
  /** Steps that are done. */
  readonly done: number;
  /** Nobody watches yet: the lesson is to be begun; `off`: no step can be ticked off here. */
  readonly state: 'off' | 'new' | 'begun';
  /** Why not. */
  readonly why: string | undefined;
  /** What was refused since the step began, in a sentence. */
  readonly refused: string | undefined;
  readonly next: { readonly id: string; readonly title: string } | undefined;
  readonly terminal: Omit<TerminalProps, 'look' | 'action'>;
}

/** A lesson: its steps with their ticks, and a terminal to do them in. */
export function Lesson(props: LessonProps): JSX.Element {
  const { look, note, id, title, about, host, steps, done, state, why, next, terminal } = props;
  const { lessons } = look.words;
  const isOver = done >= steps.length;
  // Where a script looks again, and what must have changed before it shows another state.
  const fresh = { 'data-fresh': '3', 'data-state': `${done} ${props.refused ?? ''}` };
  return (
    <Layout look={look} title={title} note={note}>
      <p>
        <a href="/sandbox/lessons/">{lessons.all}</a>
      </p>
      <h1>{title}</h1>
      <p class="lead">{about}</p>
      {why !== undefined && <p class="alert">{why}</p>}
      <p role="status" {...fresh} id="progress">
        {isOver ? lessons.finished : lessons.progress(done, steps.length)}
      </p>
      <div class="lesson">
        <div {...fresh} id="steps">
          <ol class="lesson-steps">
            {steps.map((step, at) => (
              <Step
                key={step.say}
                {...props}
                step={step}
                at={at < done ? 'done' : at === done && state !== 'new' ? 'now' : 'later'}
              />
            ))}
          </ol>
          <Moves {...props} />
          {isOver && next !== undefined && (
            <p>
              {lessons.next} <a href={lessonPath(next.id)}>{next.title}</a>
            </p>
          )}
          <p class="hint">
            {lessons.own(host)}
            {look.live !== undefined && (
              <>
                {' '}
                {lessons.watch} <a href={look.live}>{look.words.live.title}</a>
              </>
            )}
          </p>
        </div>
        <Terminal look={look} action={lessonPath(id)} {...terminal} />
      </div>
    </Layout>
  );
}

/** Ways through the lesson: begin, look again, back, from the start. */
function Moves({ look, id, state, done }: LessonProps): JSX.Element | null {
  const { lessons } = look.words;
  if (state === 'off') return null;
  return (
    <form method="post" action={lessonPath(id)} class="moves">
      {state === 'new' ? (
        <>
          <button type="submit" name="act" value="begin" class="btn-primary">
            {done > 0 ? lessons.restart : lessons.begin}
          </button>{' '}
          <span class="hint">{lessons.beginHint}</span>
        </>
      ) : (
        <>
          <a class="button" href={lessonPath(id)}>
            {lessons.look}
          </a>{' '}
          <button type="submit" name="act" value="undo">
            {lessons.undo}
          </button>{' '}
          <button type="submit" name="act" value="restart">
            {lessons.restart}
          </button>{' '}
          <span class="hint">{lessons.undoHint}</span>
        </>
      )}
    </form>
  );
}

function Step(
  props: LessonProps & { readonly step: StepProps; readonly at: 'done' | 'now' | 'later' },
): JSX.Element {
  const { look, step, at } = props;
  const { lessons } = look.words;
  if (at !== 'now') {
    return (
      <li class={`step-${at}`}>
        <p>
          {at === 'done' && <span class="tick">✓ {lessons.done}: </span>}
          <Linked text={step.say} />
        </p>
        {at === 'done' && (
          <p class="explain">
            <Linked text={step.explain} />
          </p>
        )}
      </li>
    );
  }
  return (
    <li class="step-now" aria-current="step">
      <p>
        <Linked text={step.say} />
      </p>
      {step.commands.length > 0 && (
        <>
          <p>{lessons.try}</p>
          {step.commands.map((line) => (
            <Command key={line} look={look} lines={line} />
          ))}
        </>
      )}
      <Asked {...props} />
      <Help {...props} />
    </li>
  );
}

/** The address of a page of a repository, in a text. */
const PAGE = /(\/u\/[\w/]+)/;

/** A text, in which addresses of pages are links. */
function Linked({ text }: { readonly text: string }): JSX.Element {
  return (
    <>{text.split(PAGE).map((part, at) => (at % 2 === 0 ? part : <a href={part}>{part}</a>))}</>
  );
}

function Asked({
  look,
  id,
  step: { question },
}: LessonProps & { readonly step: StepProps }): JSX.Element | null {
  if (question === undefined) return null;
  return (
    <form method="post" action={lessonPath(id)}>
      <fieldset class="choice">
        <legend>{question.ask}</legend>
        {question.choices.map((choice, number) => (
          <label key={choice}>
            <input type="radio" name="choice" value={String(number)} /> {choice}
          </label>
        ))}
      </fieldset>
      <button type="submit" name="act" value="answer">
        {look.words.lessons.answer}
      </button>
    </form>
  );
}

/** What was refused, the hint and the solution. */
function Help({
  look,
  id,
  step,
  refused,
}: LessonProps & { readonly step: StepProps }): JSX.Element {
  const { lessons } = look.words;
  return (
    <>
      {refused !== undefined && (
        <p class="alert">
          {lessons.refused} <bdi>{refused}</bdi>
        </p>
      )}
      <details>
        <summary>{lessons.hint}</summary>
        <p>{step.hint}</p>
      </details>
      <details>
        <summary>{lessons.solution}</summary>
        {step.solution.map((line) => (
          <Command key={line} look={look} lines={line} />
        ))}
        {step.right !== undefined && (
          <p>
            {lessons.right} {step.right}
          </p>
        )}
        {step.solution.length > 0 && (
          <form method="post" action={lessonPath(id)}>
            <button type="submit" name="act" value="show">
              {lessons.showMe}
            </button>{' '}
            <span class="hint">{lessons.showMeHint}</span>
          </form>
        )}
      </details>
    </>
  );
}
