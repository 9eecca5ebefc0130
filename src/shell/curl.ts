import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { parseArgs } from 'node:util';
import { type Allowance, MOST_FILES } from './bounds.js';
import { Failed } from './file-commands.js';
import type { Folder } from './folder.js';

/** Where curl may go. */
export interface Reach {
  /** The address at which the hub listens. */
  readonly index: URL;
  /** What the reader calls it: `127.0.0.1:5000`. No other host is reached. */
  readonly hosts: readonly string[];
  /** Is given each connection before it is made. */
  readonly onConnection: (socket: IncomingMessage['socket']) => void;
}

export interface CurlContext extends Reach {
  readonly folder: Folder;
  readonly print: (data: string | Uint8Array) => void;
  readonly allowance: Allowance;
}

const OPTIONS = {
  request: { type: 'string', short: 'X' },
  header: { type: 'string', short: 'H', multiple: true },
  data: { type: 'string', short: 'd', multiple: true },
  'data-binary': { type: 'string', multiple: true },
  user: { type: 'string', short: 'u' },
  output: { type: 'string', short: 'o' },
  include: { type: 'boolean', short: 'i' },
  head: { type: 'boolean', short: 'I' },
  silent: { type: 'boolean', short: 's' },
  'show-error': { type: 'boolean', short: 'S' },
} as const;

export const CURL_OPTIONS = '-X -H -d --data-binary -u -o -i -I -s -S';

/** The API and no more: neither pages, whose forms are a browser's, nor the hub's control. */
const OPEN_PATHS = /^\/(?:v1|v2|_ping)(?:\/|$)/;

const METHOD = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/;

/** What is between the hub and its client, and not for a reader to say: where a request came from, and its framing. */
const KEPT_HEADERS =
  /^(?:host|connection|content-length|transfer-encoding|expect|upgrade|cookie|origin|forwarded|via|x-forwarded-.*|x-real-ip|x-hub-.*|te|trailer|keep-alive|proxy-.*)$/i;

const HEADER = /^([\w!#$%&'*+.^`|~-]+):([\t\x20-\x7e\x80-\xff]*)$/;

/** One request, read from the words after `curl`. */
interface Wanted {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly showsHead: boolean;
  readonly output: string | undefined;
}

/** `curl`, of which only what is in {@link CURL_OPTIONS} is played. @throws Failed */
export async function curl(context: CurlContext, words: readonly string[]): Promise<void> {
  const wanted = await read(context, words);
  context.allowance.spendRequest();
  const message = await send(context, wanted);
  const { output, showsHead } = wanted;
  const head = showsHead ? headOf(message) : '';
  const body = await bodyOf(message);
  if (output !== undefined) {
    await context.folder.write(output, Buffer.concat([Buffer.from(head), body]));
    return;
  }
  context.print(head);
  if (body.includes(0)) {
    context.print(`[${body.length} bytes that are no text: -o FILE puts them into a file]\n`);
  } else {
    context.print(body);
    if (body.length > 0 && body.at(-1) !== 10) context.print('\n');
  }
}

async function read(context: CurlContext, words: readonly string[]): Promise<Wanted> {
  const { values, positionals } = parse(words);
  const [address, ...others] = positionals;
  if (address === undefined || others.length > 0) {
    throw new Failed("curl: give one address; where it has ? or &, in quotes: '…'", 2);
  }
  const pieces = [...(values.data ?? []), ...(values['data-binary'] ?? [])];
  const body = pieces.length === 0 ? undefined : await dataOf(context.folder, pieces);
  const isHead = values.head === true;
  const method = values.request ?? (isHead ? 'HEAD' : body === undefined ? 'GET' : 'POST');
  if (!METHOD.test(method)) throw new Failed(`curl: -X ${method} is not known here`, 2);
  const url = target(context, address);
  const headers = headersOf(values.header ?? []);
  return {
    method,
    url,
    headers: {
      Host: url.host,
      'User-Agent': 'curl/7.35.0',
      Accept: '*/*',
      ...(values.user !== undefined && { Authorization: basic(values.user) }),
      ...(body !== undefined && { 'Content-Type': 'application/x-www-form-urlencoded' }),
      ...headers,
      ...(body !== undefined && { 'Content-Length': String(body.length) }),
    },
    body,
    showsHead: isHead || values.include === true,
    output: values.output,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const [first = ''] = (error as Error).message.split('. ', 1);
    throw new Failed(`curl: ${first}; known here: ${CURL_OPTIONS}`, 2);
  }
}

function target({ hosts }: CurlContext, address: string): URL {
  const whole = /^\w+:\/\//.test(address) ? address : `http://${address}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined) throw new Failed(`curl: (3) not an address: ${address}`, 3);
  if (!/^https?:$/.test(url.protocol) || !hosts.includes(url.host)) {
    throw new Failed(`curl: (6) Could not resolve host: ${url.host} (only this hub is reached)`, 6);
  }
  if (!OPEN_PATHS.test(url.pathname)) {
    throw new Failed(`curl: ${url.pathname} is not reached from here, only /v1/ and /v2/`, 7);
  }
  return url;
}

async function dataOf(folder: Folder, pieces: readonly string[]): Promise<Buffer> {
  const all = await Promise.all(
    pieces.map(async (piece) => {
      if (!piece.startsWith('@')) return Buffer.from(piece);
      const content = await folder.read(piece.slice(1));
      if (content === undefined) throw new Failed(`curl: can't read ${piece.slice(1)}`, 26);
      return content;
    }),
  );
  const joined = all.flatMap((each, at) => (at === 0 ? [each] : [Buffer.from('&'), each]));
  return Buffer.concat(joined);
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new Failed(`curl: not a header: ${line}`, 2);
    }
    if (KEPT_HEADERS.test(name)) throw new Failed(`curl: ${name} is not set from here`, 2);
    // By its usual name, so that it takes the place of curl's own.
    headers[usual(name)] = value.trim();
  }
  return headers;
}

function usual(name: string): string {
  return name.toLowerCase().replaceAll(/(?:^|-)[a-z]/g, (letters) => letters.toUpperCase());
}

function basic(user: string): string {
  return `Basic ${Buffer.from(user.includes(':') ? user : `${user}:`).toString('base64')}`;
}

function send(context: CurlContext, wanted: Wanted): Promise<IncomingMessage> {
  const { index, allowance, onConnection } = context;
  const { method, url, headers, body } = wanted;
  const isSecure = index.protocol === 'https:';
  const options: RequestOptions & { readonly rejectUnauthorized: boolean } = {
    host: index.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(index.port || (isSecure ? 443 : 80)),
    method,
    path: `${url.pathname}${url.search}`,
    headers,
    agent: false,
    signal: AbortSignal.timeout(allowance.time),
    // It is this very process.
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const request = isSecure ? httpsRequest(options) : httpRequest(options);
    request.once('socket', onConnection);
    request.once('response', resolve);
    request.on('error', ({ message }) => reject(new Failed(`curl: (56) ${message}`, 56)));
    request.end(body);
  });
}

function headOf({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/${httpVersion} ${statusCode} ${statusMessage}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join('\n')}\n\n`;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of message as AsyncIterable<Buffer>) {
      pieces.push(piece);
      length += piece.length;
      if (length > MOST_FILES) throw new Failed('curl: (63) the answer is too large here', 63);
    }
  } catch (error) {
    if (error instanceof Failed) throw error;
    throw new Failed(`curl: (56) ${(error as Error).message}`, 56);
  } finally {
    message.on('error', () => undefined);
    message.destroy();
  }
  return Buffer.concat(pieces);
}
