import { LRUCache } from 'lru-cache';
import { Tinypool } from 'tinypool';

/** How many texts are remembered with their HTML. */
const MOST_TEXTS = 100;
/** Milliseconds that a text may take, and texts that may wait; what is hostile takes most of a second. */
const LONGEST = 3000;
const MOST_WAITING = 20;

/**
 * Full descriptions as HTML. They are made in a worker thread, since some texts, small ones too, take long on purpose
 * (tables of many empty cells): who asks for one of these must not hold up anybody else.
 */
export class Descriptions {
  readonly #known = new LRUCache<string, string>({ max: MOST_TEXTS });
  readonly #longest: number;
  #pool: Tinypool | undefined;

  constructor({ longest = LONGEST }: { readonly longest?: number } = {}) {
    this.#longest = longest;
  }

  /** HTML of a text in Markdown; of one that takes too long, or comes while too many wait, as it was written. */
  async htmlOf(text: string): Promise<string> {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const html = await this.#render(text);
    if (html === undefined) return plain(text);
    this.#known.set(text, html);
    return html;
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  async #render(text: string): Promise<string | undefined> {
    const pool = this.#worker();
    if (pool.queueSize >= MOST_WAITING) return undefined;
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), this.#longest);
    try {
      return await pool.run(text, { name: 'render', signal: giveUp.signal });
    } catch (error) {
      if (!giveUp.signal.aborted) throw error;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #worker(): Tinypool {
    this.#pool ??= new Tinypool({
      filename: new URL('../../src/web/markdown-worker.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: 10_000,
      // Not the flags of the parent process: with `node --input-type=module -e` no worker would start.
      execArgv: [],
    });
    return this.#pool;
  }
}

/** A text without its Markdown, line by line. */
function plain(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<p>${escaped.replaceAll('\n', '<br>\n')}</p>\n`;
}
