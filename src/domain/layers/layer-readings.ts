import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import { removeForced } from '../../storage/files/forced-file.js';
import type { ImageFiles } from '../../storage/files/image-files.js';
import type { Caller } from '../access/access.js';
import { NOBODY } from '../accounts/bearers.js';
import { FairQueue } from '../fair-queue.js';
import { boundsFor, LayerFormatError } from './layer-bounds.js';
import { LayerPool, type LayerReader } from './layer-pool.js';
import type { LayerAnswers, LayerQuestion, LayerTask } from './layer-work.js';

/** How much JSON is made for each entry that a layer may have, on average; 300,000 files take 40 MB. */
const LISTED_PER_ENTRY = 128;
/** How long one layer may be read, in milliseconds: 10 GiB take one minute or two. */
const LONGEST = 10 * 60 * 1000;
/** How long the shortest may: nobody gets minutes of everybody's time for a few kilobytes. */
const LONGEST_SHORT = 15 * 1000;
/** What gzip makes of a few bytes takes its time as well: the first 4 MB add so much, a millisecond for each 93 bytes. */
const LONGEST_UNPACKING = 45 * 1000;
const PACKED_BYTES_PER_MS = 93;
/** Bytes for which a layer may be read a millisecond longer: 20 MB a second, a tenth of what is usual. */
const BYTES_PER_MS = 20_000;
/** How many times as long these may take for what a layer adds: xz and bzip2 are read, and gzip is written, at a few MB a second. */
const SLOW = 4;
const IS_SLOW: ReadonlySet<LayerQuestion> = new Set(['digests', 'gzipped']);
/** How many may wait for their turn. */
const MOST_WAITING = 100;
/** How many answers are remembered; each is short. */
const MOST_REMEMBERED = 10_000;

export interface LayerReadingsOptions {
  readonly files: ImageFiles;
  /** The longest layer accepted, in bytes. */
  readonly maxLayer: number;
  /** The most entries of a layer that are looked through. */
  readonly maxFiles: number;
  readonly reader?: LayerReader;
  /** How long one layer may be read, in milliseconds; ten minutes. */
  readonly longest?: number;
}

/** The layer of an image, or of one on its way. */
export interface StoredLayer {
  readonly id: string;
  /** The file's name. */
  readonly layer: string;
}

/** Who waits for a layer to be read; the operator has no name and is never refused. */
export type Reader = string | undefined;

type Remembered = { readonly answer: unknown } | { readonly error: LayerFormatError };

/**
 * What can only be told of a layer by reading it from end to end. Anybody may ask, and a short layer can
 * take long: so a few are read at a time, away from the thread that answers, those who ask take turns, each
 * reading has bounds, and nothing is worked out twice. A list of files stays beside the layer on the disk;
 * sums, and what was wrong with a layer, stay in memory. A layer's file never changes, so they stay true.
 */
export class LayerReadings {
  readonly #files: ImageFiles;
  readonly #reader: LayerReader;
  readonly #queue: FairQueue;
  readonly #bounds: LayerTask['bounds'];
  readonly #longest: number;
  readonly #remembered = new LRUCache<string, Remembered>({ max: MOST_REMEMBERED });
  /** Whose question waits or is answered, by asker and question. */
  readonly #running = new Map<string, Promise<unknown>>();
  /** What is being worked out, by the question alone. */
  readonly #atWork = new Map<string, Promise<unknown>>();

  constructor(options: LayerReadingsOptions) {
    const { files, maxLayer, maxFiles, reader = new LayerPool(), longest = LONGEST } = options;
    this.#files = files;
    this.#reader = reader;
    this.#queue = new FairQueue({ atOnce: reader.atOnce, mostWaiting: MOST_WAITING });
    this.#longest = longest;
    this.#bounds = { ...boundsFor(maxLayer, maxFiles), maxListing: LISTED_PER_ENTRY * maxFiles };
  }

