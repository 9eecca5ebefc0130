/*
 * The recordings of docker versions that believed they talked to https://index.docker.io, made ready to
 * be sent to a hub: with the hub's own tokens, and with whole layers where a recording has only the
 * beginning of one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Header } from '../../src/old-docker/requests/messages.js';
import { Wire } from '../../src/old-docker/requests/wire.js';
import { packageRoot } from '../../src/version.js';
import {
  type Answer,
  checksumsOf,
  dialectOf,
  type LocalImage,
  type Version,
} from './old-docker.js';
import { imageOf, standInLayer } from './replay.js';
import { bytesOf, isWhole, type TracedCall, type TracedRequest, type TraceName } from './traces.js';

/** Who was recorded. */
export const OFFICIAL_VERSIONS = ['0.9.1', '1.5.0', '1.9.1'] as const satisfies Version[];

/** What was recorded of each, in the order in which a person does it. */
export const STEPS = [
  'login_new',
  'login_existing',
  'login_wrong',
  'login_inactive',
  'push',
  'push_again',
  'pull_all',
  'pull_tag',
  'pull_missing_repo',
  'pull_missing_tag',
  'pull_root',
  'search',
] as const satisfies TraceName[];

/** An image of a recording. */
export interface RecordedImage extends LocalImage {
  /** Whether its layer stands in for one that was not kept whole. */
  readonly isStandIn: boolean;
}

/** An answer, part by part: `status`, `body`, and the headers under their lower-case names. */
type Parts = Readonly<Record<string, unknown>>;

/** One part of an answer that is not as it was recorded; a part that is missing is undefined. */
export interface Difference {
  readonly version: Version;
  /** The request and the status of the hub's answer: `GET /v1/users/ 200`. */
  readonly call: string;
  readonly part: string;
  readonly recorded: unknown;
  readonly ours: unknown;
  /** The image that was asked for. */
  readonly image: RecordedImage | undefined;
}

const FOLDER = new URL('test/fixtures/traces/', packageRoot);

/** Headers of the connection and of the one request, which no client of that time read. */
const NOT_COMPARED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'x-request-id',
]);

/** The names of all recordings of the official kind. */
export function officialFiles(): string[] {
  return readdirSync(FOLDER).filter((name) => name.includes('-official-'));
}

/** The file of one recording. */
export function officialFile(version: Version, step: TraceName): string {
  return `docker-${version}-official-${step}.jsonl`;
}

/** The requests of one recording with their answers. */
export function readOfficial(version: Version, step: TraceName): TracedCall[] {
  const text = readFileSync(new URL(officialFile(version, step), FOLDER), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TracedCall);
}

/** The images that were sent or fetched in a recording, lowest first. */
export function imagesIn(calls: readonly TracedCall[]): RecordedImage[] {
  return calls.flatMap((call) => {
    const id = imageOf(call.request.url);
    if (id === undefined || !call.request.url.endsWith('/json')) return [];
    const json = contentOf(call);
    const layerCall = calls.find(({ request }) => request.url === `/v1/images/${id}/layer`);
    if (json === undefined || layerCall === undefined) return [];
    const layer = contentOf(layerCall);
    const { parent } = JSON.parse(json.toString('utf8')) as { readonly parent?: string };
    const isStandIn = layer === undefined;
    return [{ id, parent, json, layer: layer ?? standInLayer(id), isStandIn }];
  });
}

/** What went up with a PUT or came down with a GET; undefined if it was not kept whole. */
function contentOf({ request, response }: TracedCall): Buffer | undefined {
  const message = request.method === 'PUT' ? request : response;
  return response.status === 200 && isWhole(message) ? bytesOf(message) : undefined;
}

/** One docker that says again what it said, and remembers the tokens that this hub gives it. */
export class RecordedDocker {
  readonly #version: Version;
  readonly #wire: Wire;
  readonly #images: ReadonlyMap<string, RecordedImage>;
  readonly #tokens = new Map<string, string>();

  constructor(
    version: Version,
    images: readonly RecordedImage[],
    hub: { readonly port: number; readonly onAnswer: (answer: Answer) => void },
  ) {
    this.#version = version;
    this.#wire = new Wire({ host: `127.0.0.1:${hub.port}`, onAnswer: hub.onAnswer });
    this.#images = new Map(images.map((image) => [image.id, image]));
  }

  /** Sends one recorded request, and says in what the answer differs from the recorded one. */
  async send(call: TracedCall): Promise<Difference[]> {
    const { method, url } = call.request;
    const ours = await this.#answerTo(call.request);
    const recorded = this.#recordedParts(call);
    const about = {
      version: this.#version,
      call: `${method} ${url} ${ours.status}`,
      image: this.#image(url),
    };
    return [...new Set([...Object.keys(recorded), ...Object.keys(ours)])]
      .filter((part) => !isDeepStrictEqual(recorded[part], ours[part]))
      .map((part) => ({ ...about, part, recorded: recorded[part], ours: ours[part] }));
  }

