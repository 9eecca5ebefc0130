import { LRUCache } from 'lru-cache';
import type { Shown } from '../../src/journal/journal.js';
import type { SeenStep } from '../../src/sandbox/sandbox.js';
import type { Look } from '../../src/web/look.js';
import { partOf } from '../../src/web/page.js';
import { StepRow } from '../../src/web/views/live.js';
import { lineOf } from './live-shown.js';

/** How many steps are kept. */
const MOST_MADE = 500;

/** Steps of the live page as HTML, each made once for all who see it in the same language and as much of it. */
export class StepRows {
  readonly #made = new LRUCache<Shown, Map<string, string>>({ max: MOST_MADE });

  of(seen: SeenStep, look: Look): string {
    const kinds = this.#made.get(seen.shown) ?? new Map<string, string>();
    this.#made.set(seen.shown, kinds);
    const kind = `${look.language} ${seen.sight}`;
    const html = kinds.get(kind) ?? partOf(<StepRow look={look} step={lineOf(seen, look)} />);
    kinds.set(kind, html);
    return html;
  }
}
