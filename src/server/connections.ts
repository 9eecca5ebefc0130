import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Bytes over all connections, headers and framing included. */
export interface Traffic {
  readonly received: number;
  readonly sent: number;
}

/** The connections of one server, and the answers that are due on each. */
export class Connections {
  /** Those that speak HTTP; over TLS, after its handshake. */
  readonly #open = new Map<Socket, Set<ServerResponse>>();
  /** All, those in a TLS handshake too. */
  readonly #accepted = new Set<Socket>();
  /** Of the connections that are closed. */
  #past: Traffic = { received: 0, sent: 0 };
  #isEnding = false;

  /** Watches a server; call it before the server's own handler is added. */
  watch(server: Server, isTls: boolean): void {
    server.on('connection', (socket: Socket) => {
      this.#accepted.add(socket);
      socket.once('close', () => this.#accepted.delete(socket));
    });
    server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => this.#add(socket));
    server.on('request', (request, response) => this.#expect(request, response));
  }

  /** How many are open. */
  get count(): number {
    return this.#accepted.size;
  }

  get traffic(): Traffic {
    let { received, sent } = this.#past;
    for (const { bytesRead, bytesWritten } of this.#open.keys()) {
      received += bytesRead;
      sent += bytesWritten;
    }
    return { received, sent };
  }

  /** The answers that are due on a connection, in the order of their requests. */
  due(socket: Socket): ServerResponse[] {
    return [...(this.#open.get(socket) ?? [])];
  }

  /**
   * Cuts connections on which nothing is due, silent ones and those in the middle of a handshake or of a
   * request's headers; from now on each of the others after its answer.
   */
  end(): void {
    this.#isEnding = true;
    for (const [socket, due] of this.#open) if (due.size === 0) socket.destroy();
    const speaking = new Set([...this.#open.keys()].map(peerOf));
    for (const socket of this.#accepted) if (!speaking.has(peerOf(socket))) socket.destroy();
  }

  /** Cuts all. */
  destroy(): void {
    for (const socket of [...this.#open.keys(), ...this.#accepted]) socket.destroy();
  }

  /** Lets the process end although they are open. */
  unref(): void {
    for (const socket of this.#accepted) socket.unref();
  }

  #add(socket: Socket): void {
    const due = new Set<ServerResponse>();
    this.#open.set(socket, due);
    socket.once('close', () => {
      this.#open.delete(socket);
      for (const response of due) if (response.socket === null) endUnsent(response);
      const { received, sent } = this.#past;
      this.#past = { received: received + socket.bytesRead, sent: sent + socket.bytesWritten };
    });
  }

  #expect({ socket }: IncomingMessage, response: ServerResponse): void {
    const due = this.#open.get(socket);
    if (due === undefined) return;
    due.add(response);
    response.once('close', () => {
      due.delete(response);
      if (this.#isEnding && due.size === 0) socket.destroySoon();
    });
  }
}

/** Node emits `close` on the answer whose turn it is, and not on those that wait for theirs. */
function endUnsent(response: ServerResponse): void {
  response.destroy();
  response.emit('close');
}

/** Who is at the other end: the same for a connection and for the TLS that is spoken on it. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
