import { DocumentError } from './document-error.js';
import { Fields, parseDocument } from './document-fields.js';
import { goList, goMap, goObject, goText, goValue, type JsonField } from './go-json.js';
import { chainIds, v1Fields } from './v1-image.js';

/*
 * The v1 images of an image that has one config for all its layers, with the ids under which docker 1.10 to
 * 18.09 pushed it to a v1 registry (distribution/push_v1.go): the uppermost has the id that `docker images`
 * shows today, the lower ones are named by their layers. Those had no more than ids; here each also says
 * when and how its layer was made.
 */

/** What keeps an image from being a chain of v1 images. */
export type V1Obstacle =
  /** There is no config that docker could read. */
  | 'config'
  /** It lists no layers, or names one by something other than a SHA-256. */
  | 'layers'
  /** It is not for linux, and v1 knows nothing else. */
  | 'platform'
  /** It has more layers than dockers up to 1.9 make a container of. */
  | 'depth';

/** An image cannot be one of the v1 format; the message says why, in a sentence that a person can read. */
export class NoV1FormError extends Error {
  override readonly name = 'NoV1FormError';
  readonly obstacle: V1Obstacle;

  constructor(obstacle: V1Obstacle, message: string) {
    super(message);
    this.obstacle = obstacle;
  }
}

/** One image of the v1 format, and the layer that belongs to it. */
export interface V1Link {
  /** 64 hex digits. */
  readonly id: string;
  /** The id of the image it is built on; undefined for the lowest. */
  readonly parent: string | undefined;
  /** The image json, to the byte. */
  readonly json: Buffer;
  /** `sha256:` of the layer's uncompressed bytes. */
  readonly diffId: string;
}

/** How the images of a chain are named. */
export interface V1ChainOptions {
  /** `sha256:` of an empty layer. */
  readonly ifEmpty?: string | undefined;
  /** The id of a lower image, by the one that docker gives it. */
  readonly lowerId?: (id: string) => string;
}

/** MaxImageDepth in image/image.go of docker 1.5. */
export const MOST_V1_LAYERS = 127;
/** The longest image json that a registry takes, in bytes. */
export const LONGEST_JSON = 1024 * 1024;

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HEX = /^[0-9a-f]{64}$/;
/** As `v1Fields` has it. */
const LINUX = goText('linux');
/** What docker takes out of a config; the ids are those of the new image. */
const NOT_IN_V1 = new Set(['rootfs', 'history', 'os.version', 'os.features']);
/** Go reads fields in upper or lower case: another spelling would take the place of an id. */
const MADE_HERE = new Set(['id', 'parent']);

/**
 * The v1 images of a config, the lowest first: one for each layer. `config` is a docker or OCI image config,
 * `hex` the SHA-256 of its bytes, which becomes the id of the uppermost. The same config always gives the
 * same bytes. Two configs may share the ids of lower images, since those depend on the layers alone, and
 * differ in what they say of them: then the one that a registry has first counts, unless `lowerId` gives them ids of
 * their own. An image without layers gets one of the sum `ifEmpty`, where that is given: a v1 image is nothing without
 * a layer.
 *
 * Throws a NoV1FormError where there is no such chain.
 */
export function v1ChainOf(
  config: Uint8Array,
  hex: string,
  { ifEmpty, lowerId = (id) => id }: V1ChainOptions = {},
): readonly V1Link[] {
  if (!HEX.test(hex)) throw new NoV1FormError('config', 'its config is not named by a SHA-256');
  const image = readConfig(config);
  const diffIds = diffIdsOf(image, ifEmpty);
  const lines = layerLines(image);
  const chain = chainIds(diffIds).map((chainId) => lowerId(chainId.slice('sha256:'.length)));
  return diffIds.map((diffId, index) => {
    const isTop = index === diffIds.length - 1;
    const id = isTop ? hex : (chain[index] ?? '');
    const parent = index === 0 ? undefined : chain[index - 1];
    const ids = idFields(id, parent);
    const json = isTop
      ? goMap([...topFields(image), ...ids])
      : goObject([...ids, ...madeBy(lines[index])]);
    return { id, parent, json: bounded(json), diffId };
  });
}

