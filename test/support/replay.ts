import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { packTar } from '../../src/old-docker/images/tar.js';
import {
  bytesOf,
  callsOf,
  isWhole,
  TRACED_HOST,
  type TracedAnswer,
  type TracedCall,
  type TraceLine,
} from './traces.js';

/** Changes a recorded answer, to see what the client makes of it; undefined leaves it. */
export type Override = (method: string, url: string) => Partial<TracedAnswer> | undefined;

/** A server that gives the recorded answers and writes down what it is asked. */
export interface Replay {
  readonly host: string;
  /** The requests so far, in the words of {@link describeTrace}. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** What stands in a description for a layer that the recording has only the beginning of. */
const CUT_LAYER = '(a layer that was not kept whole)';

/** A layer to send or to answer in place of one that was not kept whole; its name tells which. */
export function standInLayer(name: string): Buffer {
  return gzipSync(packTar([{ name }]));
}

/** Starts a server that answers each request with the next recorded answer to the same. */
export async function replay(
  trace: readonly TraceLine[],
  standIns: ReadonlySet<string>,
  override: Override = () => undefined,
): Promise<Replay> {
  const waiting = callsOf(trace);
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    const at = waiting.findIndex(
      (call) => call.request.method === method && call.request.url === url,
    );
    const [call] = at < 0 ? [] : waiting.splice(at, 1);
    const place = seen.push('(unfinished)') - 1;
    readBody(request)
      .then((body) => {
        seen[place] = describe(method, url, pairs(request.rawHeaders), body, standIns);
        answer(request, response, { ...call?.response, ...override(method, url) });
      })
      .catch(() => response.destroy());
  });
  server.on('clientError', (error: Error & { rawPacket?: Buffer }, socket) => {
    seen.push(describeHello(error.rawPacket?.toString('hex') ?? ''));
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  recorded: Partial<TracedAnswer>,
): void {
  const host = request.headers.host ?? '';
  const { status = 599, body = '', bodySize = body.length } = recorded;
  for (const [name, value] of Object.entries(recorded.headers ?? {})) {
    response.setHeader(name, value.replaceAll(TRACED_HOST, host));
  }
  response.statusCode = status;
  response.end(isWhole({ body, bodySize }) ? bytesOf({ body }) : standIn(body));
}

/** A layer, or an image list: the only texts of more than 2 KB, and `[]` is a good one. */
function standIn(body: string): Buffer {
  return body.startsWith('base64:') ? standInLayer('any') : Buffer.from('[]');
}

/** A recording in words: what was asked, in order, with all that is not chance. */
export function describeTrace(
  trace: readonly TraceLine[],
  standIns: ReadonlySet<string>,
): string[] {
  return trace.map((line) => {
    if (!('request' in line)) {
      return describeHello(line.rawFirstBytes);
    }
    const { method, url, headers } = line.request;
    const pairsOf = headers.map((header) => {
      const [name = '', ...value] = header.split(':');
      return [name, value.join(':').trim()] as const;
    });
    return describe(method, url, pairsOf, bytesOf(line.request), standIns);
  });
}

/** The images whose layer the recording has only the beginning of. */
export function cutLayersOf(calls: readonly TracedCall[]): Set<string> {
  const cut = calls.filter(({ request }) => request.method === 'PUT' && !isWhole(request));
  return new Set(cut.map(({ request }) => imageOf(request.url) ?? ''));
}

/** The image that a path is about. */
export function imageOf(url: string): string | undefined {
  return /^\/v1\/images\/([0-9a-f]{64})\//.exec(url)?.[1];
}

function describeHello(firstBytes: string): string {
  return firstBytes.startsWith('160301') ? 'a TLS hello' : `not HTTP: ${firstBytes}`;
}

function describe(
  method: string,
  url: string,
  headers: readonly (readonly [string, string])[],
  body: Buffer,
  standIns: ReadonlySet<string>,
): string {
  const isStandIn = standIns.has(imageOf(url) ?? '');
  const lines = headers.map(([name, value]) => {
    const shown = isStandIn && name.startsWith('X-Docker-Checksum') ? CUT_LAYER : value;
    return `${name}: ${withoutChance(name, shown)}`;
  });
  return [`${method} ${url}`, ...lines, describeBody(url, body, standIns)].join('\n');
}

/** Ports differ, and the recorded clients were rebuilt with a later Go (clients.md, Limits). */
function withoutChance(name: string, value: string): string {
  switch (name) {
    case 'Host':
      return 'HOST';
    case 'X-Docker-Endpoints':
      return value.replace(/127\.0\.0\.1:\d+/, 'HOST');
    case 'User-Agent':
      return value
        .replace('Go-http-client/1.1', 'Go 1.1 package http')
        .replace(/ go\/\S+ git-commit\/\S+/, ' go/GO git-commit/COMMIT');
    default:
      return value;
  }
}

function describeBody(url: string, body: Buffer, standIns: ReadonlySet<string>): string {
  if (url.endsWith('/layer')) {
    const sum = createHash('sha256').update(body).digest('hex');
    return standIns.has(imageOf(url) ?? '') ? CUT_LAYER : `sha256:${sum}`;
  }
  return body
    .toString('utf8')
    .replace(/("id":"([0-9a-f]{64})","checksum":")[^"]*/g, (whole, start, id) =>
      standIns.has(id) ? `${start}${CUT_LAYER}` : whole,
    );
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  const list: (readonly [string, string])[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    list.push([raw[at] ?? '', raw[at + 1] ?? '']);
  }
  return list;
}
