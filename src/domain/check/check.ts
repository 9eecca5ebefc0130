import type { Readable } from 'node:stream';
import type { DataDirectory } from '../../storage/folder/data-directory.js';
import { checksumText, payloadHash } from '../layers/checksums.js';
import type { Trailing } from '../layers/gzip-members.js';
import { LayerFormatError } from '../layers/layer-bounds.js';
import { tarEntries } from '../layers/tar-entries.js';
import { uncompressed } from '../layers/uncompressed.js';
import { type Cure, type Finding, judge, type LayerFaults, UNNAMED } from './check-rules.js';
import { layersOf, type NamedLayer } from './named-files.js';

/** Hears how a check proceeds. */
export interface CheckListener {
  /** Once, before the layers are read, which takes the time. */
  counted(counts: CheckCounts): void;
  /** How many bytes of layers were read, after each piece of one. */
  read(bytes: number): void;
  /** For each file at fault, after its repair if one was asked for. */
  found(finding: Finding): void;
  /** For each layer that is stored as it came, but that the hub can't hand on unchanged as a tar. */
  noted?(note: LayerNote): void;
}

/** What is odd about a layer, whose document lies at `path`: a clause about it. */
export interface LayerNote {
  readonly path: string;
  readonly what: string;
}

/** What there is to check. */
export interface CheckCounts {
  readonly users: number;
  readonly repositories: number;
  readonly images: number;
  readonly uploads: number;
  /** The length of all layers. */
  readonly bytes: number;
}

/** A repair can reveal another fault, but not for ever. */
const MOST_ROUNDS = 5;

/**
 * Checks a data directory: documents, references both ways, and the checksum of every layer, read as a
 * stream. With `repair` everything is put right. Returns how many files are at fault: were, after a
 * repair, and `left` is how many still are.
 */
export async function checkDirectory(
  directory: DataDirectory,
  repair: boolean,
  listener: CheckListener,
): Promise<{ readonly faulty: number; readonly left: number }> {
  const inspection = directory.inspect();
  const layers = layersOf(inspection);
  listener.counted({
    users: inspection.users.length,
    repositories: inspection.repositories.length,
    images: inspection.images.length,
    uploads: inspection.uploads.length,
    bytes: layers.reduce((sum, { layer }) => sum + layer.size, 0),
  });
  const faults = await readLayers(directory, layers, listener);
  let findings = judge(inspection, faults);
  if (directory.isInUse) findings = lasting(findings, judge(directory.inspect(), faults));
  let faulty = 0;
  for (let round = 1; findings.length > 0; round += 1) {
    faulty += findings.length;
    for (const finding of findings) {
      if (repair) await cure(directory, finding.cure);
      listener.found(finding);
    }
    if (!repair || round === MOST_ROUNDS) return { faulty, left: findings.length };
    // Layers are read once: a document whose layer is at fault is out of use by now.
    findings = judge(directory.inspect(), new Map());
  }
  return { faulty, left: 0 };
}

/** Findings of before that still hold, and are not about what a hub is writing right now. */
function lasting(before: readonly Finding[], after: readonly Finding[]): Finding[] {
  const known = new Set(before.map(({ path }) => path));
  return after.filter(
    ({ path, cure, problems }) =>
      known.has(path) && cure.kind !== 'remove' && !problems.some(({ what }) => what === UNNAMED),
  );
}

async function readLayers(
  directory: DataDirectory,
  layers: readonly NamedLayer[],
  listener: CheckListener,
): Promise<LayerFaults> {
  const faults = new Map<string, string>();
  for (const named of layers) {
    const fault = await faultOfLayer(directory, named, (bytes) => listener.read(bytes));
    if (fault !== undefined) {
      faults.set(named.path, fault);
      continue;
    }
    const what = await oddityOf(await directory.files.openLayer(named.id, named.layer.file));
    if (what !== undefined) listener.noted?.({ path: named.path, what });
  }
  return faults;
}

/** What is odd about a layer that is stored as it came: docker-registry took any. */
async function oddityOf(layer: Readable): Promise<string | undefined> {
  let trailing = 0;
  const onTrailing = ({ bytes, isPadding }: Trailing): void => {
    if (!isPadding) trailing = bytes;
  };
  try {
    for await (const _ of tarEntries(uncompressed(layer, { onTrailing })));
  } catch (error) {
    if (!(error instanceof LayerFormatError)) throw error;
    return `its layer can't be exported (${error.message})`;
  }
  if (trailing === 0) return undefined;
  return `its layer has ${trailing} bytes after its gzip that are not part of it, and an export leaves them out`;
}

async function faultOfLayer(
  { files }: DataDirectory,
  { id, json, layer }: NamedLayer,
  onRead: (bytes: number) => void,
): Promise<string | undefined> {
  try {
    const hash = payloadHash(await files.readJson(id, json));
    for await (const chunk of await files.openLayer(id, layer.file)) {
      hash.update(chunk);
      onRead(chunk.length);
    }
    const sum = checksumText(hash);
    return sum === layer.payload
      ? undefined
      : `its bytes have the sum ${sum}, not ${layer.payload}`;
  } catch (error) {
    return `its files can't be read: ${(error as Error).message}`;
  }
}

async function cure(directory: DataDirectory, how: Cure): Promise<void> {
  switch (how.kind) {
    case 'remove':
      return directory.removeUnfinished(how.path);
    case 'rewrite':
      return directory.rewrite(how.path, how.document);
    case 'set-aside':
      for (const path of how.paths) await directory.setAside(path);
  }
}
