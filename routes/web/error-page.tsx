import { ErrorPage } from '../../src/web/views/error.js';
import type { ErrorAnswer } from '../../src/wire/error-answers.js';
import { showPage, visitWith } from './visit.js';
import type { WebContext } from './web.js';

/** An error as a page. `folder` is that of the style sheet. */
export function showErrorPage(ctx: WebContext, answer: ErrorAnswer, folder: string): void {
  const { look } = visitWith(ctx, folder);
  const { status, id, text } = answer;
  showPage(ctx, <ErrorPage look={look} failing={{ status, id, text }} />, status);
}