  /**
   * The rows of `GET …/files`, as JSON. Throws a LayerFormatError where there are none, or `busy`.
   */
  async listing(layer: StoredLayer, reader: Reader): Promise<Readable> {
    const kept = await this.#files.openListing(layer.id, layer.layer);
    if (kept !== undefined) return unpacked(kept);
    const packed = await this.#once(
      { id: layer.id, layer: layer.layer, question: 'listing' },
      reader,
    );
    return unpacked(Readable.from([packed]));
  }

  /** `tarsum` over an image's json and its layer. Throws as `listing` does. */
  tarsum(stored: StoredLayer & { readonly json: string }, reader: Reader): Promise<string> {
    return this.#once({ ...stored, question: 'tarsum' }, reader);
  }

  /** The payload sum of an image's json and its layer. Throws as `listing` does. */
  payload(stored: StoredLayer & { readonly json: string }, reader: Reader): Promise<string> {
    return this.#once({ ...stored, question: 'payload' }, reader);
  }

  /** `bareTarSum` of a layer. Throws as `listing` does. */
  bareTarSum({ id, layer }: StoredLayer, reader: Reader): Promise<string> {
    return this.#once({ id, layer, question: 'bareTarSum' }, reader);
  }

  /** `contentSum` of a layer. Throws as `listing` does. */
  contentSum({ id, layer }: StoredLayer, reader: Reader): Promise<string> {
    return this.#once({ id, layer, question: 'contentSum' }, reader);
  }

  /** What a layer is to dockers of today, however it is compressed. Throws as `listing` does. */
  digests({ id, layer }: StoredLayer, reader: Reader): Promise<LayerAnswers['digests']> {
    return this.#once({ id, layer, question: 'digests' }, reader);
  }

  /**
   * Writes the content of a layer as sound gzip to `target`, the path of a file that is not there: it is whole
   * and on the disk when this resolves, and gone when it rejects. The same content always gives the same bytes.
   * Throws as `listing` does, or the error of the system.
   */
  gzipped(
    { id, layer }: StoredLayer,
    target: string,
    reader: Reader,
  ): Promise<LayerAnswers['gzipped']> {
    return this.#once({ id, layer, question: 'gzipped', target }, reader);
  }

  /** Refuses all that waits, and ends the worker threads. */
  async close(): Promise<void> {
    this.#queue.close();
    await this.#reader.close();
  }

  /** The same question of the same asker is under way once; another asker has a turn of their own. */
  #once<Q extends LayerQuestion>(asked: Asked<Q>, reader: Reader): Promise<LayerAnswers[Q]> {
    const key = `${reader}\n${keyOf(asked)}`;
    const running = this.#running.get(key) as Promise<LayerAnswers[Q]> | undefined;
    if (running !== undefined) return running;
    const answer = this.#answer(asked, reader).finally(() => this.#running.delete(key));
    this.#running.set(key, answer);
    return answer;
  }

  async #answer<Q extends LayerQuestion>(
    asked: Asked<Q>,
    reader: Reader,
  ): Promise<LayerAnswers[Q]> {
    const known = this.#recall(asked);
    if (known !== undefined) return known;
    return this.#queue.run(reader, async () => {
      // An earlier asker may have wanted the same.
      return this.#recall(asked) ?? (await this.#kept(asked)) ?? (await this.#workOnce(asked));
    });
  }

  #recall<Q extends LayerQuestion>(asked: Asked<Q>): LayerAnswers[Q] | undefined {
    const known = this.#remembered.get(keyOf(asked));
    if (known === undefined) return undefined;
    if ('error' in known) throw known.error;
    return known.answer as LayerAnswers[Q];
  }

  /** Joins the reading of the same layer that is under way for another asker. */
  #workOnce<Q extends LayerQuestion>(asked: Asked<Q>): Promise<LayerAnswers[Q]> {
    const key = keyOf(asked);
    const running = this.#atWork.get(key) as Promise<LayerAnswers[Q]> | undefined;
    if (running !== undefined) return running;
    const answer = this.#work(asked).finally(() => this.#atWork.delete(key));
    this.#atWork.set(key, answer);
    return answer;
  }

  /** A list that lies beside its layer, as `#work` would find it. */
  async #kept<Q extends LayerQuestion>(asked: Asked<Q>): Promise<LayerAnswers[Q] | undefined> {
    if (asked.question !== 'listing') return undefined;
    const kept = await this.#files.openListing(asked.id, asked.layer);
    return kept && ((await buffer(kept)) as LayerAnswers['listing'] as LayerAnswers[Q]);
  }

  async #work<Q extends LayerQuestion>(asked: Asked<Q>): Promise<LayerAnswers[Q]> {
    const { id, layer, question, json: jsonFile, target } = asked;
    const json = jsonFile === undefined ? undefined : await this.#files.readJson(id, jsonFile);
    const open = await this.#files.openWhole(id, layer);
    try {
      const task = { question, place: open.place, bounds: this.#bounds, json, target };
      const { start, end } = open.place;
      const longest = Math.min(this.#longest, readingTime(end - start, question));
      const answer = await this.#reader.read(task, longest);
      if (question === 'listing') await this.#keep(asked, answer as LayerAnswers['listing']);
      else if (target === undefined) this.#remember(asked, { answer });
      return answer;
    } catch (error) {
      if (target !== undefined) removeForced(target);
      else if (error instanceof LayerFormatError) this.#remember(asked, { error });
      throw error;
    } finally {
      await open.close();
    }
  }

  /** Where the disk has no room for a list it is worked out again the next time. */
  async #keep({ id, layer }: StoredLayer, listing: Uint8Array): Promise<void> {
    await this.#files.writeListing(id, layer, listing).catch(() => undefined);
  }

  #remember(asked: Asked<LayerQuestion>, what: Remembered): void {
    this.#remembered.set(keyOf(asked), what);
  }
}

