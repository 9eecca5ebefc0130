import type { Dialect } from '../eras/dialect.js';
import { OldDockerError, PushStopped } from './errors.js';
import type { Answer, Header, OpenAnswer, WireRequest } from './messages.js';
import type { Wire } from './wire.js';

/** Who is asking. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly email: string;
}

/** What the parts of the model share. */
export interface Client {
  readonly dialect: Dialect;
  readonly wire: Wire;
  readonly credentials: Credentials | undefined;
  /** Basic with every request, as if a standalone registry had been found over https. */
  readonly basicOnly: boolean;
  /** It talks to index.docker.io, which no docker probes like a private host. */
  readonly official: boolean;
}

/** A request that was answered, counted from 1 within its push or pull. */
export interface Step {
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** How a request is signed. */
export type Auth = 'none' | 'basic' | 'token';

/** What a request has besides its method and path. */
export interface Details {
  readonly auth?: Auth;
  readonly agent?: string;
  readonly headers?: readonly Header[];
  readonly body?: WireRequest['body'];
  /** The body goes out in chunks, its length unsaid. */
  readonly chunked?: boolean;
  /** `Content-Length: 0` for a request with no body. */
  readonly empty?: boolean;
  /** No `Connection: close`. */
  readonly keepsAlive?: boolean;
  readonly cutBodyAfter?: number | undefined;
  readonly cutAnswerAfter?: number | undefined;
}

/** One push, pull, login or search: a cookie jar, a token, and the headers that go with them. */
export class Session {
  /** Answer by answer; true stops the session there, as ^C does. */
  stopAfter: ((step: Step) => boolean) | undefined;
  /** Basic on every request: a standalone registry over https (clients.md, "Probing a host"). */
  alwaysBasic = false;
  /** Where the registry half is: the endpoint that the index named. */
  #registry: Wire;
  readonly #client: Client;
  readonly #cookies = new Map<string, string>();
  #tokens: string[] = [];
  #steps = 0;
  #stopped = false;

  constructor(client: Client) {
    this.#client = client;
    this.#registry = client.wire;
  }

  /** The endpoint in use, as docker writes it. */
  get endpoint(): string {
    return `${this.#registry.scheme}://${this.#registry.host}/v1/`;
  }

  /** Sends the registry's requests to this endpoint from now on. */
  useEndpoint(host: string): void {
    this.#registry = this.#client.wire.at(host);
  }

  /** A request to the index about a repository: Basic, and `X-Docker-Token: true`. */
  async index(method: string, path: string, details: Details = {}): Promise<Answer> {
    const headers: Header[] = [...(details.headers ?? []), ['X-Docker-Token', 'true']];
    const answer = await this.send(method, path, { auth: 'basic', ...details, headers });
    const tokens = answer.lines('X-Docker-Token').filter((token) => token !== '');
    if (tokens.length > 0) {
      this.#tokens = tokens;
    }
    return answer;
  }

  /** A request to the registry, with the token that the index gave. */
  registry(method: string, path: string, details: Details = {}): Promise<Answer> {
    return this.send(method, path, { auth: 'token', ...details });
  }

  /** Any request, with the headers in the order in which Go writes them. */
  async send(method: string, path: string, details: Details): Promise<Answer> {
    return this.#exchange(method, path, details, (wire, request) => wire.send(request));
  }

  /** A request to the registry whose answer is read piece by piece. */
  open(method: string, path: string, details: Details = {}): Promise<OpenAnswer> {
    const signed = { auth: 'token', ...details } as const;
    return this.#exchange(method, path, signed, (wire, request) => wire.open(request));
  }