/** A config that docker could read, for the one system that v1 knows. */
function readConfig(bytes: Uint8Array): Fields {
  const { image, os = LINUX } = withoutDocumentErrors(() => {
    const fields = new Fields(parseDocument(bytes, 'config'), 'config');
    const v1 = v1Fields(Object.fromEntries(fields.entries()), fields.place);
    return { image: fields, os: v1.get('os') };
  });
  if (os === LINUX) return image;
  throw new NoV1FormError('platform', `it is for ${os}, and the v1 format is for linux alone`);
}

function withoutDocumentErrors<R>(read: () => R): R {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new NoV1FormError('config', `its config can't be read: ${error.message}`);
  }
}

function diffIdsOf(image: Fields, ifEmpty: string | undefined): readonly string[] {
  const diffIds = withoutDocumentErrors(() => image.optionalObject('rootfs')?.texts('diff_ids'));
  if (diffIds === undefined || diffIds.length === 0) {
    if (diffIds !== undefined && ifEmpty !== undefined) return [ifEmpty];
    throw new NoV1FormError('layers', 'its config lists no layers');
  }
  if (diffIds.length > MOST_V1_LAYERS) {
    throw new NoV1FormError(
      'depth',
      `it has ${diffIds.length} layers, and old dockers run at most ${MOST_V1_LAYERS}`,
    );
  }
  if (diffIds.every((diffId) => DIGEST.test(diffId))) return diffIds;
  throw new NoV1FormError('layers', 'its config names a layer by what is not a SHA-256');
}

/** The lines of the history that belong to a layer each, the lowest first; those without one are left out. */
function layerLines(image: Fields): Readonly<Record<string, unknown>>[] {
  const history = image.value('history');
  if (!Array.isArray(history)) return [];
  return history.map(asLine).filter(({ empty_layer: isEmpty }) => isEmpty !== true);
}

/** An invalid line says nothing, and still stands for its layer. */
function asLine(line: unknown): Readonly<Record<string, unknown>> {
  return typeof line === 'object' && line !== null ? { ...line } : {};
}

/** What a line of the history becomes in an image json. What docker could not read is left out. */
function madeBy(line: Readonly<Record<string, unknown>> = {}): JsonField[] {
  const fields: JsonField[] = [];
  const created = timeOf(line.created);
  if (created !== undefined) fields.push(['created', created]);
  const { author, created_by: command, comment } = line;
  if (isText(author)) fields.push(['author', goText(author)]);
  if (isText(command)) {
    fields.push(['container_config', goObject([['Cmd', goList([goText(command)])]])]);
  }
  if (isText(comment)) fields.push(['comment', goText(comment)]);
  return fields;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function timeOf(created: unknown): string | undefined {
  if (!isText(created)) return undefined;
  try {
    return v1Fields({ created }, 'history').get('created');
  } catch (error) {
    if (error instanceof DocumentError) return undefined;
    throw error;
  }
}

function topFields(image: Fields): JsonField[] {
  return image
    .entries()
    .filter(([name]) => !NOT_IN_V1.has(name) && !MADE_HERE.has(name.toLowerCase()))
    .map(([name, value]): JsonField => [name, goValue(value)]);
}

function idFields(id: string, parent: string | undefined): JsonField[] {
  const own: JsonField = ['id', goText(id)];
  return parent === undefined ? [own] : [own, ['parent', goText(parent)]];
}

function bounded(json: string): Buffer {
  const bytes = Buffer.from(json);
  if (bytes.length <= LONGEST_JSON) return bytes;
  throw new NoV1FormError('config', `its config is longer than ${LONGEST_JSON} bytes`);
}