  /** Our answer; status 0 if the hub hung up, as the recordings have it. */
  async #answerTo(request: TracedRequest): Promise<Parts> {
    const headers = request.headers.map((line) => this.#header(request, line));
    const { method, url } = request;
    try {
      const answer = await this.#wire.send({
        method,
        path: url,
        headers,
        body: this.#body(request),
      });
      this.#keepToken(answer.headers['x-docker-token']);
      return partsOf(request, answer, answer.body);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
      return partsOf(request, { status: 0, headers: {} }, Buffer.alloc(0));
    }
  }

  #header(request: TracedRequest, line: string): Header {
    const colon = line.indexOf(': ');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 2)];
    return [name, this.#value(request, name, value)];
  }

  /** A header's value as it was, but for tokens and for the sums of layers that stand in. */
  #value(request: TracedRequest, name: string, value: string): string {
    const image = this.#standIn(request.url);
    switch (name) {
      case 'Authorization':
        return value.startsWith('Token ') ? `Token ${this.#tokenFor(value)}` : value;
      case 'X-Docker-Checksum':
        return image === undefined ? value : this.#sums(image).tarsum;
      case 'X-Docker-Checksum-Payload':
        return image === undefined ? value : (this.#sums(image).payload ?? '');
      default:
        return value;
    }
  }

  #body(request: TracedRequest): Buffer {
    const image = this.#standIn(request.url);
    return image !== undefined && request.url.endsWith('/layer') ? image.layer : bytesOf(request);
  }

  /** The recorded answer, as it would be with the stand-in's layer. */
  #recordedParts({ request, response }: TracedCall): Parts {
    const image = this.#standIn(request.url);
    const parts = partsOf(request, response, bytesOf(response));
    if (image === undefined || request.method !== 'GET') return parts;
    if (request.url.endsWith('/layer')) return { ...parts, body: shownBytes(image.layer) };
    if (!('x-docker-size' in parts)) return parts;
    const size = String(image.layer.length);
    return { ...parts, 'x-docker-size': size, 'x-docker-checksum': this.#sums(image).tarsum };
  }

  #image(url: string): RecordedImage | undefined {
    return this.#images.get(imageOf(url) ?? '');
  }

  /** The image that a path is about, if its layer is a stand-in. */
  #standIn(url: string): RecordedImage | undefined {
    const image = this.#image(url);
    return image?.isStandIn === true ? image : undefined;
  }

  #sums(image: RecordedImage): ReturnType<typeof checksumsOf> {
    return checksumsOf(dialectOf(this.#version), image);
  }

  /** The hub's token in place of a recorded one; it must be for the same, and allow the same. */
  #tokenFor(recorded: string): string {
    const token = this.#tokens.get(repositoryIn(recorded)) ?? '(none)';
    if (withoutSignature(`Token ${token}`) !== withoutSignature(recorded)) {
      throw new Error(`the hub gave the token ${token}, where docker had "${recorded}"`);
    }
    return token;
  }

  #keepToken(token: string | string[] | undefined): void {
    if (typeof token === 'string') this.#tokens.set(repositoryIn(token), token);
  }
}

/** The repository that a token is for. */
function repositoryIn(token: string): string {
  return /repository="([^"]*)"/.exec(token)?.[1] ?? '';
}

/** Takes an answer apart. An image's json and layer count byte by byte, all else by its meaning. */
function partsOf(
  { method, url }: Pick<TracedRequest, 'method' | 'url'>,
  {
    status,
    headers,
  }: { readonly status: number; readonly headers: Readonly<Record<string, unknown>> },
  body: Buffer,
): Parts {
  const compared = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
    .filter(([name]) => !NOT_COMPARED.has(name))
    .map(([name, value]) => [name, withoutChance(name, value)]);
  const isImage = method === 'GET' && status === 200 && /\/(json|layer)$/.test(url);
  const meaning = isImage ? shownBytes(body) : meaningOf(body);
  return { ...Object.fromEntries(compared), status, body: meaning };
}

/** A header's value without the parameters of a type and the random part of a token. */
function withoutChance(name: string, value: string): string {
  if (name === 'content-type') return value.replace(/;.*/, '');
  return withoutSignature(value);
}

function withoutSignature(token: string): string {
  return token.replace(/\bsignature=[0-9a-f]{40}\b/, 'signature=…');
}

/** JSON by its value, anything else as text. */
function meaningOf(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Bytes, in a way that can be shown. */
function shownBytes(bytes: Buffer): string {
  return `base64:${bytes.toString('base64')}`;
}
