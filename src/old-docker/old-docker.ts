/**
 * A docker without its command line: what it sends, in which order and with which headers, what it
 * accepts and what it says when it does not, version by version. Built from the recordings (see
 * test/fixtures/traces) and docs/clients.md, and proved against the recordings in
 * test/old-dockers/old-docker-model.test.ts. Its images are in memory; ./commands keeps them on a disk.
 */
import { buffer } from 'node:stream/consumers';
import { type Dialect, dialectOf, type Era, type Version, versionOf } from './eras/dialect.js';
import { unpackedWhole } from './images/compression.js';
import { type LocalImage, layerInMemory } from './images/local-image.js';
import { readTar } from './images/tar.js';
import { OldDockerError } from './requests/errors.js';
import type { Described } from './requests/layers.js';
import { login } from './requests/login.js';
import { type PullGraph, type PullOptions, pull } from './requests/pull.js';
import { type Pushed, type PushOptions, push } from './requests/push.js';
import { type Found, search } from './requests/search.js';
import type { Client, Credentials } from './requests/session.js';
import { Wire, type WireOptions } from './requests/wire.js';

/** An image with the bytes of its layer as they are sent: gzip of a tar without its end, or the tar. */
export type PackedImage = Omit<LocalImage, 'layer'> & { readonly layer: Buffer };

/** An image as it came. */
export interface PulledImage {
  readonly id: string;
  readonly json: Buffer;
  readonly layer: Buffer;
  /** `X-Docker-Size`; -1 if it was not said. */
  readonly size: number;
}

/** What a pull brought. */
export interface Pulled {
  /** Tag to image id. */
  readonly tags: Readonly<Record<string, string>>;
  /** Every image of these tags, whether it was here before or not. */
  readonly images: ReadonlyMap<string, PulledImage>;
  /** The ids of the layers that were fetched this time. */
  readonly fetched: readonly string[];
}

/** Which docker, where its hub is, and who is logged in. */
export type OldDockerOptions = WireOptions & {
  readonly credentials?: Credentials;
  /** Basic with every request, as docker does once it has found a standalone registry over https. */
  readonly basicOnly?: boolean;
} & ({ readonly era: Era; readonly version?: never } | { readonly version: Version });

/** One docker daemon. */
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
      official: false,
    };
  }

  /** `docker login`: registers first, up to 1.10. Returns the line that docker prints. */
  login(): Promise<string> {
    return login(this.#client);
  }

  /** `docker push HOST/name`, all tags that are given. */
  push(name: string, images: readonly PackedImage[], options: PushOptions): Promise<Pushed> {
    const local = images.map((image) => ({ ...image, layer: layerInMemory(image.layer) }));
    return push(this.#client, name, local, options);
  }

  /** `docker pull HOST/name:tag`, or all tags if none is given. */
  async pull(name: string, options: PullOptions = {}): Promise<Pulled> {
    const { tags, ids, fetched } = await pull(
      this.#client,
      graphInMemory(this.graph),
      name,
      options,
    );
    return { tags, images: new Map([...this.graph].filter(([id]) => ids.has(id))), fetched };
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

function graphInMemory(graph: Map<string, PulledImage>): PullGraph {
  return {
    has: (id) => graph.has(id),
    add: async ({ id, json, size }: Described, pieces: AsyncIterable<Buffer>) => {
      const layer = await buffer(pieces);
      try {
        readTar(unpackedWhole(layer));
      } catch (error) {
        throw new OldDockerError(`Untar ${id}: ${(error as Error).message}`, { cause: error });
      }
      graph.set(id, { id, json, size, layer });
    },
    describe: ({ id, json, size }) => {
      const here = graph.get(id);
      if (here !== undefined) graph.set(id, { ...here, json, size });
    },
  };
}
