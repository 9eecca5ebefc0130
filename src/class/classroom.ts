/*
 * A class: students with accounts on cards, a board of how far each is, and a teacher (any admin) who helps one of them.
 *
 *   classroom.ts   the class of one hub: its students, whether others may sign up, help for one student
 *   board.ts       how far a student is, and who is stuck
 *   addresses.ts   where students reach the hub
 */
import type { UserDocument } from '../domain/documents.js';
import type { Domain } from '../domain/domain.js';
import { COURSE, type Lesson, type Progress } from '../lessons/index.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { type Place, placeOf } from './board.js';

/** What a class is made of. */
export interface ClassroomParts {
  readonly domain: Pick<Domain, 'students' | 'deletions'>;
  readonly progress: Progress;
  readonly sandbox: Pick<Sandbox, 'latestOf'>;
  readonly now: () => number;
  /** What the hub was started with. */
  readonly registration: 'open' | 'closed';
  readonly anonymous: 'pull' | 'push';
  readonly v2: 'auto' | 'always' | 'off';
  /** The address that the hub listens on. */
  readonly host: string;
}

/** The class of one hub. */
export class Classroom {
  /** Whether others may sign up; until the hub ends. */
  registration: 'open' | 'closed';
  readonly host: string;
  /** The lessons that can be done here. */
  readonly course: readonly Lesson[];
  readonly #parts: ClassroomParts;

  constructor(parts: ClassroomParts) {
    this.#parts = parts;
    this.registration = parts.registration;
    this.host = parts.host;
    const has = { 'anonymous push': parts.anonymous === 'push', v2: parts.v2 !== 'off' };
    this.course = COURSE.filter(({ needs }) => needs === undefined || has[needs]);
  }

  /** The accounts of all students, by their names. */
  get students(): UserDocument[] {
    return this.#parts.domain.students.list();
  }

  /** The account of a student. Throws `accountMissing`, also for an account that does not belong to a student. */
  student(username: string): UserDocument {
    return this.#parts.domain.students.require(username);
  }

  /** Where each of some students is, in their order. */
  places(students: readonly UserDocument[]): Place[] {
    const { progress, sandbox, now } = this.#parts;
    const latest = sandbox.latestOf(new Set(students.map(({ username }) => username)));
    return students.map((student) =>
      placeOf(student, {
        course: this.course,
        progress,
        latest: latest.get(student.username),
        now: now(),
      }),
    );
  }

  /** Where one student is. */
  place(student: UserDocument): Place {
    const { progress, sandbox, now } = this.#parts;
    const { username } = student;
    const latest = sandbox.latestOf(new Set([username])).get(username);
    return placeOf(student, { course: this.course, progress, latest, now: now() });
  }

  /**
   * Lets a student begin again: their repositories go, with what only those hold, and what they have done of the
   * lessons is forgotten. The account and its card stay. Throws `accountMissing`.
   */
  async reset(username: string): Promise<void> {
    this.student(username);
    await this.#parts.domain.deletions.removeAll(username);
    await this.#parts.progress.forget(username);
  }

  /**
   * Puts a student back to the beginning of a step (from 0) of the lesson that they are in, with the repositories that
   * they had then. A step that they have not reached changes nothing. Throws `accountMissing`.
   */
  async restore(username: string, step: number): Promise<void> {
    this.student(username);
    await this.#parts.progress.backTo(username, step);
  }

  /** Gives a student another password, on another card. Throws `accountMissing`. */
  async renewCard(username: string): Promise<void> {
    await this.#parts.domain.students.renewCard(username);
  }
}
