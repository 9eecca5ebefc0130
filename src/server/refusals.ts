import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { plainAddress } from '../wire/client-address.js';
import { type BareError, type BareErrorName, bareError } from '../wire/error-answers.js';
import type { UnreadableKind, UnreadableListener } from '../wire/unreadable.js';
import type { Connections } from './connections.js';
import type { Doubt } from './framing.js';
import { kindOf } from './refusal-kinds.js';

/** Milliseconds in which a client that is being refused can read why. */
const LINGER = 1000;
const UNKNOWN = 'an unknown address';

/** What is answered where it is not `unreadable`; undefined: nothing, since the client would not understand it. */
const ANSWERS: Readonly<Partial<Record<UnreadableKind, BareErrorName | undefined>>> = {
  'long headers': 'longHeaders',
  'slow headers': 'slowHeaders',
  proxy: 'proxyRequest',
  'plain http on tls': undefined,
  'old tls': undefined,
  'certificate not trusted': undefined,
  'failed handshake': undefined,
};

/** What Node says of what it could not read; `bytesParsed` counts into `rawPacket`. */
export type BrokenRequest = NodeJS.ErrnoException & {
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
};

/** Refuses what is not a request, and reports it. */
export class Refusals {
  readonly #connections: Connections;
  readonly #tell: UnreadableListener;
  /** The same connection is reported again for every further byte. */
  readonly #refused = new WeakSet<Socket>();
  /** Where connections come from, since one that is cut has no address any more. */
  readonly #addresses = new WeakMap<Socket, string>();

  /** Who is at the other end of a connection. */
  readonly #peerOf: (socket: Socket) => string;

  constructor(
    connections: Connections,
    tell: UnreadableListener,
    peerOf: (socket: Socket) => string,
  ) {
    this.#connections = connections;
    this.#tell = tell;
    this.#peerOf = peerOf;
  }

  /** Notes a connection while it still has an address. */
  readonly meet = (socket: Socket): void => {
    this.#addresses.set(socket, plainAddress(socket.remoteAddress ?? UNKNOWN));
  };

  /**
   * Answers what is not HTTP, or only a part of a request: it is told what is wrong, after the answers to the
   * requests before it. So is a TLS hello on the plain port: dockers with the containerd store try plain HTTP only
   * after an answer, old ones after anything (v2.md §0.5).
   */
  readonly refuse = (error: BrokenRequest, socket: Socket): void => {
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    const due = this.#connections.due(socket);
    const broken = due.find(({ req }) => !req.complete);
    const kind = kindOf(error, broken !== undefined, socket);
    const answer = answerTo(kind);
    const isTold = socket.writable && error.code !== 'ECONNRESET' && answer !== undefined;
    if (kind !== undefined) {
      this.#tellOf(
        kind,
        socket,
        isTold && !broken?.headersSent ? answer.status : 0,
        requestLine(error),
      );
    }
    if (!isTold) {
      socket.destroy();
      return;
    }
    const text = asText(answer);
    const earlier = due.filter(({ req }) => req.complete).at(-1);
    if (earlier === undefined) end(socket, broken, text);
    else earlier.once('close', () => end(socket, broken, text));
  };

  /** Refuses to be a proxy: Node asks those who listen for CONNECT, and cuts the connection else. */
  readonly refuseProxy = ({ method = '', url = '' }: IncomingMessage, socket: Socket): void => {
    const answer = bareError('proxyRequest');
    this.#tellOf('proxy', socket, answer.status, { method, target: url });
    socket.on('error', () => socket.destroy());
    end(socket, undefined, asText(answer));
  };

  /** Reports a request that the parser took but the hub refuses; nothing that follows it. */
  tellDoubt({ method = '', url = '', socket }: IncomingMessage, doubt: Doubt): void {
    this.#refused.add(socket);
    const { status } = bareError(doubt);
    this.#tellOf('request in doubt', socket, status, { method, target: url });
  }

  /** Tells of a connection that was dropped because there are too many. */
  readonly tellDrop = ({
    remoteAddress,
  }: {
    readonly remoteAddress?: string | undefined;
  } = {}): void => {
    this.#tell({
      kind: 'too many connections',
      address: plainAddress(remoteAddress ?? UNKNOWN),
      time: Date.now(),
      status: 0,
      method: '',
      target: '',
    });
  };

  #tellOf(
    kind: UnreadableKind,
    socket: Socket,
    status: number,
    line: { readonly method: string; readonly target: string },
  ): void {
    const known = this.#addresses.get(socket) ?? UNKNOWN;
    const address = socket.remoteAddress === undefined ? known : this.#peerOf(socket);
    this.#tell({ kind, address, time: Date.now(), status, ...line });
  }
}

function answerTo(kind: UnreadableKind | undefined): BareError | undefined {
  const id = kind !== undefined && kind in ANSWERS ? ANSWERS[kind] : 'unreadable';
  return id === undefined ? undefined : bareError(id);
}

/** Bytes of a line that are looked at. */
const LONGEST_LINE = 2048;
const REQUEST_LINE = /^([A-Z]{1,20}) (\S+)/;

/** The line that the broken request began with, as far as it is in what came last. */
function requestLine({ rawPacket, bytesParsed = 0 }: BrokenRequest): {
  readonly method: string;
  readonly target: string;
} {
  // The end of the request before it.
  const before = bytesParsed < 4 ? -1 : (rawPacket?.lastIndexOf('\r\n\r\n', bytesParsed - 4) ?? -1);
  const start = before === -1 ? 0 : before + 4;
  const text = rawPacket?.toString('utf8', start, start + LONGEST_LINE) ?? '';
  const [, method = '', target = ''] = REQUEST_LINE.exec(text) ?? [];
  return { method, target };
}

/** Answers and hangs up; what the client still sends meanwhile is taken, or it would miss the answer. */
function end(socket: Socket, broken: ServerResponse | undefined, text: string): void {
  // In the middle of another answer it would be taken for a part of that.
  if (broken?.headersSent || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(text);
  const timer = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(timer));
}

function asText({ status, reason, headers, body }: BareError): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`;
}

/**
 * Refuses a request that the parser took but the hub does not: its answer comes after those before it, and what
 * it has of a body is thrown away for a while, since to close at once could lose the answer.
 */
export function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  doubt: Doubt,
): void {
  const { status, headers, body } = bareError(doubt);
  response.writeHead(status, headers);
  if (request.method === 'HEAD') response.flushHeaders();
  else response.write(body);
  const timer = setTimeout(() => response.end(), LINGER);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  request.once('end', end).once('close', end).once('error', end).resume();
}
