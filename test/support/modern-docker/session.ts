/* One pull or push of a client of today: what it shows, and how it comes to a token (v2.md §0.3). */
import { basic } from '../client.js';
import type { Ways } from './ways.js';
import type { Answer, Header, Wire } from './wire.js';

/** Who is logged in. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What the client would print. */
export class ModernDockerError extends Error {
  override readonly name = 'ModernDockerError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Details {
  readonly headers?: readonly Header[];
  readonly body?: Buffer | undefined;
  /** The length of the body is not said. */
  readonly chunked?: boolean;
  /** `Content-Length: 0`. */
  readonly empty?: boolean;
  /** What a token has to be for. */
  readonly scopes?: readonly string[];
  /** Statuses that mean success. */
  readonly expected: readonly number[];
}

export class Session {
  readonly #wire: Wire;
  readonly #ways: Ways;
  readonly #credentials: Credentials | undefined;
  /** By what they are for. */
  readonly #tokens = new Map<string, string>();
  /** What the host asks of everybody, once it was asked. */
  #challenge: Challenge | undefined;

  constructor(wire: Wire, ways: Ways, credentials: Credentials | undefined) {
    this.#wire = wire;
    this.#ways = ways;
    this.#credentials = credentials;
  }

  /** What happens before the first request that means something. */
  async begin(): Promise<void> {
    const wasAnswered = await this.#wire.hello();
    if (this.#ways.begins === 'hello and ping') await this.#ping();
    else if (!wasAnswered) throw new Error('failed to do request: EOF');
  }

  async #ping(): Promise<void> {
    const answer = await this.#send('GET', '/v2/', { expected: [] }, undefined);
    if (answer.status === 401) this.#challenge = challengeIn(answer);
    else if (answer.status !== 200) throw failure(answer);
  }

