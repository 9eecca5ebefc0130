import { reachFrom } from './addresses.js';
import type { Answer, Connection, OpenAnswer, Question, WholeAnswer } from './connection.js';
import { BrokenError, quote, RescueError } from './problems.js';
import { refusedLogin } from './registry-url.js';
import { fieldOf, parsed } from './v1-documents.js';

const LONGEST_TOKEN = 64 * 1024;
/** The longest words of a registry that a message repeats, in letters. */
const LONGEST_WORDS = 300;
const LONGEST_GREETING = 1024 * 1024;

/** What may be done, as a token service is asked for it: `repository:alice/app:pull`. */
export type Scope = string;

/** For a token that is good for nothing but to show that the login is right. */
const NO_SCOPE: Scope = '';

/**
 * A registry of API v2, which wants a login in the way its challenge says: Basic, or a token of the service that the
 * challenge names. A token is used for its scope until it is refused.
 */
export class V2Connection {
  readonly #connection: Connection;
  readonly #login: Readonly<Record<string, string>>;
  readonly #headers = new Map<Scope, Readonly<Record<string, string>>>();

  /** `login` is the header of a name and a password, or empty. */
  constructor(connection: Connection, login: Readonly<Record<string, string>>) {
    this.#connection = connection;
    this.#login = login;
  }

  get hasLogin(): boolean {
    return this.#login.authorization !== undefined;
  }

  /**
   * Shows the login before it is needed: many registries read to everybody, and look at no password then. `base` is the
   * root of the registry. Throws a RescueError where the login is refused, or one is wanted and there is none; otherwise
   * as `ask`.
   */
  async greet(base: URL): Promise<WholeAnswer> {
    const url = new URL('v2/', base);
    const answer = await this.askWithLogin(NO_SCOPE, url, LONGEST_GREETING);
    // One that gave a token for the login takes it, even if such a token is not enough here.
    const hasToken = /^bearer /i.test(this.#headers.get(NO_SCOPE)?.authorization ?? '');
    if (answer.status === 401 && !hasToken) throw refusedLogin(base, this.hasLogin);
    return answer;
  }

  /** As `ask`, but shows the login unasked, for an answer that depends on who asks. */
  askWithLogin(scope: Scope, url: URL, most: number): Promise<WholeAnswer> {
    return this.ask(scope, url, most, { headers: this.#login });
  }

  /** Throws as `Connection.ask`. */
  ask(scope: Scope, url: URL, most: number, question: Question = {}): Promise<WholeAnswer> {
    return this.#loggedIn(scope, url, question, (headers) =>
      this.#connection.ask(url, most, {
        ...question,
        headers: { ...question.headers, ...headers },
      }),
    );
  }

  /** Throws as `Connection.open`. */
  open(scope: Scope, url: URL, question: Question = {}): Promise<OpenAnswer> {
    return this.#loggedIn(scope, url, question, (headers) =>
      this.#connection.open(url, { ...question, headers: { ...question.headers, ...headers } }),
    );
  }

  close(): void {
    this.#connection.close();
  }

  async #loggedIn<A extends WholeAnswer | OpenAnswer>(
    scope: Scope,
    asked: URL,
    question: Question,
    send: (headers: Readonly<Record<string, string>>) => Promise<A>,
  ): Promise<A> {
    const known = this.#headers.get(scope) ?? {};
    const answer = await send(known);
    const challenge = answer.headers['www-authenticate'];
    if (answer.status !== 401 || challenge === undefined) return answer;
    // Where the registry sent us on to, its login is nobody's business.
    if (answer.url.origin !== asked.origin) return answer;
    const headers = await this.#answerTo(challenge, scope, answer);
    const shown = { ...question.headers, ...known }.authorization;
    if (headers === undefined || headers.authorization === shown) return answer;
    this.#headers.set(scope, headers);
    if ('body' in answer) answer.body.destroy();
    return send(headers);
  }

  /** Undefined if there is nothing that the registry would accept. */
  async #answerTo(
    challenge: string,
    scope: Scope,
    { url: from, address }: Answer,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    if (/^basic\b/i.test(challenge)) {
      return this.hasLogin ? this.#login : undefined;
    }
    const [realm, service] = [quotedIn(challenge, 'realm'), quotedIn(challenge, 'service')];
    if (!/^bearer\b/i.test(challenge) || !URL.canParse(realm, from.href)) return undefined;
    const url = new URL(realm, from.href);
    requireService(from, url, this.hasLogin);
    url.searchParams.set('service', service);
    if (scope !== NO_SCOPE) url.searchParams.append('scope', scope);
    const answer = await this.#connection.ask(url, LONGEST_TOKEN, {
      headers: this.#login,
      mayReach: reachFrom(address),
    });
    const { bytes, status } = answer;
    const token = fieldOf(parsed(bytes), 'token') ?? fieldOf(parsed(bytes), 'access_token');
    if (status === 401) throw refusedLogin(from, this.hasLogin);
    return typeof token === 'string' ? { authorization: `Bearer ${token}` } : undefined;
  }
}

/**
 * Whether a registry's token service may be asked: a secret that was sent encrypted is not sent in the clear, and
 * a password is sent in the clear to no other host. Throws a RescueError.
 */
function requireService(registry: URL, service: URL, hasPassword: boolean): void {
  if (service.protocol === 'https:') return;
  const names = `${registry.origin} names a token service at ${service.origin}`;
  if (service.protocol !== 'http:') throw new RescueError(names);
  const isExposed = hasPassword && service.hostname !== registry.hostname;
  if (registry.protocol === 'https:' || isExposed) {
    throw new RescueError(
      `${names}, which would get the ${hasPassword ? 'password' : 'request'} unencrypted`,
    );
  }
}

/** What a challenge says of something, as in `Bearer realm="…",service="…"`. */
function quotedIn(challenge: string, name: string): string {
  const begin = challenge.toLowerCase().indexOf(`${name}="`);
  const [value = ''] = begin < 0 ? [] : challenge.slice(begin + name.length + 2).split('"');
  return value;
}

/** Why a registry of v2 did not give what it was asked for. */
export function refusalV2(answer: WholeAnswer, what: string): BrokenError {
  const { status } = answer;
  if (status === 404) return new BrokenError(`${what} is not there`);
  return new BrokenError(`${what} can't be had, the answer is ${status}${wordsOf(answer)}`);
}

/** Why a registry of v2 did not take what it was sent. */
export function refusedPush(answer: WholeAnswer, what: string): BrokenError {
  return new BrokenError(`the answer to ${what} is ${answer.status}${wordsOf(answer)}`);
}

/** The first error in an answer, as a message shows it; nothing where there is none. */
function wordsOf({ bytes }: WholeAnswer): string {
  const errors = fieldOf(parsed(bytes), 'errors');
  const [first] = Array.isArray(errors) ? errors : [];
  const words = [fieldOf(first, 'code'), fieldOf(first, 'message')].filter(
    (word) => typeof word === 'string' && word !== '',
  );
  return words.length === 0 ? '' : ` (${quote(words.join(': '), LONGEST_WORDS)})`;
}
