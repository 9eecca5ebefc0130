/** What a person who means no good puts into an archive of `docker save`, or serves as a registry. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { packTar, type TarEntry, TRAILER } from '../../../src/old-docker/images/tar.js';

/** An image: its json as it stands there, and what is sent as its layer. */
export interface HostileImage {
  readonly id: string;
  readonly json: string;
  readonly layer?: Buffer;
}

/** What a hostile registry says; paths that it does not know are an empty list. */
export interface HostileRegistry {
  /** The answer to GET tags. */
  readonly tags: Readonly<Record<string, unknown>>;
  /** By image id. */
  readonly ancestry: Readonly<Record<string, unknown>>;
  readonly images: readonly HostileImage[];
  /** The answer to GET images of the repository; an empty list without. */
  readonly list?: unknown;
  readonly search?: unknown;
  /** The body of a 500 for the images of a repository that is called `refused`. */
  readonly refusal?: string;
}

/** 64 times the same hex digit. */
export function idOf(digit: string): string {
  return digit.repeat(64);
}

/** An image whose json has its id, and what else is given. */
export function imageOf(id: string, fields: Readonly<Record<string, unknown>> = {}): HostileImage {
  return { id, json: JSON.stringify({ id, ...fields }) };
}

/** A layer of one small file, without the end of the archive. */
export const LAYER = packTar([{ name: 'file', content: Buffer.from('content\n') }]);

/** An archive of `docker save` with these images and any other files. */
export function archiveWith(
  images: readonly HostileImage[],
  files: Readonly<Record<string, string>>,
): Buffer {
  const entries = images.flatMap(({ id, json, layer = LAYER }): TarEntry[] => [
    { name: `${id}/json`, content: Buffer.from(json) },
    { name: `${id}/layer.tar`, content: Buffer.concat([layer, TRAILER]) },
  ]);
  const others = Object.entries(files).map(([name, text]) => ({
    name,
    content: Buffer.from(text),
  }));
  return Buffer.concat([packTar([...entries, ...others]), TRAILER]);
}

/** Starts such a registry on a free port. */
export async function serveHostile(
  registry: HostileRegistry,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const { url: path = '' } = request;
    const [, id = '', what = ''] = /^\/v1\/images\/([^/]+)\/(\w+)$/.exec(path) ?? [];
    const image = registry.images.find((each) => each.id === id);
    response.setHeader('X-Docker-Endpoints', request.headers.host ?? '');
    response.setHeader('X-Docker-Token', 'token');
    response.setHeader('X-Docker-Size', '10');
    if (path.startsWith('/v1/search')) response.end(JSON.stringify(registry.search));
    else if (path.endsWith('/tags')) response.end(JSON.stringify(registry.tags));
    else if (path.endsWith('/tags/latest')) response.end(JSON.stringify(registry.tags.latest));
    else if (what === 'ancestry') response.end(JSON.stringify(registry.ancestry[id] ?? []));
    else if (what === 'json') response.end(image?.json ?? 'null');
    else if (what === 'layer') response.end(image?.layer ?? gzipSync(LAYER));
    else if (path.endsWith('/refused/images')) response.writeHead(500).end(registry.refusal);
    else response.end(JSON.stringify(registry.list ?? []));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
