import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface ListenOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** With a certificate and its key (PEM), https is spoken on the port. */
  readonly tls: TlsOptions | undefined;
  /** Milliseconds that running requests are given at the end. */
  readonly grace: number;
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
}

/** What a TLS ClientHello begins with; dockers send one to every port before plain HTTP. */
const TLS_HANDSHAKE = 0x16;

/** Rejects with the system's error when the address can't be had (EADDRINUSE, EACCES …). */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const { tls, host } = options;
  const server =
    tls === undefined ? createServer(handler) : createTlsServer(tlsSettings(tls), handler);
  // A layer may take its time; a connection on which nothing moves may not.
  server.requestTimeout = 0;
  server.headersTimeout = 30_000;
  server.setTimeout(120_000);
  server.on('clientError', refuseGarbage);
  await startListening(server, options);
  const { port } = server.address() as AddressInfo;
  const scheme = tls === undefined ? 'http' : 'https';
  return {
    port,
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () => stop(server, options.grace),
  };
}

/** A docker of 2013 speaks TLS 1.0 with AES in CBC and SHA-1, which OpenSSL allows at level 0 alone. */
function tlsSettings({ cert, key, legacy }: TlsOptions) {
  if (!legacy) return { cert, key, minVersion: 'TLSv1.2' } as const;
  return { cert, key, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
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

function stop(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/**
 * Bytes that are no HTTP. A TLS hello on the plain port is cut off at once: the sooner, the sooner an
 * old docker tries plain HTTP (clients.md, Probing a host). Anything else is told.
 */
function refuseGarbage(
  error: NodeJS.ErrnoException & { rawPacket?: Buffer },
  socket: Socket,
): void {
  if (!socket.writable || error.code === 'ECONNRESET' || error.rawPacket?.[0] === TLS_HANDSHAKE) {
    socket.destroy();
    return;
  }
  const status = REFUSALS[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify(status.slice(4));
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
