import { createServer } from 'node:http';
import Koa from 'koa';
import type { Answer } from '../support/http.js';
import { answerRequests } from './answer-requests.js';
import { listenAnywhere } from './listen-anywhere.js';

/** An answer as it goes from one process to the other. */
export interface SentAnswer {
  readonly status: number;
  readonly headers: Answer['headers'];
  readonly body: string;
}

/*
 * Baseline of the small reads: a bare Koa app, no router and no other middleware, that answers
 * everything with the same status, headers and body.
 */
answerRequests<SentAnswer, number>(async ({ status, headers, body }) => {
  const app = new Koa();
  app.use((ctx) => {
    ctx.status = status;
    ctx.set(headers);
    ctx.body = body;
    // Koa knows the length and sets it; the index's answers come in chunks and without one.
    if (headers['Transfer-Encoding'] !== undefined) ctx.remove('Content-Length');
  });
  return listenAnywhere(createServer(app.callback()));
});
