import { createHash, randomBytes } from 'node:crypto';
import type { Context } from '../commands/context.js';
import { jsonOf } from '../images/content.js';
import type { Config, ImageJson } from '../images/image-json.js';
import { wholeImage } from '../images/json-shapes.js';
import { goJson } from '../requests/go.js';
import type { StoredImage } from '../store/graph.js';
import { ended } from '../store/layer-files.js';
import { Draft } from './draft.js';

/** What a new image is, besides its layer. */
export interface NewImage {
  /** The stored image that it is made on. */
  readonly parent: string | undefined;
  readonly author: string | undefined;
  readonly comment?: string;
  readonly config: Config;
  /** The command that made it. */
  readonly command: readonly string[];
}

/** Puts a new image into the graph; without a draft its layer is empty. */
export async function makeImage(
  { images: graph, version, wording, now }: Context,
  image: NewImage,
  draft: Draft | undefined,
): Promise<StoredImage> {
  const { parent, author, comment, config, command } = image;
  const layer = await graph.addLayer(ended((draft ?? new Draft(0)).tar()));
  const id = randomId();
  const made: ImageJson = {
    id,
    parent,
    comment,
    created: goTime(now()),
    container: randomId(),
    container_config: { ...config, Cmd: [...command], Image: parent ?? '' },
    docker_version: version,
    author,
    config,
    architecture: 'amd64',
    os: 'linux',
  };
  const stored: StoredImage = {
    id,
    ...(parent !== undefined && { parent }),
    json: goJson(wholeImage(version, made, layer.files)),
    layer,
    ...(wording.contentIds && draft === undefined && { empty: true as const }),
  };
  graph.add(stored);
  return stored;
}

/** The image that the same command has made on the same image before. */
export function madeBefore(
  { images: graph, version }: Context,
  { parent, command, config }: NewImage,
): StoredImage | undefined {
  const wanted = identity(version, command, config);
  return graph.images().find((stored) => {
    if (stored.parent !== parent) return false;
    const json = jsonOf(stored);
    const made = json.container_config?.Cmd;
    return Array.isArray(made) && identity(version, made, json.config ?? {}) === wanted;
  });
}

/** Commands and configs are the same when their json is. */
function identity(version: string, command: readonly unknown[], config: Config): string {
  const whole = wholeImage(version, { config }, undefined).config;
  return createHash('sha256')
    .update(JSON.stringify([command, whole]))
    .digest('hex');
}

/** 64 hex digits, as ids of containers and images were. */
export function randomId(): string {
  return randomBytes(32).toString('hex');
}

/** Go's time, to the nanosecond. */
function goTime(milliseconds: number): string {
  const nanoseconds = String(randomBytes(4).readUInt32BE() % 1_000_000).padStart(6, '0');
  return new Date(milliseconds).toISOString().replace('Z', `${nanoseconds}Z`);
}
