import { createHash } from 'node:crypto';
import { compareVersions } from '../eras/versions.js';
import { goJson } from '../requests/go.js';
import type { StoredImage } from '../store/graph.js';
import { type ImageJson, knownImageJson } from './image-json.js';
import { wholeImage } from './json-shapes.js';

/*
 * From 1.10 an image is named by what it is: the SHA-256 of a config that is made from its json, the sums
 * of its layers and its history. What was pushed or loaded in the old way is named so as well, and pushed in
 * the old way under names that come of these.
 */

/** An image as docker 1.10 and later see it. */
export interface ContentImage {
  /** Hex digits of its config's sum. */
  readonly id: string;
  /** The sums of the layers, lowest first, each with all below it. */
  readonly layers: readonly ContentLayer[];
  /** The config's own text. */
  readonly config: string;
}

/** A layer with what is below it. */
export interface ContentLayer {
  /** Hex SHA-256 of its tar, as it came. */
  readonly diff: string;
  /** Hex sum over it and those below. */
  readonly chain: string;
  readonly stored: StoredImage;
}

/** The json of images by older dockers than this was rewritten. */
const TRUSTED_SINCE = '1.8.3';

/** The json of a stored image. */
export function jsonOf({ json }: StoredImage): ImageJson {
  return knownImageJson(json);
}

/** The image as 1.10 sees it, from the stored one and those below it, lowest first. */
export function contentOf(version: string, images: readonly StoredImage[]): ContentImage {
  const layers = layersOf(images.filter(({ empty }) => empty === undefined));
  const top = images.at(-1);
  const json = top === undefined ? {} : trustedJson(version, jsonOf(top));
  const { id, parent, Size, parent_id, layer_id, throwaway, ...kept } = json;
  const history = images.map((image) => historyOf(jsonOf(image), image.empty === true));
  const rootfs = { type: 'layers', diff_ids: layers.map(({ diff }) => `sha256:${diff}`) };
  const config = goJson(sorted({ ...kept, rootfs, history }));
  return { id: sha256(config), layers, config };
}

/** The json of an image's top layer as 1.10 and later push it. */
export function pushedJson(image: ContentImage, parent: string | undefined): Buffer {
  const { rootfs, history, ...config } = JSON.parse(image.config) as Record<string, unknown>;
  const whole = { ...config, id: image.id, ...(parent !== undefined && { parent }) };
  return Buffer.from(goJson(sorted(whole)));
}

function layersOf(images: readonly StoredImage[]): ContentLayer[] {
  const layers: ContentLayer[] = [];
  for (const stored of images) {
    const { diff } = stored.layer;
    const below = layers.at(-1)?.chain;
    const chain = below === undefined ? diff : sha256(`sha256:${below} sha256:${diff}`);
    layers.push({ diff, chain, stored });
  }
  return layers;
}

function trustedJson(version: string, json: ImageJson): ImageJson {
  const writer = json.docker_version ?? '';
  const isOld = writer === '' || compareVersions(writer, TRUSTED_SINCE) < 0;
  return isOld ? wholeImage(version, json, undefined) : json;
}

function historyOf(json: ImageJson, isEmpty: boolean): Record<string, unknown> {
  const { author, comment } = json;
  const command = json.container_config?.Cmd;
  const createdBy = Array.isArray(command) ? command.join(' ') : '';
  return {
    created: json.created ?? '0001-01-01T00:00:00Z',
    ...(author && { author }),
    ...(createdBy && { created_by: createdBy }),
    ...(comment && { comment }),
    ...(isEmpty && { empty_layer: true }),
  };
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
