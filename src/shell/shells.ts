import { LRUCache } from 'lru-cache';
import { MOST_SHELLS, MOST_SHELLS_OF_ONE } from './bounds.js';
import { Shell } from './shell.js';

/** The shells of all readers, by what their sessions are known by. */
export class Shells {
  readonly #shells = new LRUCache<string, { readonly account: string; readonly shell: Shell }>({
    max: MOST_SHELLS,
  });

  /** The shell of a session of this account, which is begun if there is none. */
  of(session: string, account: string): Shell {
    const known = this.#shells.get(session);
    if (known !== undefined) return known.shell;
    const own = [...this.#shells.rkeys()].filter(
      (each) => this.#shells.peek(each)?.account === account,
    );
    const [oldest] = own;
    if (oldest !== undefined && own.length >= MOST_SHELLS_OF_ONE) this.end(oldest);
    const shell = new Shell();
    this.#shells.set(session, { account, shell });
    return shell;
  }

  /** Ends a shell, with its files and images. */
  end(session: string): void {
    this.#shells.delete(session);
  }
}
