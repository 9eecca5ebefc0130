/**
 * What `GET /v1/images/<id>/files` lists (protocol.md §3), as the registry of the time told it: by
 * Python's view of a tar, which differs from docker's in names and types.
 */
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { toPythonJson } from '../images/python-json.js';
import type { LayerReadOptions } from './inflate.js';
import { Allowance, DEFAULT_BOUNDS } from './layer-bounds.js';
import { readGlobalRecords, readTarEntries, type TarEntry } from './tar-entries.js';
import { applyRecords, type PaxRecords, type TarHeader } from './tar-header.js';

/** One file of a layer; in an answer, a JSON array in this order. */
export type LayerFile = [
  name: string,
  type: string,
  deleted: boolean,
  size: number,
  mtime: number,
  mode: number,
  uid: number,
  gid: number,
];

const TYPE_LETTERS: ReadonlyMap<string, string> = new Map([
  ['0', 'f'],
  ['\0', 'f'],
  ['1', 'l'],
  ['2', 's'],
  ['3', 'c'],
  ['4', 'b'],
  ['5', 'd'],
  ['6', 'i'],
  ['7', 't'],
  ['S', 'S'],
]);
const UNKNOWN_TYPE = 'u';
const SLASH = 0x2f;
/** How much text is compressed at a time. */
const PIECE = 64 * 1024;

/** How aufs marks a file of a lower layer as gone; a doubled mark is its own bookkeeping. */
const WHITEOUT = '/.wh.';

/**
 * The files of a layer in the order of its tar, without the union file system's own.
 *
 * @throws LayerFormatError if the layer is not a tar
 */
export async function* listLayerFiles(
  layer: Readable,
  options?: LayerReadOptions,
): AsyncGenerator<LayerFile, void, undefined> {
  let globals: PaxRecords = new Map();
  let globalBytes = 0;
  // A global header of a megabyte is stored once and looked at again for each entry.
  const looked = new Allowance(
    'names',
    options?.maxNames ?? DEFAULT_BOUNDS.maxNames,
    'bytes of long names and attributes',
  );
  for await (const entry of readTarEntries(layer, options)) {
    if (entry.typeflag === 'g') {
      globals = new Map([...globals, ...(await readGlobalRecords(entry))]);
      globalBytes = lengthOf(globals);
      continue;
    }
    looked.use(globalBytes);
    const file = describe(entry, globals);
    if (file !== undefined) yield file;
  }
}

/**
 * The same as it is answered, gzipped: a list of rows in the registry's JSON, of at most `maxListing` bytes.
 *
 * @throws LayerFormatError also if there is more to list
 */
export async function packListing(
  layer: Readable,
  { maxListing, ...options }: LayerReadOptions & { readonly maxListing: number },
): Promise<Buffer> {
  const rows = rowsOf(listLayerFiles(layer, options), maxListing);
  const chunks: Buffer[] = [];
  const packed = Readable.from(rows, { objectMode: false }).compose(createGzip());
  for await (const chunk of packed as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* rowsOf(
  files: AsyncIterable<LayerFile>,
  maxListing: number,
): AsyncGenerator<string, void, undefined> {
  const allowance = new Allowance('listing', maxListing, 'bytes of names to list');
  let text = '[';
  let isFirst = true;
  for await (const file of files) {
    const row = `${isFirst ? '' : ', '}${toPythonJson(file)}`;
    isFirst = false;
    allowance.use(row.length);
    text += row;
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  yield `${text}]`;
}

function lengthOf(records: PaxRecords): number {
  let length = 0;
  for (const value of records.values()) length += value.length;
  return length;
}

/** An entry as the registry lists it; undefined for the union file system's own. */
function describe(entry: TarEntry, globals: PaxRecords): LayerFile | undefined {
  const records = globals.size === 0 ? entry.records : new Map([...globals, ...entry.records]);
  // An entry's own are in place already.
  const header = globals.size === 0 ? entry : applyRecords(entry, records);
  const place = placeOf(header.name.toString());
  if (place === undefined) return undefined;
  const exactTime = records.get('mtime')?.toString();
  return [
    place.name,
    typeLetter(header),
    place.deleted,
    entry.realSize,
    exactTime ? Number(exactTime) : header.mtime,
    header.mode,
    header.uid,
    header.gid,
  ];
}

/** An old-style file whose name ends as a folder's is a folder. */
function typeLetter({ typeflag, name }: TarHeader): string {
  if (typeflag === '\0' && name.at(-1) === SLASH) return 'd';
  return TYPE_LETTERS.get(typeflag) ?? UNKNOWN_TYPE;
}

/**
 * Where a file is and whether the layer only says that it is gone. The registry knew whiteouts by names
 * such as `./.wh.gone` alone: it lists those in folders, and those without `./`, as plain files.
 */
function placeOf(path: string): { name: string; deleted: boolean } | undefined {
  const bare = withoutEndingSlashes(path);
  const name = bare === '.' || bare === '' ? '/' : bare.replace(/^\.\//, '/');
  if (!name.startsWith(WHITEOUT)) return { name, deleted: false };
  const hidden = `/${name.slice(WHITEOUT.length)}`;
  return hidden.startsWith(WHITEOUT) ? undefined : { name: hidden, deleted: true };
}

/** By hand, since a pattern would take ages over a long row of slashes. */
function withoutEndingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end);
}
