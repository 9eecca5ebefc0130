import type { Fields } from '../domain/bridge/document-fields.js';
import { goText } from '../domain/bridge/go-json.js';
import { LONGEST_JSON } from '../domain/bridge/v1-chain.js';
import { chainIds, createId, v1Fields, v1Json } from '../domain/bridge/v1-image.js';
import { MOST_ANCESTORS } from '../domain/images/uploads.js';
import type { ArchivedImage, ArchivedLayer } from './contents.js';
import { ArchiveError } from './errors.js';

/**
 * The time that `docker save` gives to all images but the uppermost. From 17.04 on it is 1970 in the
 * time zone of the daemon; ours is UTC, so that ids depend on the image alone.
 */
export const SAVED = '1970-01-01T00:00:00Z';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** An archive of nothing: its end. */
export const EMPTY_TAR = Buffer.alloc(1024);
/**
 * The layer of an image that has none: an empty tar, as docker's own layers without files are. It is not a
 * file of any archive, whose names never begin with a slash.
 */
export const EMPTY_LAYER: ArchivedLayer = {
  file: '/empty',
  size: EMPTY_TAR.length,
  digest: undefined,
  diffId: 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
};

/** The sums of an image's layers, as its config lists them. Throws an ArchiveError. */
export function diffIdsOf(config: Fields): string[] {
  const diffIds = config.object('rootfs').texts('diff_ids');
  const odd = diffIds.find((diffId) => !DIGEST.test(diffId));
  if (odd !== undefined) throw new ArchiveError(`${config.place}: ${odd} is not a sha256 digest`);
  if (diffIds.length > MOST_ANCESTORS) {
    throw new ArchiveError(`${config.place}: the image has more than ${MOST_ANCESTORS} layers`);
  }
  return diffIds;
}

/** The layers of an image, or an empty one for it, since a v1 image is nothing without a layer. */
export function orEmptyLayer(
  layers: readonly ArchivedLayer[],
  { name, notes }: { readonly name: string; readonly notes: string[] },
): readonly ArchivedLayer[] {
  if (layers.length > 0) return layers;
  notes.push(`${name} has no layers, and gets an empty one: the v1 format needs one`);
  return [EMPTY_LAYER];
}

/** The platform of a config, such as `linux/arm/v7`. */
export function platformOf(config: Fields): string {
  const parts = ['os', 'architecture', 'variant'].map((name) => config.optionalText(name));
  return parts.filter((part) => part !== undefined && part !== '').join('/') || 'any platform';
}

/**
 * The v1 images of an image that has one config for all its layers: one for each layer, the config
 * with the uppermost. This is how `docker save` writes them for dockers before 1.10, with the same ids
 * (image/tarexport/save.go of docker). `files` are the layers, the lowest first.
 */
export function toV1Images(config: Fields, files: readonly ArchivedLayer[]): ArchivedImage[] {
  const chain = chainIds(files.map(({ diffId = '' }) => diffId));
  const top = v1Fields(Object.fromEntries(config.entries()), config.place);
  const images: ArchivedImage[] = [];
  for (const [index, layer] of files.entries()) {
    const isTop = index === files.length - 1;
    const fields = isTop ? top : v1Fields({ created: SAVED }, config.place);
    const parent = images.at(-1)?.id;
    const id = createId(fields, chain[index] ?? '', parent);
    const named = isTop ? fields : withOs(fields, config);
    images.push({ id, parent, json: jsonOf(id, v1Json(id, parent, named)), layer });
  }
  return images;
}

/** The os is added after the id was made, as docker does. */
function withOs(fields: ReadonlyMap<string, string>, config: Fields): ReadonlyMap<string, string> {
  const os = config.optionalText('os') ?? '';
  return os === '' ? fields : new Map([...fields, ['os', goText(os)]]);
}

function jsonOf(id: string, json: string): Buffer {
  const bytes = Buffer.from(json);
  if (bytes.length > LONGEST_JSON) {
    throw new ArchiveError(`the json of image ${id} would have more than ${LONGEST_JSON} bytes`);
  }
  return bytes;
}
