import { Fields, parseDocument } from '../domain/bridge/document-fields.js';
import { MOST_V1_LAYERS, NoV1FormError, v1ChainOf } from '../domain/bridge/v1-chain.js';
import type { ArchivedImage, ArchivedLayer } from './contents.js';
import { ArchiveError, quote } from './errors.js';
import { sha256 } from './sums.js';

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

/** The config of an image as it lies in an archive. */
export class ArchivedConfig extends Fields {
  readonly bytes: Buffer;

  /** `name` is that of its file. Throws an ArchiveError when it is not an object. */
  constructor(bytes: Buffer, name: string) {
    super(parseDocument(bytes, name), quote(name));
    this.bytes = bytes;
  }
}

/** The sums of an image's layers, as its config lists them. Throws an ArchiveError. */
export function diffIdsOf(config: Fields): string[] {
  const diffIds = config.object('rootfs').texts('diff_ids');
  const odd = diffIds.find((diffId) => !DIGEST.test(diffId));
  if (odd !== undefined) throw new ArchiveError(`${config.place}: ${odd} is not a sha256 digest`);
  if (diffIds.length > MOST_V1_LAYERS) {
    throw new ArchiveError(`${config.place}: the image has more than ${MOST_V1_LAYERS} layers`);
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
 * The v1 images of an image that has one config for all its layers, with the ids that a push of it over v2 gives
 * them. `files` are the layers, the lowest first. Throws an ArchiveError.
 */
export function toV1Images(
  config: ArchivedConfig,
  files: readonly ArchivedLayer[],
): ArchivedImage[] {
  const chain = chainOf(config);
  const images = files.flatMap((layer, index) => {
    const link = chain[index];
    return link === undefined ? [] : [{ ...link, layer }];
  });
  return withConfig(images, config);
}

/** A chain of v1 images, of which the uppermost comes with its config. */
export function withConfig(
  chain: readonly ArchivedImage[],
  { bytes }: ArchivedConfig,
): ArchivedImage[] {
  return chain.map((image, index) =>
    index === chain.length - 1 ? { ...image, config: bytes } : image,
  );
}

function chainOf({ bytes, place }: ArchivedConfig): ReturnType<typeof v1ChainOf> {
  try {
    return v1ChainOf(bytes, sha256(bytes), { ifEmpty: EMPTY_LAYER.diffId });
  } catch (error) {
    if (!(error instanceof NoV1FormError)) throw error;
    throw new ArchiveError(`${place}: ${error.message}`);
  }
}
