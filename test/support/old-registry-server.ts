/* A docker-registry 0.9 that serves such a folder, with the quirks of its time (protocol.md §3). */
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface OldServerOptions {
  /** `user:password` that something in front of it wants. */
  readonly login?: string;
  readonly search?: boolean;
  /** A search that has no end: with new names always, or with the same page again and again. */
  readonly endless?: 'new names' | 'circle';
  /** Connections that break off in the middle of a layer, as long as there are any left. */
  cuts?: number;
  /** Requests that are answered 503 first. */
  refusals?: number;
  /** Whether it knows ranges. */
  readonly ranges?: boolean;
}

export interface OldServer {
  readonly url: string;
  /** Lines such as `GET /v1/search?q=`. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function serveOldRegistry(
  folder: string,
  options: OldServerOptions = {},
): Promise<OldServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(folder, options, request, response).catch(() => json(response, 404, 'Not found'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  folder: string,
  options: OldServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '', 'http://registry');
  if ((options.refusals ?? 0) > 0) {
    options.refusals = (options.refusals ?? 0) - 1;
    response.writeHead(503, { 'Retry-After': '0' }).end();
    return;
  }
  if (options.login !== undefined) {
    const wanted = `Basic ${Buffer.from(options.login).toString('base64')}`;
    if (request.headers.authorization !== wanted) return json(response, 401, 'Who are you?');
  }
  const [, v1, what, ...rest] = url.pathname.split('/').map(decodeURIComponent);
  if (v1 !== 'v1') return json(response, 404, 'Not found');
  if (what === '_ping') return reply(response, 'true');
  if (what === 'search' && options.endless) return endlessSearch(url, options.endless, response);
  if (what === 'search' && options.search !== false) return search(folder, response);
  if (what === 'images')
    return image(join(folder, 'images', rest[0] ?? ''), rest[1], options, request, response);
  if (what === 'repositories') return repository(join(folder, what), rest, response);
  return json(response, 404, 'Not found');
}

async function search(folder: string, response: ServerResponse): Promise<void> {
  const root = join(folder, 'repositories');
  const results: { name: string; description: string }[] = [];
  for (const namespace of await readdir(root)) {
    for (const name of await readdir(join(root, namespace))) {
      results.push({ name: `${namespace}/${name}`, description: '' });
    }
  }
  reply(response, JSON.stringify({ num_results: results.length, query: '', results }));
}

/** Names with numbers, three a page. */
function endlessSearch(url: URL, kind: 'new names' | 'circle', response: ServerResponse): void {
  const page = Number(url.searchParams.get('page') ?? 1);
  const from = kind === 'circle' ? 0 : 3 * page;
  const results = [from, from + 1, from + 2].map((at) => ({ name: `endless/n${at}` }));
  reply(response, JSON.stringify({ num_pages: page + 1, page, results }));
}

async function repository(
  root: string,
  [namespace = '', name = '', ...rest]: readonly string[],
  response: ServerResponse,
): Promise<void> {
  const place = join(root, namespace, name);
  const files = await readdir(place);
  const [what, tag, more] = rest;
  if (what === 'images') {
    const list = files.includes('_index_images')
      ? await readFile(join(place, '_index_images'))
      : '[]';
    response.setHeader(
      'X-Docker-Token',
      'Token signature=ABCDEFGHIJKLMNOP,repository="x",access=read',
    );
    response.setHeader('X-Docker-Endpoints', '');
    return reply(response, list);
  }
  if (what === 'properties') {
    const access = files.includes('_private') ? 'private' : 'public';
    return reply(response, JSON.stringify({ access }));
  }
  if (what === 'tags' && tag === undefined) {
    const tags = files.filter((file) => file.startsWith('tag_'));
    const ids = tags.map(async (file) => [
      file.slice(4),
      await readFile(join(place, file), 'utf8'),
    ]);
    return reply(response, JSON.stringify(Object.fromEntries(await Promise.all(ids))));
  }
  if (what === 'tags' && more === 'json') {
    return reply(response, await readFile(join(place, `tag${tag}_json`)));
  }
  return json(response, 404, 'Tag not found');
}

async function image(
  place: string,
  what: string | undefined,
  options: OldServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const files = await readdir(place);
  if (files.includes('_inprogress')) {
    return json(response, 400, 'Image is being uploaded, retry later');
  }
  if (what === 'ancestry') return reply(response, await readFile(join(place, 'ancestry')));
  const layer = await readFile(join(place, 'layer'));
  if (what === 'json') {
    response.setHeader('X-Docker-Size', String(layer.length));
    return reply(response, await readFile(join(place, 'json')));
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const begin = range === null || options.ranges === false ? 0 : Number(range[1]);
  const body = layer.subarray(begin);
  if (begin > 0) {
    response.statusCode = 206;
    // Without the word, and an open end is one too far.
    response.setHeader('Content-Range', `${begin}-${range?.[2] || layer.length}/${layer.length}`);
  }
  response.setHeader('Content-Length', String(body.length));
  if ((options.cuts ?? 0) > 0 && body.length > 20) {
    options.cuts = (options.cuts ?? 0) - 1;
    response.write(body.subarray(0, 20), () => response.destroy());
    return;
  }
  response.end(body);
}

function reply(response: ServerResponse, body: string | Buffer): void {
  response.setHeader('Content-Type', 'application/json');
  response.end(body);
}

function json(response: ServerResponse, status: number, error: string): void {
  response.statusCode = status;
  reply(response, JSON.stringify({ error }));
}
