/*
 * Requests and answers as the bytes on the wire; each answer is held against openapi.yaml. For what an
 * answer means, see client.ts.
 */
import { connect } from 'node:net';
import { checkAnswer } from './contract.js';

/** A request for rawHttp; `Host` and `Connection: close` are added unless they are given. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

export interface RawOptions {
  /** How long the server may keep the connection open; 5 seconds unless given. */
  readonly timeoutMs?: number;
  /** false for what never reaches the API, such as broken HTTP or a TLS hello. */
  readonly check?: boolean;
}

/** An HTTP answer taken apart; the body without its chunks. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
}

/**
 * Sends a request over bare TCP and gives every byte that came back until the server closed, such
 * as `…\r\n\r\n4\r\n"OK"\r\n0\r\n\r\n`. A request as a string or as bytes goes out as it is, and has
 * to say `Connection: close` itself.
 */
export async function rawHttp(
  url: string,
  request: RawRequest | string | Uint8Array,
  options: RawOptions = {},
): Promise<Buffer> {
  const { host, hostname, port } = new URL(url);
  const sent = requestBytes(host, request);
  const received = await exchange(
    hostname.replace(/^\[|\]$/g, ''),
    Number(port === '' ? 80 : port),
    sent,
    options.timeoutMs ?? 5000,
  );
  if (options.check !== false && received.length > 0) {
    const [method = '', path = ''] = sent.subarray(0, sent.indexOf('\r\n')).toString().split(' ');
    checkAnswer({ method, path, ...parseRawAnswer(received) });
  }
  return received;
}

/** Takes the first answer in what rawHttp received apart, past any `100 Continue`. */
export function parseRawAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (end === -1 || Number.isNaN(status)) {
    throw new Error(`No HTTP answer: ${bytes.subarray(0, 200).toString('latin1')}`);
  }
  const rest = bytes.subarray(end + 4);
  if (status < 200) return parseRawAnswer(rest);
  const headers: Record<string, string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers[name] = [...(headers[name] ?? []), line.slice(colon + 1).trim()];
  }
  return { status, headers, body: bodyOf(headers, rest) };
}

function bodyOf(headers: Readonly<Record<string, readonly string[]>>, rest: Buffer): Buffer {
  if (headers['transfer-encoding']?.at(-1) === 'chunked') return withoutChunks(rest);
  // A HEAD has a length but no body; then there is nothing to cut.
  const length = headers['content-length']?.at(-1);
  return length === undefined ? rest : rest.subarray(0, Number(length));
}

function withoutChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    // A HEAD says "chunked" too, and then sends none.
    if (lineEnd === -1) return Buffer.concat(chunks);
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

function requestBytes(host: string, request: RawRequest | string | Uint8Array): Buffer {
  if (typeof request === 'string') return Buffer.from(request);
  if (request instanceof Uint8Array) return Buffer.from(request);
  const body = Buffer.from(request.body ?? '');
  const given = Object.entries(request.headers ?? {});
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const added: [string, string][] = [
    ['Host', host],
    ['Connection', 'close'],
  ];
  if (request.body !== undefined && !names.has('transfer-encoding')) {
    added.push(['Content-Length', String(body.length)]);
  }
  const lines = [...added.filter(([name]) => !names.has(name.toLowerCase())), ...given].flatMap(
    ([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`),
  );
  const head = `${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** What came back until the connection closed, in an orderly way or not. */
function exchange(host: string, port: number, bytes: Buffer, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let problem: Error | undefined;
    const socket = connect(port, host, () => socket.write(bytes));
    const timer = setTimeout(() => {
      const received = Buffer.concat(chunks).toString('latin1');
      socket.destroy(new Error(`Still open after ${timeoutMs} ms; received: ${received}`));
    }, timeoutMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A server may answer and hang up before it has read everything; what it said still counts.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') problem = error;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      if (problem === undefined) resolve(Buffer.concat(chunks));
      else reject(problem);
    });
  });
}
