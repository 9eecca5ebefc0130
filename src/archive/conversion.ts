import type { ArchivedImage, ArchivedLayer } from './contents.js';
import type { Fields } from './documents.js';
import { ArchiveError } from './errors.js';
import { goText } from './go-json.js';
import { chainIds, createId, v1Fields, v1Json } from './v1-image.js';

/**
 * The time that `docker save` gives to all images but the uppermost. From 17.04 on it is 1970 in the
 * time zone of the daemon; ours is UTC, so that ids depend on the image alone.
 */
export const SAVED = '1970-01-01T00:00:00Z';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** The longest image json that a registry takes. */
export const LONGEST_JSON = 1024 * 1024;

/** The sums of an image's layers, as its config lists them. Throws an ArchiveError. */
export function diffIdsOf(config: Fields): string[] {
  const diffIds = config.object('rootfs').texts('diff_ids');
  const odd = diffIds.find((diffId) => !DIGEST.test(diffId));
  if (odd !== undefined) throw new ArchiveError(`${config.place}: ${odd} is no sha256 digest`);
  if (diffIds.length === 0) throw new ArchiveError(`${config.place}: the image has no layers`);
  return diffIds;
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
  const chain = chainIds(diffIdsOf(config));
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
