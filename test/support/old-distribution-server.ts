/* A distribution 2.x that serves such a folder to who logs in with Basic (docs/rescue.md). */
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface DistributionOptions {
  /** `user:password` that it wants. */
  readonly login?: string;
  readonly catalog?: boolean;
  /** Lists that have no end: with new names always, or with the same page again and again. */
  readonly endless?: {
    readonly lists: readonly ('catalog' | 'tags')[];
    readonly kind: 'new names' | 'circle';
  };
  /** Connections that break off in the middle of a blob, as long as there are any left. */
  cuts?: number;
}

/** Starts one on a free port. */
export async function serveDistribution(
  folder: string,
  options: DistributionOptions = {},
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const root = join(folder, 'docker/registry/v2');
  const server = createServer((request, response) => {
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    answer(root, options, request, response).catch(() => fail(response, 404, 'NAME_UNKNOWN'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  root: string,
  options: DistributionOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '', 'http://registry');
  const wanted = `Basic ${Buffer.from(options.login ?? '').toString('base64')}`;
  if (options.login !== undefined && request.headers.authorization !== wanted) {
    response.setHeader('WWW-Authenticate', 'Basic realm="basic-realm"');
    return fail(response, 401, 'UNAUTHORIZED');
  }
  if (url.pathname === '/v2/') return reply(response, '{}');
  const { endless } = options;
  if (url.pathname === '/v2/_catalog' && endless?.lists.includes('catalog')) {
    return endlessPage(response, url, 'repositories', endless.kind);
  }
  if (url.pathname === '/v2/_catalog' && options.catalog !== false) {
    return page(response, url, 'repositories', await namesBelow(join(root, 'repositories')));
  }
  const [, name = '', what, reference = ''] =
    /^\/v2\/(.+)\/(tags|manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
  const place = join(root, 'repositories', name, '_manifests');
  if (what === 'tags' && endless?.lists.includes('tags')) {
    return endlessPage(response, url, 'tags', endless.kind);
  }
  if (what === 'tags') return page(response, url, 'tags', await readdir(join(place, 'tags')));
  if (what === 'manifests') {
    const link = reference.includes(':')
      ? join(place, 'revisions', reference.replace(':', '/'), 'link')
      : join(place, 'tags', reference, 'current/link');
    const digest = await readFile(link, 'utf8');
    const bytes = await readFile(blob(root, digest));
    const { mediaType, schemaVersion } = JSON.parse(bytes.toString());
    const old = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
    response.setHeader('Docker-Content-Digest', digest);
    return reply(response, bytes, schemaVersion === 1 ? old : mediaType);
  }
  if (what === 'blobs')
    return send(await readFile(blob(root, reference)), options, request, response);
  return fail(response, 404, 'NAME_UNKNOWN');
}

function blob(root: string, digest: string): string {
  const hex = digest.slice('sha256:'.length);
  return join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data');
}

async function namesBelow(root: string, parts: readonly string[] = []): Promise<string[]> {
  const folders = await readdir(join(root, ...parts));
  const own = folders.includes('_manifests') ? [parts.join('/')] : [];
  const further = folders.filter((folder) => !folder.startsWith('_'));
  const below = further.map((folder) => namesBelow(root, [...parts, folder]));
  return [...own, ...(await Promise.all(below)).flat()];
}

/** A page of a list, two at a time. */
function page(response: ServerResponse, url: URL, field: string, all: readonly string[]): void {
  const last = url.searchParams.get('last') ?? '';
  const rest = all.toSorted().filter((each) => each > last);
  const shown = rest.slice(0, 2);
  if (rest.length > shown.length) {
    const query = `n=2&last=${encodeURIComponent(shown.at(-1) ?? '')}`;
    response.setHeader('Link', `<${url.pathname}?${query}>; rel="next"`);
  }
  reply(response, JSON.stringify({ [field]: shown }));
}

/** Names with numbers, three a page. */
function endlessPage(
  response: ServerResponse,
  url: URL,
  field: string,
  kind: 'new names' | 'circle',
): void {
  const from = kind === 'circle' ? 0 : Number(url.searchParams.get('from') ?? 0);
  response.setHeader('Link', `<${url.pathname}?from=${from + 3}>; rel="next"`);
  reply(response, JSON.stringify({ [field]: [from, from + 1, from + 2].map((at) => `n${at}`) }));
}

function send(
  bytes: Buffer,
  options: DistributionOptions,
  { headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const begin = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
  const body = bytes.subarray(begin);
  response.statusCode = begin > 0 ? 206 : 200;
  if (begin > 0) {
    response.setHeader('Content-Range', `bytes ${begin}-${bytes.length - 1}/${bytes.length}`);
  }
  response.setHeader('Content-Length', String(body.length));
  if ((options.cuts ?? 0) > 0 && body.length > 20) {
    options.cuts = (options.cuts ?? 0) - 1;
    response.write(body.subarray(0, 20), () => response.destroy());
    return;
  }
  response.end(body);
}

function reply(response: ServerResponse, body: string | Buffer, type = 'application/json'): void {
  response.setHeader('Content-Type', type);
  response.end(body);
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.statusCode = status;
  reply(response, JSON.stringify({ errors: [{ code, message: 'no', detail: null }] }));
}
