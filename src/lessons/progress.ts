import { LRUCache } from 'lru-cache';
import type { Journal, Shown } from '../journal/journal.js';
import { partsOf } from '../journal/step.js';
import type { Fact, State } from './facts.js';
import type { Lesson, LessonStep } from './lesson.js';

/** How a reader's repositories were at one moment. */
export interface Remembered {
  /** Puts the reader's repositories back; what others have is left alone. */
  undo(): Promise<void>;
  /** Gives it up, and the files that only it still needed. */
  forget(): Promise<void>;
}

/** What lasts of what readers have done: the lessons that they have finished, by their ids. */
export interface Finished {
  has(reader: string, lesson: string): boolean;
  /** Keeps one, unless it is not so any more when it is written. */
  add(reader: string, lesson: string, isStillSo: () => boolean): Promise<void>;
  clear(reader: string): Promise<void>;
}

export interface ProgressOptions {
  readonly journal: Journal;
  /** One of a reader's own repositories. */
  readonly repository: (reader: string, name: string) => ReturnType<State['repository']>;
  readonly remember: (reader: string) => Remembered;
  readonly finished: Finished;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Is told of failures that no answer reports. */
  readonly onFailure: (error: unknown) => void;
}

/** How far a reader is in a lesson. */
export interface Standing {
  /** Steps that are done; the next one is the one that is looked at. */
  readonly done: number;
  /** Somebody watches what the reader does. */
  readonly isBegun: boolean;
  /** What was last refused to the reader since the step began; a mere 404 is not a refusal. */
  readonly refused: Shown | undefined;
}

/** A lesson that a reader is in, and since when nothing was ticked off. */
export interface UnderWay extends Standing {
  readonly lesson: Lesson;
  /** Milliseconds since 1970: when the step began that is looked at, or the lesson ended. */
  readonly since: number;
}

/** A lesson that somebody does. */
interface Learner {
  readonly lesson: Lesson;
  done: number;
  since: number;
  /** The facts of the step that were seen. */
  seen: Set<Fact>;
  refused: Shown | undefined;
  /** The reader's repositories as each step began, up to the one that is looked at. */
  readonly memories: Remembered[];
}

/** Readers whose lessons are remembered; the one that was not looked at for the longest time goes first. */
const MOST_LEARNERS = 300;

