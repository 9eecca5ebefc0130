import { DocumentError } from './document-error.js';
import { Fields, parseDocument } from './document-fields.js';
import { goList, goMap, goObject, goText, goValue, type JsonField } from './go-json.js';
import { type V1Fields, v1Fields } from './v1-image.js';

/*
 * The config that docker 1.10 and later makes of a row of v1 images when it loads them
 * (MakeConfigFromV1Config and HistoryFromConfig in image/v1/imagev1.go).
 */

/** Fields of a v1 image that a config does not have. */
const NOT_IN_CONFIG = new Set(['id', 'parent', 'Size', 'parent_id', 'layer_id', 'throwaway']);
/** Go reads fields in upper or lower case: another spelling would take the place of what is made here. */
const MADE_HERE = new Set(['rootfs', 'history']);
/** Images by older dockers are read field by field, so that an empty field is the same in all. */
const FIRST_EXACT = [1, 8, 3];

/** A v1 image as a config sees it. */
export interface ConfigLayer {
  readonly id: string;
  readonly json: Buffer;
  /** `sha256:` of the uncompressed tar. */
  readonly diffId: string;
}

/**
 * The config of an image, to the byte, from its v1 images, the lowest first. An os and an architecture
 * that the image does not name are those that every docker of its time had: today's config needs both.
 * Throws a DocumentError when docker could not read an image json.
 */
export function imageConfig(layers: readonly ConfigLayer[]): string {
  const images = layers.map(({ id, json }) => {
    const place = `the json of image ${id}`;
    const value = parseDocument(json, place);
    return { value, place, fields: v1Fields(value, place) };
  });
  const top = images.at(-1);
  if (top === undefined) throw new Error('an image has at least one layer');
  const own = topFields(new Fields(top.value, top.place), top.fields);
  const diffIds = goList(layers.map(({ diffId }) => goText(diffId)));
  return goMap([
    ...withPlatform(own),
    [
      'rootfs',
      goObject([
        ['type', goText('layers')],
        ['diff_ids', diffIds],
      ]),
    ],
    ['history', goList(images.map(({ fields }) => history(fields)))],
  ]);
}

/** Whether a config is one of exactly these layers, whose `sha256:` sums come the lowest first. */
export function isConfigOf(config: Uint8Array, diffIds: readonly string[]): boolean {
  try {
    const said = new Fields(parseDocument(config, 'config'), 'config').object('rootfs');
    return said.texts('diff_ids').join() === diffIds.join();
  } catch (error) {
    if (error instanceof DocumentError) return false;
    throw error;
  }
}

function topFields(image: Fields, fields: V1Fields): JsonField[] {
  const isExact = !isOlder(image.optionalText('docker_version') ?? '');
  if (isExact) requireReadable(image);
  const all = isExact
    ? image.entries().map(([name, value]): JsonField => [name, goValue(value)])
    : [...fields];
  return all.filter(([name]) => !NOT_IN_CONFIG.has(name) && !MADE_HERE.has(name.toLowerCase()));
}

/** What v1 has no fields for, and docker reads from a config all the same. Throws a DocumentError. */
function requireReadable(image: Fields): void {
  image.optionalText('os.version');
  image.texts('os.features');
}

function withPlatform(fields: readonly JsonField[]): JsonField[] {
  const named = new Map(fields);
  const isMissing = (name: string): boolean => (named.get(name) ?? '""') === '""';
  if (isMissing('os')) named.set('os', goText('linux'));
  if (isMissing('architecture')) named.set('architecture', goText('amd64'));
  return [...named];
}

/** What a layer's image says of how it was made. */
function history(fields: V1Fields): string {
  const config = JSON.parse(fields.get('container_config') ?? '{}') as { Cmd?: string[] | null };
  const command = (config.Cmd ?? []).join(' ');
  const line: JsonField[] = [['created', fields.get('created') ?? '""']];
  const author = fields.get('author');
  if (author !== undefined) line.push(['author', author]);
  if (command !== '') line.push(['created_by', goText(command)]);
  const comment = fields.get('comment');
  if (comment !== undefined) line.push(['comment', comment]);
  return goObject(line);
}

/** docker's own comparison: anything but a number counts as 0. */
function isOlder(version: string): boolean {
  const parts = version.split('.').map((part) => (/^[+-]?\d+$/.test(part) ? Number(part) : 0));
  for (const [index, wanted] of FIRST_EXACT.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
