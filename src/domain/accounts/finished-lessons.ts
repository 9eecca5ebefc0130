import type { Collection } from '../../storage/documents/collection.js';
import type { UserDocument } from '../../storage/documents/documents.js';

/** The lessons that people have done to their end, kept with their accounts. */
export class FinishedLessons {
  readonly #users: Collection<UserDocument>;

  constructor(users: Collection<UserDocument>) {
    this.#users = users;
  }

  /** Whether somebody has done the lesson of this id. */
  has(username: string, lesson: string): boolean {
    return this.#users.get(username)?.lessons?.includes(lesson) === true;
  }

  /** Keeps that somebody has done a lesson, if `isStillSo` when it is written; nothing for an account that is gone. */
  async add(username: string, lesson: string, isStillSo: () => boolean): Promise<void> {
    await this.#users.update(username, (user) => {
      const { lessons = [] } = user ?? {};
      if (user === undefined || lessons.includes(lesson) || !isStillSo()) return user;
      return { ...user, lessons: [...lessons, lesson] };
    });
  }

  /** Forgets all that somebody has done. */
  async clear(username: string): Promise<void> {
    await this.#users.update(username, (user) => {
      if (user?.lessons === undefined) return user;
      const { lessons: _, ...kept } = user;
      return kept;
    });
  }
}
