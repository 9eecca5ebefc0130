import type { HubContext } from './context.js';
import { toPythonJson } from './json.js';

const JSON_TYPE = 'application/json';

/**
 * Answers as the index did: JSON in chunks, without a length (protocol.md §1: even `"OK"` came so).
 */
export function answerIndex(ctx: HubContext, status: number, value: unknown): void {
  answerIndexText(ctx, status, toPythonJson(value));
}

/** As `answerIndex`, with JSON that is written already. */
export function answerIndexText(ctx: HubContext, status: number, json: string): void {
  ctx.status = status;
  ctx.set('Content-Type', JSON_TYPE);
  ctx.vary('Accept');
  // Before the body, or Koa would add a length.
  if (ctx.method !== 'HEAD' && ctx.req.httpVersion === '1.1') {
    ctx.set('Transfer-Encoding', 'chunked');
  }
  ctx.body = json;
}

/** Answers as the registry did: JSON with a length, of what may be another the next time. */
export function answerRegistry(ctx: HubContext, status: number, value: unknown): void {
  answerRegistryText(ctx, status, toPythonJson(value));
}

/** As `answerRegistry`, with JSON that is written already. */
export function answerRegistryText(ctx: HubContext, status: number, json: string): void {
  ctx.status = status;
  ctx.set({
    'Content-Type': JSON_TYPE,
    'Cache-Control': 'no-cache',
    Expires: '-1',
    Pragma: 'no-cache',
  });
  ctx.body = json;
}

/** Answers as the hub's own control does, in the JSON of today. */
export function answerPlain(ctx: HubContext, status: number, value: unknown): void {
  ctx.status = status;
  ctx.set({ 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-store' });
  ctx.body = JSON.stringify(value);
}

/**
 * 204 with a Content-Type, as every reply of the Hub had one (protocol.md §1). Koa removes it from
 * an answer without a body, so this one does without Koa.
 */
export function answerNothing(ctx: HubContext): void {
  ctx.respond = false;
  ctx.res.statusCode = 204;
  ctx.res.setHeader('Content-Type', JSON_TYPE);
  ctx.vary('Accept');
  ctx.res.end();
}
