import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

/** A whole page as text. */
export function pageOf(layout: VNode): string {
  return `<!doctype html>${renderToString(layout)}\n`;
}

/** A part of a page, for a script to put into one. */
export function partOf(part: VNode): string {
  return renderToString(part);
}
