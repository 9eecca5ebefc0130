import { join } from 'node:path';
import type { CollectionShape } from '../documents/collection.js';
import {
  type FormerDocument,
  formatOf,
  type Migration,
  newestFormat,
} from '../documents/format.js';
import { documentText } from '../documents/json-file.js';
import { HUB_FILE, KINDS } from '../documents/shapes.js';
import { StorageError } from '../errors.js';
import type { Disk } from '../files/disk.js';
import { recognise } from '../log/recognition.js';
import { FolderView } from './folder-view.js';

/** How many documents are written at once: a few share one fsync, and each needs a file descriptor. */
const AT_ONCE = 100;

/** A document as it is to be. */
interface Migrated {
  readonly path: string;
  readonly text: string;
}

/**
 * Makes a data directory of an older format one of the newest, format by format: first the documents, then the
 * number of the format, each durable before the next. So a start after a kill in the middle repeats one step at
 * most. Throws a StorageError that names the document, before anything is changed, if one can't be read or
 * would not become one of the newest format; or the error of the system.
 */
export async function migrate(
  folder: string,
  disk: Disk,
  migrations: readonly Migration[],
): Promise<void> {
  const view = FolderView.asItLies(folder);
  const newest = newestFormat(migrations);
  const oldest = formatOf(view) ?? newest;
  if (oldest < newest) requireSuccess(view, migrations.slice(oldest - 1));
  for (let format = oldest; format < newest; format += 1) {
    const steps = migrations.slice(format - 1, format);
    await replace(disk, folder, [...changed(view, steps)]);
    const hub = { ...read(view, HUB_FILE), format: format + 1 };
    await replace(disk, folder, [{ path: HUB_FILE, text: documentText(hub) }]);
  }
}

/** Throws for the first document that does not become one of the newest format. */
function requireSuccess(view: FolderView, steps: readonly Migration[]): void {
  for (const { kind, path, after } of outcomes(view, steps)) {
    const bytes = Buffer.from(documentText(after));
    const found = recognise<unknown>(kind as CollectionShape<unknown>, path, bytes);
    if ('reason' in found) throw StorageError.corrupt(join(view.folder, path), found.reason);
  }
}

function* changed(view: FolderView, steps: readonly Migration[]): Generator<Migrated> {
  for (const { path, before, after } of outcomes(view, steps)) {
    const text = documentText(after);
    if (text !== documentText(before)) yield { path, text };
  }
}

async function replace(disk: Disk, folder: string, all: readonly Migrated[]): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE);
    await Promise.all(some.map(({ path, text }) => disk.replaceFile(join(folder, path), text)));
  }
}

type Kind = (typeof KINDS)[number];

interface Outcome {
  readonly kind: Kind;
  readonly path: string;
  readonly before: FormerDocument;
  readonly after: FormerDocument;
}

/** What the steps make of each document. */
function* outcomes(view: FolderView, steps: readonly Migration[]): Generator<Outcome> {
  for (const kind of KINDS) {
    for (const path of documentsOf(view, kind)) {
      const before = read(view, path);
      const after = steps.reduce((former, step) => step[kind.folder]?.(former) ?? former, before);
      yield { kind, path, before, after };
    }
  }
}

function documentsOf(view: FolderView, { folder, depth, isDocument }: Kind): string[] {
  const subfolders = view.entries(folder).filter(({ isFolder }) => isFolder);
  const folders = depth === 0 ? [folder] : subfolders.map(({ name }) => join(folder, name));
  return folders.flatMap((each) =>
    view
      .entries(each)
      .filter(({ name }) => isDocument(name))
      .map(({ name }) => join(each, name)),
  );
}

function read(view: FolderView, path: string): FormerDocument {
  try {
    const value: unknown = JSON.parse(Buffer.from(view.read(path) ?? []).toString());
    if (typeof value === 'object' && value !== null) return value as FormerDocument;
  } catch (error) {
    throw StorageError.corrupt(join(view.folder, path), (error as Error).message);
  }
  throw StorageError.corrupt(join(view.folder, path), 'it holds no JSON object');
}