  /** `docker login`: a token for nothing in particular, which `/v2/` must take. */
  async login(): Promise<void> {
    // docker itself does this, with either store.
    await this.#wire.hello();
    await this.#ping();
    const token = await this.#getToken(
      [],
      [
        ['client_id', 'docker'],
        ['offline_token', 'true'],
      ],
    );
    const answer = await this.#send('GET', '/v2/', { expected: [] }, token);
    if (answer.status !== 200) throw failure(answer);
  }

  /** A request; what is asked for is shown. Throws a ModernDockerError for a status that is not expected. */
  async ask(method: string, path: string, details: Details): Promise<Answer> {
    const { scopes = [], expected } = details;
    const key = scopes.join(' ');
    if (this.#challenge !== undefined && !this.#tokens.has(key)) await this.#takeToken(scopes);
    let answer = await this.#send(method, path, details, this.#tokens.get(key));
    if (answer.status === 401 && this.#challenge === undefined) {
      this.#challenge = challengeIn(answer);
      const { scope } = this.#challenge;
      // containerd asks for what it was told, and for what it wants besides.
      await this.#takeToken(scope === undefined ? scopes : [...new Set([scope, ...scopes])], key);
      answer = await this.#send(method, path, details, this.#tokens.get(key));
    }
    if (!expected.includes(answer.status)) throw failure(answer);
    return answer;
  }

  async #takeToken(scopes: readonly string[], key = scopes.join(' ')): Promise<void> {
    const isPosted = this.#ways.postsForToken && this.#credentials !== undefined;
    const token = isPosted ? await this.#postForToken(scopes) : await this.#getToken(scopes);
    this.#tokens.set(key, token);
  }

  async #getToken(
    scopes: readonly string[],
    more: readonly (readonly [string, string])[] = [],
  ): Promise<string> {
    const { saysAccount, tokenAgent } = this.#ways;
    const { service = '', path = '' } = this.#challenge ?? {};
    const query = new URLSearchParams();
    if (this.#credentials !== undefined && saysAccount) {
      query.append('account', this.#credentials.username);
    }
    for (const [name, value] of more) query.append(name, value);
    for (const scope of scopes) query.append('scope', scope);
    query.append('service', service);
    const headers: Header[] = [...this.#basic()];
    return tokenIn(
      await this.#write('GET', `${path}?${query}`, { headers, expected: [200] }, tokenAgent),
    );
  }

  async #postForToken(scopes: readonly string[]): Promise<string> {
    const { username = '', password = '' } = this.#credentials ?? {};
    const { service = '', path = '' } = this.#challenge ?? {};
    const form = new URLSearchParams({
      client_id: 'containerd-client',
      grant_type: 'password',
      password,
      scope: scopes.join(' '),
      service,
      username,
    });
    const headers: Header[] = [
      ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
    ];
    const body = Buffer.from(form.toString());
    const sent = { headers, body, expected: [200] };
    return tokenIn(await this.#write('POST', path, sent, this.#ways.tokenAgent));
  }

  #basic(): Header[] {
    if (this.#credentials === undefined) return [];
    const { username, password } = this.#credentials;
    return [['Authorization', basic(username, password)]];
  }

  #send(
    method: string,
    path: string,
    details: Details,
    token: string | undefined,
  ): Promise<Answer> {
    const shown: Header[] = token === undefined ? [] : [['Authorization', `Bearer ${token}`]];
    const headers = [...(details.headers ?? []), ...shown];
    return this.#write(method, path, { ...details, headers }, this.#ways.agent);
  }

  /** Host, User-Agent, the length; then the rest from a to z; then what the transport adds, as Go has it. */
  #write(method: string, path: string, details: Details, agent: string): Promise<Answer> {
    const { body, chunked = false, empty = false, headers = [] } = details;
    const { closes, headers: usual } = this.#ways;
    const written: Header[] = [
      ['Host', this.#wire.host],
      ['User-Agent', agent],
    ];
    if (chunked) written.push(['Transfer-Encoding', 'chunked']);
    else if (empty || body !== undefined) {
      written.push(['Content-Length', String(body?.length ?? 0)]);
    }
    const rest = [...headers, ...Object.entries(usual)];
    written.push(...rest.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    if (method !== 'HEAD') written.push(['Accept-Encoding', 'gzip']);
    if (closes) written.push(['Connection', 'close']);
    return this.#wire.send({ method, path, headers: written, body });
  }
}

/** Where a token is to be had, and what for. */
interface Challenge {
  readonly path: string;
  readonly service: string;
  readonly scope: string | undefined;
}

function challengeIn({ headers }: Answer): Challenge {
  const said = headers['www-authenticate'] ?? '';
  const field = (name: string): string | undefined =>
    new RegExp(`[ ,]${name}="([^"]*)"`).exec(said)?.[1];
  const [realm, service, scope] = [field('realm'), field('service'), field('scope')];
  if (!said.startsWith('Bearer ') || realm === undefined || service === undefined) {
    throw new Error(`no Bearer challenge: ${said}`);
  }
  return { path: new URL(realm).pathname, service, scope };
}

function tokenIn(answer: Answer): string {
  if (answer.status !== 200) throw failure(answer);
  const { token, access_token: same } = JSON.parse(answer.body.toString()) as {
    readonly token?: string;
    readonly access_token?: string;
  };
  if (token === undefined || token !== same)
    throw new Error('authorization server did not include a token');
  return token;
}

/** What docker reads in an error: the first entry counts (v2.md §2). */
function failure({ method, path, status, body }: Answer): ModernDockerError {
  const line = `${method} ${path}: ${status}`;
  if (body.length === 0) return new ModernDockerError(status, '', line);
  const { errors } = JSON.parse(body.toString()) as {
    readonly errors: readonly { readonly code: string; readonly message: string }[];
  };
  const [first] = errors;
  if (first === undefined) return new ModernDockerError(status, '', line);
  const words = first.code.toLowerCase().replaceAll('_', ' ');
  return new ModernDockerError(status, first.code, `${words}: ${first.message}`);
}
