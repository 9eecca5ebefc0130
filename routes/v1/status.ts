import { readFile } from 'node:fs/promises';
import { requireAccount } from '../../src/domain/access/access.js';
import { errors } from '../../src/domain/errors.js';
import { version } from '../../src/version.js';
import { answerIndex, answerRegistry } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identify } from '../../src/wire/credentials.js';
import { writeError } from '../../src/wire/error-answers.js';
import { isContainersClient } from '../../src/wire/user-agent.js';

/** GET /: who is here. */
export function getRoot(ctx: HubContext): void {
  answerIndex(ctx, 200, 'hub-v1, the legacy Docker Hub (API v1)');
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

/** GET /_status: health and version, for a load balancer or whoever waits until the hub is ready. */
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

/**
 * GET /v1/_ping. docker before 0.11 wants the version header; `Standalone: False` makes dockers ask
 * with tokens instead of a password in every request (clients.md, Probing a host; protocol.md §1.10).
 */
export function ping(ctx: HubContext): void {
  ctx.set('X-Docker-Registry-Standalone', 'False');
  answerRegistry(ctx, 200, true);
}

/**
 * GET /v2/. podman searches only where it finds a v2 registry, so it is shown one that wants a login;
 * everybody else must not find any.
 */
export async function getV2(ctx: HubContext): Promise<void> {
  if (!isContainersClient(ctx.get('User-Agent'))) return notV2(ctx);
  ctx.state.asksAsV2 = true;
  requireAccount(await identify(ctx));
  answerIndex(ctx, 200, {});
}

/**
 * Everything else under /v2/: not JSON and without Docker-Distribution-Api-Version, or docker 1.5 to
 * 1.12 waits, fails or believes any login (clients.md, /v2/).
 */
export function notV2(ctx: HubContext): void {
  if (ctx.state.settings.officialNames.includes(ctx.hostname.toLowerCase())) {
    hangUp(ctx);
    return;
  }
  writeError(ctx, errors.noV2());
}

/**
 * docker 1.8 and 1.9 push official names over v1 only when nobody answers for v2 at all (clients.md,
 * /v2/).
 */
function hangUp(ctx: HubContext): void {
  ctx.respond = false;
  ctx.req.socket.destroy();
}
