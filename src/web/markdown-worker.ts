import { createMarkdown } from './markdown.js';

/** HTML of Markdown; in a thread of its own, see `Descriptions`. */
export function render(text: string): string {
  return createMarkdown()(text);
}
