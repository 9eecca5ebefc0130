import { readFile } from 'node:fs/promises';
import { version } from '../../src/version.js';
import { answerIndex } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';

/** GET /: who is here. */
export function getRoot(ctx: HubContext): void {
  const more =
    ctx.state.settings.v2 === 'off' ? '' : ', and a registry of today (API v2) beside it';
  answerIndex(ctx, 200, `hub-v1, the legacy Docker Hub (API v1)${more}`);
}

const ABOUT =
  'Docker Registry API, version 1: the legacy Docker Hub, as hub-v1 speaks it. ' +
  'Its paths, statuses and bodies are in';

/**
 * GET /v1/: docker sends people here ("see the documentation of the registry http://HOST/v1/ for
 * instructions"), and one client looks for the words `Docker Registry API`.
 */
export function getV1(ctx: HubContext): void {
  ctx.vary('Accept');
  // Who does not say what they take gets text, a browser a page.
  const isPage = ctx.accepts('text', 'html') === 'html';
  ctx.type = isPage ? 'html' : 'text';
  ctx.body = isPage
    ? '<!doctype html><html lang="en"><meta charset="utf-8"><title>Docker Registry API</title>' +
      `<h1>Docker Registry API</h1><p>${ABOUT} <a href="/openapi.yaml">openapi.yaml</a>.</p></html>\n`
    : `${ABOUT} /openapi.yaml\n`;
}

/** GET /_status: health and version, for a load balancer, or a script that waits until the hub is ready. */
export function getStatus(ctx: HubContext): void {
  const { documents, pendingWrites, uptime } = ctx.state.domain.statistics();
  answerIndex(ctx, 200, {
    status: 'ok',
    version,
    uptime: Math.floor(uptime),
    documents,
    pending_writes: pendingWrites,
  });
}

/** GET /metrics: for Prometheus. */
export async function getMetrics(ctx: HubContext): Promise<void> {
  const { figures } = ctx.state;
  ctx.set({ 'Content-Type': figures.contentType, 'Cache-Control': 'no-store' });
  ctx.body = await figures.text();
}

/** GET /openapi.yaml: the contract of this API. */
export async function openapi(ctx: HubContext): Promise<void> {
  ctx.set('Content-Type', 'application/yaml');
  ctx.body = await readFile(ctx.state.settings.contract);
}