  async #exchange<T extends Answer | OpenAnswer>(
    method: string,
    path: string,
    details: Details,
    send: (wire: Wire, request: WireRequest) => Promise<T>,
  ): Promise<T> {
    if (this.#stopped) {
      throw new PushStopped(`stopped before ${method} ${path}`);
    }
    const wire = details.auth === 'token' ? this.#registry : this.#client.wire;
    const answer = await send(wire, {
      method,
      path,
      headers: this.#headers(method, wire.host, details),
      body: details.body,
      cutBodyAfter: details.cutBodyAfter,
      cutAnswerAfter: details.cutAnswerAfter,
    });
    this.#keepCookies(answer);
    this.#steps += 1;
    const step = { number: this.#steps, method, path, status: answer.status };
    if (this.stopAfter?.(step) === true) {
      this.#stopped = true;
      throw new PushStopped(`stopped after ${method} ${path}`);
    }
    return answer;
  }

  /** Host, User-Agent, the length; then the rest sorted; then what the transport adds. */
  #headers(method: string, host: string, details: Details): Header[] {
    const headers: Header[] = [
      ['Host', host],
      ['User-Agent', details.agent ?? this.#client.dialect.agent],
    ];
    if (details.chunked === true) {
      headers.push(['Transfer-Encoding', 'chunked']);
    } else if (details.body !== undefined || details.empty === true) {
      const { body } = details;
      headers.push(['Content-Length', String(Buffer.isBuffer(body) ? body.length : 0)]);
    }
    const sorted = [
      ...(details.headers ?? []),
      ...this.#authorization(method, details.auth ?? 'none'),
      ...this.#cookie(details.auth ?? 'none'),
    ];
    headers.push(...sorted.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    if (method !== 'HEAD' && !sorted.some(([name]) => name === 'Range')) {
      headers.push(['Accept-Encoding', 'gzip']);
    }
    if (details.keepsAlive !== true) {
      headers.push(['Connection', 'close']);
    }
    return headers;
  }

  #authorization(method: string, auth: Auth): Header[] {
    const { dialect, credentials } = this.#client;
    if (auth === 'none') {
      return [];
    }
    if (auth === 'basic' || this.alwaysBasic) {
      const { username = '', password = '' } = credentials ?? {};
      // Without a login, the older ones push with an empty name and password.
      const nobody = username === '' && !(dialect.needsToken && method === 'PUT');
      return nobody ? [] : [['Authorization', basic(username, password)]];
    }
    // Without a token the older ones still say "Token ".
    return this.#tokens.length === 0 && !dialect.needsToken
      ? []
      : [['Authorization', `Token ${this.#tokens.join(',')}`]];
  }

  #cookie(auth: Auth): Header[] {
    const pairs = [...this.#cookies].map(([name, value]) => `${name}=${value}`);
    if (pairs.length === 0) {
      return [];
    }
    const twice = this.#client.dialect.doublesCookies && auth === 'token';
    return [['Cookie', (twice ? [...pairs, ...pairs] : pairs).join('; ')]];
  }

  #keepCookies(answer: Pick<Answer, 'lines'>): void {
    for (const line of answer.lines('Set-Cookie')) {
      const [pair = ''] = line.split(';');
      const [name = '', ...value] = pair.split('=');
      this.#cookies.set(name.trim(), value.join('='));
    }
  }

  /** Empties the cookie jar. */
  forgetCookies(): void {
    this.#cookies.clear();
  }

  /** Forgets the token: 0.6 asks for a name as an image without one. */
  dropToken(): void {
    this.#tokens = [];
  }
}

/** The value of a Basic Authorization header. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The hosts in `X-Docker-Endpoints`; docker goes on with these (clients.md, "Push" 1). */
export function endpointsOf(client: Client, answer: Answer): string[] {
  const lines = answer.lines('X-Docker-Endpoints').filter((line) => line !== '');
  const hosts = client.dialect.splitsEndpoints ? lines.flatMap((line) => line.split(',')) : lines;
  return hosts.map((line) => {
    const host = line.trim();
    if (!/^[^\s,/]+$/.test(host)) {
      throw new OldDockerError(`parse ${client.wire.scheme}://${host}/v1/: invalid host name`);
    }
    return host;
  });
}
