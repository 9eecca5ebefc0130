/**
 * A model of the old docker client: what it sends, in which order and with which headers, what it
 * accepts and what it prints when it does not, version by version. Built from the recordings (see
 * test/fixtures/traces) and clients.md, and proved against the recordings in
 * test/old-dockers/old-docker-model.test.ts.
 */
import {
  type Dialect,
  dialectOf,
  type Era,
  type Version,
  versionOf,
} from './old-docker/dialect.js';
import type { LocalImage } from './old-docker/images.js';
import { login } from './old-docker/login.js';
import { type Pulled, type PulledImage, type PullOptions, pull } from './old-docker/pull.js';
import { type Pushed, type PushOptions, push } from './old-docker/push.js';
import { type Found, search } from './old-docker/search.js';
import type { Client, Credentials } from './old-docker/session.js';
import { Wire, type WireOptions } from './old-docker/wire.js';

export {
  type Dialect,
  dialectOf,
  ERAS,
  type Era,
  RECORDED_VERSIONS,
  VERSIONS,
  type Version,
  versionOf,
} from './old-docker/dialect.js';
export { OldDockerError, PushStopped } from './old-docker/errors.js';
export {
  checksumsOf,
  type ImageOptions,
  type LocalImage,
  type LocalRepository,
  makeImages,
  makeRepository,
} from './old-docker/images.js';
export type { Pulled, PulledImage, PullOptions } from './old-docker/pull.js';
export type { Pushed, PushOptions } from './old-docker/push.js';
export type { Found } from './old-docker/search.js';
export type { Credentials, Step } from './old-docker/session.js';
export type { Answer } from './old-docker/wire.js';

/** Which docker, where its hub is, and who is logged in. */
export type OldDockerOptions = WireOptions & {
  readonly credentials?: Credentials;
  /** Basic with every request, as docker does once it has found a standalone registry over https. */
  readonly basicOnly?: boolean;
} & ({ readonly era: Era; readonly version?: never } | { readonly version: Version });

/** One docker daemon with its command line. */
export class OldDocker {
  /** How this version behaves. */
  readonly dialect: Dialect;
  /** The images that this docker has pulled; what is here is not fetched again. */
  readonly graph = new Map<string, PulledImage>();
  readonly #client: Client;

  constructor(options: OldDockerOptions) {
    this.dialect = dialectOf('era' in options ? versionOf(options.era) : options.version);
    this.#client = {
      dialect: this.dialect,
      wire: new Wire(options),
      credentials: options.credentials,
      basicOnly: options.basicOnly ?? false,
    };
  }

  /** `docker login`: registers first, up to 1.10. Returns the line that docker prints. */
  login(): Promise<string> {
    return login(this.#client);
  }

  /** `docker push HOST/name`, all tags that are given. */
  push(name: string, images: readonly LocalImage[], options: PushOptions): Promise<Pushed> {
    return push(this.#client, name, images, options);
  }

  /** `docker pull HOST/name:tag`, or all tags if none is given. */
  pull(name: string, options: PullOptions = {}): Promise<Pulled> {
    return pull(this.#client, this.graph, name, options);
  }

  /** `docker search HOST/term`. */
  search(term: string): Promise<Found[]> {
    return search(this.#client, term);
  }

  /** `docker rmi` of everything. */
  forgetImages(): void {
    this.graph.clear();
  }
}
