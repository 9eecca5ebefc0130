import { checkAnswer } from '../contract.js';
import { type Keeper, PASSWORD, PEOPLE } from './cast.js';
import type { Header, WireAnswer, WireClient, WireRequest } from './client.js';
import { LAST_UPLOAD } from './modern.js';
import type { BearerTwist, FuzzRequest, TokenTwist } from './request.js';

/** How many tokens are remembered; the newest count. */
const MOST_TOKENS = 200;

/** What the fuzz has learned of the hub it talks to: tokens it was given, passwords it has changed. */
export class World {
  readonly #client: WireClient;
  readonly #keeper: Keeper;
  readonly #tokens: string[] = [];
  readonly #bearers: string[] = [];
  #lastUpload = '0'.repeat(32);
  #passwordsMayDiffer = false;

  constructor(client: WireClient, keeper: Keeper) {
    this.#client = client;
    this.#keeper = keeper;
  }

  /** Puts in what only this moment can tell: the credentials, and which upload was begun last. */
  concrete({ auth, path, ...request }: FuzzRequest): WireRequest {
    const authorization = this.#authorization(auth);
    const header: Header[] = authorization === undefined ? [] : [['Authorization', authorization]];
    return {
      ...request,
      path: path.replace(LAST_UPLOAD, this.#lastUpload),
      headers: [...header, ...request.headers],
    };
  }

  /** Learns from an answer. */
  learn(request: WireRequest, answer: WireAnswer): void {
    const token = answer.headers['x-docker-token']?.[0];
    if (token !== undefined) this.#tokens.push(token);
    if (this.#tokens.length > MOST_TOKENS) this.#tokens.shift();
    this.#lastUpload = answer.headers['docker-upload-uuid']?.[0] ?? this.#lastUpload;
    if (answer.status === 200 && request.path.startsWith('/v2/token')) this.#learnBearer(answer);
    const isUpdate = request.method === 'PUT' && request.path.includes('users');
    if (isUpdate && answer.status === 204) this.#passwordsMayDiffer = true;
  }

  /** Gives everybody in the cast their password back. */
  async repair(): Promise<void> {
    if (!this.#passwordsMayDiffer) return;
    this.#passwordsMayDiffer = false;
    for (const name of PEOPLE) {
      await this.ask('PUT', `/v1/users/${name}`, JSON.stringify({ password: PASSWORD }), [204]);
    }
  }

  /** Has the hub's own control put everything back to how it was at its start. */
  async reset(): Promise<void> {
    await this.ask('DELETE', '/_hub/faults', undefined, [204]);
    await this.ask('DELETE', '/_hub/endpoints', undefined, [204]);
    await this.ask('POST', '/_hub/reset', '{}', [200]);
    this.#tokens.length = 0;
    this.#bearers.length = 0;
  }

  #learnBearer({ body }: WireAnswer): void {
    const { token } = JSON.parse(body.toString()) as { readonly token: string };
    this.#bearers.push(token);
    if (this.#bearers.length > MOST_TOKENS) this.#bearers.shift();
  }

  /** A request of the keeper's own, which must be answered with one of these statuses. */
  async ask(
    method: string,
    path: string,
    body: string | undefined,
    statuses: readonly number[],
  ): Promise<WireAnswer> {
    const answer = await this.#client.send({
      method,
      path,
      headers: [['Authorization', basic(this.#keeper.username, this.#keeper.password)]],
      body: body === undefined ? undefined : [Buffer.from(body)],
    });
    if (answer === undefined || !statuses.includes(answer.status)) {
      throw new Error(`${method} ${path} of the keeper: ${answer?.status} ${answer?.body}`);
    }
    checkAnswer({ method, path, ...answer });
    return answer;
  }

  #authorization(auth: FuzzRequest['auth']): string | undefined {
    switch (auth.kind) {
      case 'none':
        return undefined;
      case 'basic':
        return basic(auth.username, auth.password);
      case 'odd':
        return auth.text;
      case 'token':
        return twist(this.#token(auth.repository, auth.access), auth.twist);
      case 'bearer':
        return twistBearer(this.#bearer(auth.repository), auth.twist);
    }
  }

  /** The newest token for this, or the newest at all, or one that nobody issued. */
  #token(repository: string, access: string): string {
    const end = `,repository="${repository}",access=${access}`;
    const own = this.#tokens.findLast((token) => token.endsWith(end));
    return own ?? this.#tokens.at(-1) ?? `signature=${'0'.repeat(40)}${end}`;
  }

  /** The newest token of v2 for a repository, or the newest at all, or none that was given out. */
  #bearer(repository: string): string {
    const own = this.#bearers.findLast((token) => isFor(token, repository));
    return own ?? this.#bearers.at(-1) ?? 'e30.AAAA';
  }
}

/** What a token of v2 says is in its first part, for everybody to read. */
function isFor(bearer: string, repository: string): boolean {
  const [said = ''] = bearer.split('.');
  return Buffer.from(said, 'base64url').toString().includes(`"${repository}"`);
}

function twistBearer(token: string, how: BearerTwist): string {
  const [said = '', signature = ''] = token.split('.');
  switch (how) {
    case 'none':
      return `Bearer ${token}`;
    case 'flipped':
      return `bearer ${said}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    case 'cut':
      return `Bearer ${token.slice(0, 30)}`;
    case 'as Token':
      return `Token ${token}`;
    case 'other bearer': {
      const text = Buffer.from(said, 'base64url').toString().replace('"bearer":"', '"bearer":"x');
      return `Bearer ${Buffer.from(text).toString('base64url')}.${signature}`;
    }
  }
}

/** A Basic Authorization header; the name and the password may hold anything. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function twist(token: string, how: TokenTwist): string {
  switch (how) {
    case 'none':
      return `Token ${token}`;
    case 'twice':
      return `Token Token ${token}`;
    case 'blanks':
      return `token  ${token.replaceAll(',', ', ').replaceAll('=', ' = ')}`;
    case 'colons':
      return `Token ${token.replaceAll('=', ': ')}`;
    case 'order':
      return `Token ${token.split(',').reverse().join(',')}`;
    case 'flipped':
      return `Token ${token.replace(/=(\w)/, (_, digit) => `=${digit === '0' ? '1' : '0'}`)}`;
    case 'other access':
      return `Token ${token.replace(/access=\w+/, 'access=write')}`;
    case 'other repository':
      return `Token ${token.replace(/repository="[^"]*"/, 'repository="alice/web"')}`;
    case 'cut':
      return `Token ${token.slice(0, 30)}`;
  }
}
