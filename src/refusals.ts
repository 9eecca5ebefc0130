import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Connections } from './connections.js';
import type { Refusal } from './framing.js';

/** What a TLS ClientHello begins with; dockers send one to every port before plain HTTP. */
const TLS_HANDSHAKE = 0x16;
/** Milliseconds in which a client that is being refused can read why. */
const LINGER = 1000;

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

type BrokenRequest = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/**
 * Answers what is no HTTP, or not all of it. A TLS hello on the plain port is cut off at once: the
 * sooner, the sooner an old docker tries plain HTTP (clients.md, Probing a host). Anything else is told
 * what is wrong, after the answers to the requests before it.
 */
export function refuseBrokenRequest(
  connections: Connections,
): (error: BrokenRequest, socket: Socket) => void {
  // The same connection is reported again for every further byte.
  const refused = new WeakSet<Socket>();
  return (error, socket) => {
    if (refused.has(socket)) return;
    refused.add(socket);
    if (!socket.writable || error.code === 'ECONNRESET' || isTlsHello(error)) {
      socket.destroy();
      return;
    }
    const text = refusal(REFUSALS[error.code ?? ''] ?? '400 Bad Request');
    const due = connections.due(socket);
    const earlier = due.filter(({ req }) => req.complete).at(-1);
    const broken = due.find(({ req }) => !req.complete);
    if (earlier === undefined) end(socket, broken, text);
    else earlier.once('close', () => end(socket, broken, text));
  };
}

function isTlsHello({ rawPacket }: BrokenRequest): boolean {
  return rawPacket?.[0] === TLS_HANDSHAKE;
}

/** Says it and hangs up; what the client still sends meanwhile is taken, or it would miss the answer. */
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

function refusal(status: string): string {
  const body = JSON.stringify(status.slice(4));
  return (
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
    `Connection: close\r\n\r\n${body}`
  );
}

/**
 * Refuses a request that the parser took and nobody may: its answer comes after those before it, and what
 * it has of a body is thrown away for a while, since to close at once could lose the answer.
 */
export function refuseRequest(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): void {
  const body = JSON.stringify(refusal.slice(4));
  response.writeHead(Number(refusal.slice(0, 3)), {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    Connection: 'close',
  });
  if (request.method === 'HEAD') response.flushHeaders();
  else response.write(body);
  const timer = setTimeout(() => response.end(), LINGER);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  request.once('end', end).once('close', end).once('error', end).resume();
}
