import type { ServerResponse } from 'node:http';
import type { HubContext } from './context.js';
import { toPythonJson } from './json.js';
import { isUnnamedGo } from './user-agent.js';

/*
 * The two voices write to the response itself: by way of Koa's context every header, status and body
 * takes longer, and nearly every request is answered here.
 */

const JSON_TYPE = 'application/json';

/** The version of the last docker-registry. */
const REGISTRY_VERSION = '0.9.1';

/**
 * Answers as the index did: JSON in chunks, without a length (protocol.md §1: even `"OK"` came so).
 */
export function answerIndex(ctx: HubContext, status: number, value: unknown): void {
  answerIndexText(ctx, status, toPythonJson(value));
}

/** As `answerIndex`, with JSON that is written already. */
export function answerIndexText(ctx: HubContext, status: number, json: string): void {
  const { req, res, response } = ctx;
  response.status = status;
  res.setHeader('Content-Type', JSON_TYPE);
  varyByAccept(ctx);
  // Before the body, or Koa would add a length.
  if (req.method !== 'HEAD' && req.httpVersion === '1.1') {
    res.setHeader('Transfer-Encoding', 'chunked');
  }
  response.body = json;
}

/** Answers as the registry did: JSON with a length, not to be cached. */
export function answerRegistry(ctx: HubContext, status: number, value: unknown): void {
  answerRegistryText(ctx, status, toPythonJson(value));
}

/** As `answerRegistry`, with JSON that is written already. */
export function answerRegistryText(ctx: HubContext, status: number, json: string): void {
  const { res, response } = ctx;
  response.status = status;
  res.setHeader('Content-Type', JSON_TYPE);
  res.setHeader('Cache-Control', 'no-cache');
  res.setHeader('Expires', '-1');
  res.setHeader('Pragma', 'no-cache');
  saysRegistry(res);
  response.body = json;
}

/** Every answer of the Hub's registry said what it was, refusals too (protocol.md §3). */
export function saysRegistry(res: ServerResponse): void {
  res.setHeader('X-Docker-Registry-Version', REGISTRY_VERSION);
  res.setHeader('X-Docker-Registry-Config', 'common');
}

/** Answers as a registry of today: JSON with a length. */
export function answerV2(ctx: HubContext, status: number, value: unknown): void {
  saysV2(ctx);
  const { res, response } = ctx;
  response.status = status;
  res.setHeader('Content-Type', JSON_TYPE);
  response.body = JSON.stringify(value);
}

/** As `answerV2`, without a body. */
export function answerEmptyV2(ctx: HubContext, status: number): void {
  saysV2(ctx);
  ctx.respond = false;
  ctx.res.statusCode = status;
  if (status !== 204) ctx.res.setHeader('Content-Length', '0');
  ctx.res.end();
}

/**
 * dockers from 1.13 to 18.09 stay with v2 only where this header is; those up to 1.9, which may be built with a newer
 * Go and are then told from no other program in Go, stay with v1 only where it is not (v2.md §0.10).
 */
export function saysV2({ req, res }: Pick<HubContext, 'req' | 'res'>): void {
  if (isUnnamedGo(req.headers['user-agent'] ?? '')) return;
  res.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
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
  varyByAccept(ctx);
  ctx.res.end();
}

/** Adds to what the answer varies by already, as by Origin. */
function varyByAccept(ctx: HubContext): void {
  if (ctx.res.hasHeader('Vary')) ctx.vary('Accept');
  else ctx.res.setHeader('Vary', 'Accept');
}
