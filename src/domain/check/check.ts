import type { DataDirectory } from '../../storage/folder/data-directory.js';
import type { Inspection } from '../../storage/folder/inspection.js';
import { judge } from './check-rules.js';
import { NO_FAULTS, readFiles } from './file-sums.js';
import { type Cure, type Finding, mayPass, type Note } from './findings.js';
import { layersOf } from './named-files.js';
import { notesOn, notesOnParents } from './repository-rules.js';

/** Hears how a check proceeds. */
export interface CheckListener {
  /** Once, before the layers are read, which takes the time. */
  counted(counts: CheckCounts): void;
  /** How many bytes of layers and blobs were read, after each piece of one. */
  read(bytes: number): void;
  /** For each file at fault, after its repair if one was asked for. */
  found(finding: Finding): void;
  /**
   * For each layer that is stored as it came, but that the hub can't hand on unchanged as a tar, for each tag
   * that v1 does not list, and for each image that is built on one that is not there.
   */
  noted?(note: Note): void;
}

/** What there is to check. */
export interface CheckCounts {
  readonly users: number;
  readonly repositories: number;
  readonly images: number;
  readonly manifests: number;
  readonly uploads: number;
  /** The length of all layers and blobs. */
  readonly bytes: number;
}

/** A repair can reveal another fault, but not for ever. */
const MOST_ROUNDS = 5;

/**
 * Checks a data directory: documents, references both ways, and the checksum of every layer and blob, read as a
 * stream. With `repair` everything is put right. Returns how many files are at fault: were, after a
 * repair, and `left` is how many still are.
 */
export async function checkDirectory(
  directory: DataDirectory,
  repair: boolean,
  listener: CheckListener,
): Promise<{ readonly faulty: number; readonly left: number }> {
  const inspection = directory.inspect();
  listener.counted(countsOf(inspection));
  const faults = await readFiles(directory, inspection, {
    read: (bytes) => listener.read(bytes),
    noted: (path, what) => listener.noted?.({ path, what }),
  });
  for (const note of inspection.repositories.flatMap(notesOn)) listener.noted?.(note);
  for (const note of notesOnParents(inspection.images)) listener.noted?.(note);
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
    // Files are read once: a document or a blob whose bytes are at fault is out of use by now.
    findings = judge(directory.inspect(), NO_FAULTS);
  }
  return { faulty, left: 0 };
}

function countsOf(inspection: Inspection): CheckCounts {
  const { users, repositories, images, manifests, uploads, blobs } = inspection;
  const layers = layersOf(inspection).filter(({ layer }) => !blobs.has(layer.file));
  const lengths = [...layers.map(({ layer }) => layer.size), ...blobs.values()];
  return {
    users: users.length,
    repositories: repositories.length,
    images: images.length,
    manifests: manifests.length,
    uploads: uploads.length,
    bytes: lengths.reduce((sum, length) => sum + length, 0),
  };
}

/** Findings of before that still hold, and are not about what a hub is writing right now. */
function lasting(before: readonly Finding[], after: readonly Finding[]): Finding[] {
  const known = new Set(before.map(({ path }) => path));
  return after.filter((finding) => known.has(finding.path) && !mayPass(finding));
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
