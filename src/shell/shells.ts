import { LRUCache } from 'lru-cache';
import { MOST_SHELLS } from './bounds.js';
import { Shell } from './shell.js';

/** The shells of all readers, by what their sessions are known by. */
export class Shells {
  readonly #shells = new LRUCache<string, Shell>({ max: MOST_SHELLS });

  /** Somebody's shell, which is begun if there is none. */
  of(session: string): Shell {
    const shell = this.#shells.get(session) ?? new Shell();
    this.#shells.set(session, shell);
    return shell;
  }

  /** Ends a shell, with its files and images. */
  end(session: string): void {
    this.#shells.delete(session);
  }
}
