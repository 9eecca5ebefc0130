import type { TLSSocket } from 'node:tls';
import { LIBRARY } from '../domain/repositories/names.js';
import { askedHost } from './asked-host.js';
import type { HubContext } from './context.js';

/**
 * How v2 asks for a login: by a token, which every client of today then gets at this hub, with a password or without
 * (v2.md §0.1).
 */
export function bearerChallenge(
  ctx: HubContext,
  error: 'invalid_token' | 'insufficient_scope' | undefined,
): string {
  const host = askedHost(ctx);
  const scope = ctx.state.scope ?? scopeAsked(ctx);
  const parts = [`Bearer realm="${schemeOf(ctx)}://${host}/v2/token"`, `service="${host}"`];
  if (scope !== undefined) parts.push(`scope="${scope}"`);
  if (error !== undefined) parts.push(`error="${error}"`);
  return parts.join(',');
}

/** As the client wrote it; behind a proxy that is believed, as that says. */
function schemeOf({ req, state }: HubContext): string {
  if ((req.socket as TLSSocket).encrypted === true) return 'https';
  return state.clients.isBehindTls(req) ? 'https' : 'http';
}

/** What the path of a request needs that was refused before anybody looked at it, as by a fault. */
function scopeAsked({ params, method, path }: HubContext): string | undefined {
  const { namespace = LIBRARY, repository = '' } = params;
  if (![namespace, repository].every((part) => /^[\w.-]+$/.test(part))) return undefined;
  const isUpload = path.includes('/blobs/uploads');
  const isReading = (method === 'GET' || method === 'HEAD') && !isUpload;
  const change = method === 'DELETE' && !isUpload ? 'delete' : 'pull,push';
  return `repository:${namespace}/${repository}:${isReading ? 'pull' : change}`;
}
