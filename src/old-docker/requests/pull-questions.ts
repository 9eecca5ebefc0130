import type { Dialect } from '../eras/dialect.js';
import { LoginRequired, OldDockerError } from './errors.js';
import { goQuote } from './go.js';
import { repositoryPath, tagsPath } from './names.js';
import { checkImageList, readAncestry, readId, readTags } from './replies.js';
import { type Client, endpointsOf, type Session } from './session.js';

/** What a pull is about. */
export interface Pulled {
  readonly name: string;
  readonly tag?: string | undefined;
  /** The name in messages; `HOST/name` without. */
  readonly shownName?: string | undefined;
}

/** What a pull asks before it fetches layers, and what docker says when it does not like the answer. */
export class PullQuestions {
  readonly #client: Client;
  readonly #dialect: Dialect;
  readonly #session: Session;
  readonly #pulled: Pulled;

  constructor(client: Client, session: Session, pulled: Pulled) {
    this.#client = client;
    this.#dialect = client.dialect;
    this.#session = session;
    this.#pulled = pulled;
  }

  /** Asks the index for the repository, and goes on at the endpoint that it names. */
  async askIndex(): Promise<void> {
    const name = this.#indexName();
    const answer = await this.#session.index('GET', `${repositoryPath(name)}/images`);
    if (answer.status === 401) {
      throw new LoginRequired(this.#loginRequired());
    }
    if (answer.status === 404) {
      throw new OldDockerError(this.#dialect.missingRepository(name, this.#pulled.tag));
    }
    if (answer.status !== 200) {
      const body = goQuote(answer.body.toString('utf8'));
      throw new OldDockerError(
        this.#dialect.quotesBodies
          ? `Error: Status ${answer.status} trying to pull repository ${name}: ${body}`
          : `HTTP code: ${answer.status}`,
      );
    }
    checkImageList(answer.body);
    const [host] = endpointsOf(this.#client, answer);
    if (host !== undefined) {
      this.#session.useEndpoint(host);
    } else if (this.#dialect.needsAllHeaders) {
      throw new OldDockerError("Index response didn't contain any endpoints");
    }
  }

  /** clients.md, "Root names". */
  #indexName(): string {
    const isRoot = !this.#pulled.name.includes('/');
    const inLibrary = this.#client.official && this.#dialect.namesLibrary && isRoot;
    return inLibrary ? `library/${this.#pulled.name}` : this.#pulled.name;
  }

  /** The tags that are to be pulled, with their image ids. */
  async askTags(): Promise<Record<string, string>> {
    const { tag } = this.#pulled;
    const one = this.#dialect.asksForOneTag && tag !== undefined;
    const path = one ? `${tagsPath(this.#pulled.name)}/${tag}` : tagsPath(this.#pulled.name);
    const answer = await this.#session.registry('GET', path);
    const fullName = this.shownName;
    if (answer.status === 404) {
      throw new OldDockerError(
        one ? `Tag ${tag} not found in repository ${fullName}` : 'Repository not found',
      );
    }
    if (answer.status !== 200) {
      throw new OldDockerError('Could not reach any registry endpoint');
    }
    const tags = one ? { [tag]: readId(answer.body) } : readTags(this.#dialect, answer.body);
    const id = tag === undefined ? undefined : tags[tag];
    if (tag !== undefined && id === undefined) {
      throw new OldDockerError(`Tag ${tag} not found in repository ${fullName}`);
    }
    return tag === undefined || id === undefined ? tags : { [tag]: id };
  }

  /** The name in messages. */
  get shownName(): string {
    return this.#pulled.shownName ?? `${this.#client.wire.host}/${this.#pulled.name}`;
  }

  /** An image's id and those below it, top first. */
  async ancestry(id: string): Promise<string[]> {
    const answer = await this.#session.registry('GET', `/v1/images/${id}/ancestry`);
    if (answer.status === 401) {
      throw new LoginRequired(this.#loginRequired());
    }
    if (answer.status !== 200) {
      throw new OldDockerError(
        `Server error: ${answer.status} trying to fetch remote history for ${id}`,
      );
    }
    return readAncestry(answer.body, id);
  }

  #loginRequired(): string {
    return this.#dialect.pullsJsonFirst
      ? 'unauthorized: authentication required'
      : 'Authentication is required.';
  }
}
