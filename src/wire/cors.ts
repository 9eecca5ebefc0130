import cors from '@koa/cors';
import type { Next } from 'koa';
import type { HubContext } from './context.js';
import type { Voice } from './operation.js';

/** What a page may read of an answer besides the few headers that every page may. */
export const EXPOSED_HEADERS = [
  'X-Docker-Token',
  'X-Docker-Endpoints',
  'WWW-Authenticate',
  'X-Docker-Size',
  'X-Docker-Checksum',
  'X-Docker-Checksum-Payload',
  'X-Docker-Registry-Config',
  'X-Docker-Registry-Version',
  'X-Docker-Registry-Standalone',
  'X-Request-Id',
  'Accept-Ranges',
  'Allow',
  'Content-Range',
  'Docker-Content-Digest',
  'Docker-Distribution-Api-Version',
  'Docker-Upload-UUID',
  'ETag',
  'Link',
  'Location',
  'OCI-Filters-Applied',
  'OCI-Subject',
  'OCI-Tag',
  'Range',
  'Retry-After',
] as const;

/** Who speaks to nobody from another site. */
const OWN: ReadonlySet<Voice> = new Set(['control', 'web']);

/** Seconds that a browser may remember a permission. */
const REMEMBERED = 600;

/**
 * Lets web pages of these origins use the API, `*` for all. A page of a named origin may also send the
 * password that its browser knows. The control is for no page, and the hub's own pages are
 * for no other.
 */
export function allowOrigins(
  origins: readonly string[],
): (ctx: HubContext, next: Next) => Promise<void> {
  const isAll = origins.includes('*');
  const allow = cors({
    origin: (ctx) => {
      const origin = ctx.get('Origin');
      if (isAll) return '*';
      return origins.includes(origin) ? origin : '';
    },
    credentials: !isAll,
    exposeHeaders: [...EXPOSED_HEADERS],
    maxAge: REMEMBERED,
  });
  return (ctx, next) => (OWN.has(ctx.state.voice) ? next() : allow(ctx as never, next));
}
