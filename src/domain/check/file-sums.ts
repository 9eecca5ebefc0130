import { createHash, type Hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { algorithmOf, isDigest } from '../../storage/files/digests.js';
import type { DataDirectory } from '../../storage/folder/data-directory.js';
import type { Inspection } from '../../storage/folder/inspection.js';
import { checksumText, payloadHash } from '../layers/checksums.js';
import type { Trailing } from '../layers/gzip-members.js';
import { LayerFormatError } from '../layers/layer-bounds.js';
import { tarEntries } from '../layers/tar-entries.js';
import { uncompressed } from '../layers/uncompressed.js';
import { type Disagreement, disagreement } from './manifest-rules.js';
import { layersOf, type NamedLayer } from './named-files.js';

/** What the bytes of files say, each read once, as a stream. */
export interface FileFaults {
  /** Of images and uploads whose layers are at fault, by where their documents lie. */
  readonly layers: ReadonlyMap<string, string>;
  /** Of blobs that are not what they are named by, by digest. */
  readonly blobs: ReadonlyMap<string, string>;
  /** Of manifests' documents, by where they lie. */
  readonly manifests: ReadonlyMap<string, Disagreement>;
}

/** Before anything was read, or after all of it was put right. */
export const NO_FAULTS: FileFaults = { layers: new Map(), blobs: new Map(), manifests: new Map() };

/** Hears how the reading proceeds. */
export interface ReadListener {
  /** How many bytes were read, after each piece. */
  read(bytes: number): void;
  /** What is odd about a layer, whose document lies at `path`: a clause. */
  noted(path: string, what: string): void;
}

/** Reads all layers and blobs. */
export async function readFiles(
  directory: DataDirectory,
  inspection: Inspection,
  listener: ReadListener,
): Promise<FileFaults> {
  const reading = new Reading(directory, inspection, listener);
  return {
    layers: await reading.layers(),
    blobs: await reading.blobs(),
    manifests: reading.manifests(),
  };
}

class Reading {
  readonly #directory: DataDirectory;
  readonly #inspection: Inspection;
  readonly #listener: ReadListener;
  /** Layers that are blobs, by digest. */
  readonly #shared = new Map<string, NamedLayer[]>();
  readonly #own: NamedLayer[] = [];
  readonly #layerFaults = new Map<string, string>();
  readonly #blobFaults = new Map<string, string>();

  constructor(directory: DataDirectory, inspection: Inspection, listener: ReadListener) {
    this.#directory = directory;
    this.#inspection = inspection;
    this.#listener = listener;
    for (const named of layersOf(inspection)) {
      const { file } = named.layer;
      if (!isDigest(file)) this.#own.push(named);
      else this.#shared.set(file, [...(this.#shared.get(file) ?? []), named]);
    }
  }

  /** Layers that are files of their images. */
  async layers(): Promise<ReadonlyMap<string, string>> {
    const { files } = this.#directory;
    for (const named of this.#own) {
      const { path, id, layer } = named;
      await this.#judgeLayers([named], undefined, () => files.openLayer(id, layer.file));
      if (this.#layerFaults.has(path)) continue;
      await this.#noteOddity([named], () => files.openLayer(id, layer.file));
    }
    return this.#layerFaults;
  }

  /** Blobs, and the layers that they are. */
  async blobs(): Promise<ReadonlyMap<string, string>> {
    const { blobs } = this.#directory;
    for (const digest of this.#inspection.blobs.keys()) {
      const named = this.#shared.get(digest) ?? [];
      await this.#judgeLayers(named, digest, () => blobs.open(digest));
      const sound = named.filter(({ path }) => !this.#layerFaults.has(path));
      if (this.#blobFaults.has(digest) || sound.length === 0) continue;
      await this.#noteOddity(sound, () => blobs.open(digest));
    }
    return this.#blobFaults;
  }

  /** Documents of manifests against the bytes of those, where they are sound. */
  manifests(): ReadonlyMap<string, Disagreement> {
    const found = new Map<string, Disagreement>();
    for (const { path, value } of this.#inspection.manifests) {
      const { digest, size } = value;
      if (this.#inspection.blobs.get(digest) !== size || this.#blobFaults.has(digest)) continue;
      const fault = disagreement(value, this.#directory.blobs.read(digest));
      if (fault !== undefined) found.set(path, fault);
    }
    return found;
  }

  /** One reading for the digest of a blob, if it is one, and for the sums of all whose layer it is. */
  async #judgeLayers(
    named: readonly NamedLayer[],
    digest: string | undefined,
    open: () => Promise<Readable>,
  ): Promise<void> {
    const own = digest === undefined ? undefined : createHash(algorithmOf(digest));
    const payloads = new Map<NamedLayer, Hash>();
    for (const each of named) {
      const hash = await this.#payloadHash(each);
      if (hash !== undefined) payloads.set(each, hash);
    }
    try {
      const hashes = [...payloads.values(), ...(own === undefined ? [] : [own])];
      for await (const chunk of await open()) {
        for (const hash of hashes) hash.update(chunk);
        this.#listener.read(chunk.length);
      }
    } catch (error) {
      const what = `can't be read: ${(error as Error).message}`;
      for (const { path } of named) this.#layerFaults.set(path, `its files ${what}`);
      if (digest !== undefined) this.#blobFaults.set(digest, `it ${what}`);
      return;
    }
    if (own !== undefined && digest !== undefined) this.#compareDigest(digest, own);
    for (const [{ path, layer }, hash] of payloads) {
      const sum = checksumText(hash);
      if (sum === layer.payload) continue;
      this.#layerFaults.set(path, `its bytes have the sum ${sum}, not ${layer.payload}`);
    }
  }

  #compareDigest(digest: string, own: Hash): void {
    const found = `${algorithmOf(digest)}:${own.digest('hex')}`;
    if (found !== digest) this.#blobFaults.set(digest, `its bytes have the digest ${found}`);
  }

  async #payloadHash({ path, id, json }: NamedLayer): Promise<Hash | undefined> {
    try {
      return payloadHash(await this.#directory.files.readJson(id, json));
    } catch (error) {
      this.#layerFaults.set(path, `its files can't be read: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #noteOddity(named: readonly NamedLayer[], open: () => Promise<Readable>): Promise<void> {
    const what = await oddityOf(await open());
    if (what !== undefined) for (const { path } of named) this.#listener.noted(path, what);
  }
}

/** What is odd about a layer that is stored as it came: docker-registry took any. */
async function oddityOf(layer: Readable): Promise<string | undefined> {
  let trailing = 0;
  const onTrailing = ({ bytes, isPadding }: Trailing): void => {
    if (!isPadding) trailing = bytes;
  };
  try {
    for await (const _ of tarEntries(uncompressed(layer, { onTrailing })));
  } catch (error) {
    if (!(error instanceof LayerFormatError)) throw error;
    return `its layer can't be exported (${error.message})`;
  }
  if (trailing === 0) return undefined;
  return `its layer has ${trailing} bytes after its gzip that are not part of it, and an export leaves them out`;
}
