import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ConnectionLimits } from '../options/limits.js';
import { continueWhenRead } from '../wire/expectation.js';
import type { UnreadableListener } from '../wire/unreadable.js';
import type { Connections } from './connections.js';
import { doubtAbout } from './framing.js';
import { keepFreedMemory } from './freed-memory.js';
import { Refusals, refuseRequest } from './refusals.js';

export interface ListenOptions {
  readonly host: string;
  /** 0 stands for any free port. */
  readonly port: number;
  /** With a certificate and its key (PEM), https is spoken on the port. */
  readonly tls: TlsOptions | undefined;
  /** Milliseconds that running requests are given at the end. */
  readonly grace: number;
  readonly limits: ConnectionLimits;
  /** Sees every connection. */
  readonly connections: Connections;
  /** Is told of everything that was not a request. */
  readonly onUnreadable: UnreadableListener;
  /** Who is at the other end of a connection. */
  readonly peerOf: (socket: Socket) => string;
}

export interface TlsOptions {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Whether TLS 1.0 and 1.1 are spoken too, with what goes with them. */
  readonly legacy: boolean;
}

/** A hub that accepts connections. */
export interface Listener {
  readonly port: number;
  readonly url: string;
  /** Stops accepting, lets running requests end within the grace, then cuts the rest. */
  close(): Promise<void>;
  /** Lets the process end although the hub listens and connections are open. */
  unref(): void;
}

/** Rejects with the system's error when the address can't be had (EADDRINUSE, EACCES …). */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const { tls, host, limits, connections } = options;
  const http = httpSettings(limits);
  keepFreedMemory();
  const server =
    tls === undefined
      ? createServer(http)
      : createTlsServer({ ...http, ...tlsSettings(tls), handshakeTimeout: http.headersTimeout });
  connections.watch(server, tls !== undefined);
  const refusals = new Refusals(connections, options.onUnreadable, options.peerOf);
  server.on('request', endAfterUpgrade);
  server.on('request', (request, response) => {
    const doubt = doubtAbout(request);
    if (doubt === undefined) handler(request, response);
    else {
      refusals.tellDoubt(request, doubt);
      refuseRequest(request, response, doubt);
    }
  });
  server.on('checkContinue', (request, response) => {
    continueWhenRead(request, response);
    server.emit('request', request, response);
  });
  // What a client expects that nobody knows may be passed over (RFC 9110 §10.1.1); Node would refuse it
  // at once, and never answer again on a connection that asks for an upgrade as well.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  refuseTheRest(server, refusals);
  answerHalfClosed(server);
  server.maxConnections = limits.maxConnections;
  server.setTimeout(limits.idleTimeout * 1000, cutIdle(connections));
  await startListening(server, options);
  const { port } = server.address() as AddressInfo;
  const scheme = tls === undefined ? 'http' : 'https';
  return {
    port,
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => stop(server, connections, options.grace),
    unref: () => {
      server.unref();
      connections.unref();
      server.on('connection', (socket: Socket) => socket.unref());
    },
  };
}

/** What is not a request reaches no handler. */
function refuseTheRest(server: Server, refusals: Refusals): void {
  server.on('connection', refusals.meet);
  server.on('secureConnection', refusals.meet);
  server.on('clientError', refusals.refuse);
  server.on('connect', refusals.refuseProxy);
  server.on('drop', refusals.tellDrop);
}

/**
 * Node loses what it reads together with the end of a request that asks for an upgrade, so that a request
 * that comes next would wait for ever.
 */
function endAfterUpgrade({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.upgrade !== undefined) response.shouldKeepAlive = false;
}

/** How often Node looks for requests whose headers are late: the shortest and longest pause. */
const CHECKS = { atLeast: 50, atMost: 5000 };

function httpSettings(limits: ConnectionLimits): ServerOptions {
  const headersTimeout = limits.headersTimeout * 1000;
  const pause = Math.min(Math.max(headersTimeout / 4, CHECKS.atLeast), CHECKS.atMost);
  return {
    headersTimeout,
    connectionsCheckingInterval: pause,
    // A layer may take its time.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeout * 1000,
    maxHeaderSize: limits.maxHeaders,
    insecureHTTPParser: false,
  };
}

/** A docker of 2013 speaks TLS 1.0 with AES in CBC and SHA-1, which OpenSSL allows at level 0 alone. */
function tlsSettings({ cert, key, legacy }: TlsOptions) {
  if (!legacy) return { cert, key, minVersion: 'TLSv1.2' } as const;
  return { cert, key, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
}

/** Cuts a connection on which nothing moves, unless it waits for the hub itself. */
function cutIdle(connections: Connections): (socket: Socket) => void {
  const isAlive = (socket: Socket, before: number): boolean =>
    moved(socket) > before || connections.due(socket).some(isOurTurn);
  return (socket) => {
    const before = moved(socket);
    // First what came in while the event loop itself was held up.
    setImmediate(() => {
      if (isAlive(socket, before)) socket.setTimeout(socket.timeout ?? 0);
      else socket.destroy();
    });
  };
}

function moved({ bytesRead, bytesWritten }: Socket): number {
  return bytesRead + bytesWritten;
}

/**
 * Whether the client can do nothing: it has sent everything and waits, as while a large layer is summed up,
 * or what it sent is waiting for a slow disk.
 */
function isOurTurn({ req, headersSent }: ServerResponse): boolean {
  return !headersSent && (req.complete || req.readableLength > 0);
}

/**
 * A client may close its sending side and still wait for its answer, as `printf … | nc` does.
 * Node does so only if it is told by a property that its types do not have.
 */
function answerHalfClosed(server: Server): void {
  Object.assign(server, { httpAllowHalfOpen: true });
}

function startListening(server: Server, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stop(server: Server, connections: Connections, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => connections.destroy(), grace);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    connections.end();
  });
}