/** How far each reader is: watches the journal, and ticks off what it sees. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #learners = new LRUCache<string, Learner>({
    max: MOST_LEARNERS,
    dispose: (learner) => this.#forget(learner),
  });
  /** What each reader has finished, while it is written. */
  readonly #finishing = new Map<string, Set<string>>();
  #stopWatching: (() => void) | undefined;
  /** What is being given up; it is waited for at the end. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  /** Begins a lesson, or goes on with it; one that was under way before ends. */
  begin(reader: string, lesson: Lesson): Standing {
    const known = this.#learners.get(reader);
    if (known?.lesson !== lesson) {
      const learner: Learner = {
        lesson,
        done: 0,
        since: this.#options.now(),
        seen: new Set(),
        refused: undefined,
        memories: [this.#options.remember(reader)],
      };
      this.#learners.set(reader, learner);
      this.#watch();
    }
    return this.standing(reader, lesson);
  }

  /** How far a reader is, after another look at what is so now. */
  standing(reader: string, lesson: Lesson): Standing {
    const learner = this.#learners.get(reader);
    if (learner?.lesson !== lesson) {
      const done = this.hasDone(reader, lesson) ? lesson.steps.length : 0;
      return { done, isBegun: false, refused: undefined };
    }
    this.#tick(reader, learner, undefined);
    return { done: learner.done, isBegun: true, refused: learner.refused };
  }

  /** The lesson that a reader is in, if any. */
  underWay(reader: string): UnderWay | undefined {
    const learner = this.#learners.peek(reader);
    if (learner === undefined) return undefined;
    this.#tick(reader, learner, undefined);
    const { lesson, done, since, refused } = learner;
    return { lesson, done, since, refused, isBegun: true };
  }

  /** Whether a reader has done a lesson to its end once. */
  hasDone(reader: string, lesson: Lesson): boolean {
    return (
      this.#finishing.get(reader)?.has(lesson.id) === true ||
      this.#options.finished.has(reader, lesson.id)
    );
  }

  /** Takes an answer to the question of the step that is looked at; true where it was right. */
  answer(reader: string, lesson: Lesson, choice: number): boolean {
    const learner = this.#learners.get(reader);
    const step = learner?.lesson === lesson ? stepOf(learner) : undefined;
    if (learner === undefined || step?.question === undefined) return false;
    if (choice !== step.question.right) return false;
    this.#tick(reader, learner, undefined, true);
    return true;
  }

  /**
   * Takes back the last step that was done, or what was done in the first: the reader's repositories are as that step
   * found them, and it is to be done again.
   */
  async undo(reader: string, lesson: Lesson): Promise<void> {
    const learner = this.#learners.get(reader);
    if (learner?.lesson === lesson) await this.backTo(reader, Math.max(learner.done - 1, 0));
  }

  /**
   * Puts a reader back to the beginning of a step (from 0) of the lesson that they are in, with the repositories that
   * they had then. Without a lesson, or for a step that they have not reached, nothing changes.
   */
  async backTo(reader: string, back: number): Promise<void> {
    const learner = this.#learners.get(reader);
    if (learner === undefined) return;
    const memory = learner.memories[back];
    if (memory === undefined) return;
    for (const later of learner.memories.splice(back + 1)) this.#giveUp(later);
    await memory.undo();
    learner.done = back;
    learner.since = this.#options.now();
    learner.seen = new Set();
    learner.refused = undefined;
  }

  /** Begins a lesson from its start, and leaves the repositories as they are. */
  restart(reader: string, lesson: Lesson): void {
    this.#learners.delete(reader);
    this.begin(reader, lesson);
  }

  /** Forgets a reader: what they have done, and what they are in. */
  async forget(reader: string): Promise<void> {
    this.#learners.delete(reader);
    this.#finishing.delete(reader);
    await this.#options.finished.clear(reader);
  }

  /** Stops watching, and resolves when everything remembered is given up. */
  async close(): Promise<void> {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#learners.clear();
    await this.#work;
  }

  #watch(): void {
    this.#stopWatching ??= this.#options.journal.watch({
      see: (shown) => this.#see(shown),
      end: (reason) => {
        this.#stopWatching = undefined;
        this.#learners.clear();
        if (reason === 'reset') this.#finishing.clear();
      },
    });
  }

  #see(shown: Shown): void {
    try {
      for (const [reader, learner] of this.#learners.entries()) this.#tick(reader, learner, shown);
    } catch (error) {
      this.#options.onFailure(error);
    }
  }

  /** Looks at what has come, and at what is so now; the step is done once all its facts are there. */
  #tick(reader: string, learner: Learner, shown: Shown | undefined, isAnswered = false): void {
    const step = stepOf(learner);
    if (step === undefined) return;
    const state: State = {
      reader,
      repository: (name) => this.#options.repository(reader, name),
    };
    if (shown?.step !== undefined) {
      for (const fact of step.facts) {
        if (fact.kind === 'seen' && fact.fits(shown.step, reader)) learner.seen.add(fact);
      }
      if (isRefusalTo(reader, shown)) learner.refused = shown;
    }
    const isThere = (fact: Fact): boolean =>
      fact.kind === 'seen' ? learner.seen.has(fact) : fact.holds(state);
    if (step.question !== undefined && !isAnswered) return;
    if (!step.facts.every(isThere)) return;
    learner.done += 1;
    learner.since = this.#options.now();
    learner.seen = new Set();
    learner.refused = undefined;
    if (learner.done < learner.lesson.steps.length) {
      learner.memories.push(this.#options.remember(reader));
      return;
    }
    if (!this.hasDone(reader, learner.lesson)) this.#finish(reader, learner.lesson);
  }

  /** Keeps that a reader has done a lesson. Until it is written, it stands here. */
  #finish(reader: string, { id }: Lesson): void {
    const finishing = this.#finishing.get(reader) ?? new Set();
    this.#finishing.set(reader, finishing.add(id));
    const isStillSo = (): boolean => this.#finishing.get(reader) === finishing;
    this.#work = this.#work
      .then(() => this.#options.finished.add(reader, id, isStillSo))
      .catch(this.#options.onFailure)
      .then(() => {
        finishing.delete(id);
        if (finishing.size === 0 && isStillSo()) this.#finishing.delete(reader);
      });
  }

  #forget({ memories }: Learner): void {
    for (const memory of memories) this.#giveUp(memory);
  }

  #giveUp(memory: Remembered): void {
    this.#work = this.#work.then(() => memory.forget()).catch(this.#options.onFailure);
  }
}

/** The step that is to be done. */
function stepOf({ lesson, done }: Learner): LessonStep | undefined {
  return lesson.steps[done];
}

function isRefusalTo(reader: string, { record, step }: Shown): boolean {
  if (step === undefined || step.status < 400 || step.status === 404) return false;
  const { who } = record;
  if (who.by === 'basic' || who.by === 'bearer') return who.user === reader;
  if (who.by === 'none' && who.claimed !== undefined) return who.claimed === reader;
  return partsOf(step).repository.startsWith(`${reader}/`);
}