interface Asked<Q extends LayerQuestion> extends StoredLayer {
  readonly question: Q;
  readonly json?: string;
  readonly target?: string;
}

/** How long a layer of so many bytes may be read for a question, in milliseconds. */
export function readingTime(bytes: number, question: LayerQuestion): number {
  const unpacking = Math.min(LONGEST_UNPACKING, bytes / PACKED_BYTES_PER_MS);
  const added = unpacking + bytes / BYTES_PER_MS;
  return Math.min(LONGEST, LONGEST_SHORT + Math.ceil(added * (IS_SLOW.has(question) ? SLOW : 1)));
}

/** What is compressed in a stream, which ends with the reading of it, also when that is given up. */
function unpacked(packed: Readable): Readable {
  const rows = createGunzip();
  // What goes wrong here is thrown where `rows` is read.
  pipeline(packed, rows).catch(() => undefined);
  return rows;
}

function keyOf({ id, layer, question, json = '', target = '' }: Asked<LayerQuestion>): string {
  return `${question} ${id} ${layer} ${json} ${target}`;
}

/**
 * The lane that an account waits in: one for all its addresses. All who push without a login share one; the
 * operator's name is empty.
 */
export function readerNamed(username: string | undefined): Reader {
  if (username === undefined) return 'nobody';
  return username === '' ? undefined : `account ${username}`;
}

/**
 * Behind whom a caller waits: an account, or the owner of the repository that a push's token is for;
 * everybody else by the address they ask from.
 */
export function readerOf(caller: Caller, address: string): Reader {
  if (caller.kind === 'account') return readerNamed(caller.account.username);
  if (caller.kind === 'anonymous' || caller.token.access !== 'write') return address;
  // A push without a login can choose any namespace.
  if (caller.token.bearer === NOBODY) return address;
  const [namespace = ''] = caller.token.repository.split('/');
  return readerNamed(namespace);
}
