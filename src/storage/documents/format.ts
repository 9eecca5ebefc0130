import { StorageError } from '../errors.js';
import type { FolderView } from '../folder/folder-view.js';
import { HUB_FILE, type KINDS } from './shapes.js';

/** A document of some former format: all that is known of it is that it is a JSON object. */
export type FormerDocument = Readonly<Record<string, unknown>>;

/**
 * How documents of one format become those of the next, by the folder of their kind; a kind that stays as it
 * is has no entry. A step that was killed in the middle meets documents that it has changed already, and
 * returns those as they are.
 */
export type Migration = Readonly<
  Partial<Record<(typeof KINDS)[number]['folder'], (document: FormerDocument) => FormerDocument>>
>;

/**
 * The formats of data directories that there were, each by the way to the next one:
 *
 * 1. Since the first version. Fields that came later are optional, and mean nothing where they are missing:
 *    `generation` of accounts and of uploads.
 * 2. Since there is v2: an image's layer may be a blob. No document of before changes by that; the number keeps
 *    former versions away from layers that they would not find.
 *
 * A change that an older document can't express as it stands gets a migration here. It makes a new format,
 * which former versions refuse; so a field that they may ignore is better made optional.
 */
export const MIGRATIONS: readonly Migration[] = [{}];

/** The format that the last migration makes; this version's own, unless a test gives others. */
export function newestFormat(migrations: readonly Migration[] = MIGRATIONS): number {
  return migrations.length + 1;
}

/** The format that the document of the hub says; undefined where there is none, or it can't be read. */
export function formatOf(view: Pick<FolderView, 'read'>): number | undefined {
  let value: unknown;
  try {
    const bytes = view.read(HUB_FILE);
    value = bytes && JSON.parse(Buffer.from(bytes).toString());
  } catch {
    // Missing or broken: that is for others to say.
    return undefined;
  }
  const format = (value as { format?: unknown } | null | undefined)?.format;
  return isFormat(format) ? format : undefined;
}

function isFormat(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** Throws a StorageError for a format of other rules, by which nothing may be judged or changed here. */
export function requireNotNewer(view: FolderView, newest = newestFormat()): void {
  const format = formatOf(view) ?? newest;
  if (format <= newest) return;
  throw StorageError.unusable(
    view.folder,
    `its format is ${format}, and this version reads formats up to ${newest}. ` +
      'Use the version that wrote it or a later one; nothing was changed.',
  );
}

/** As `requireNotNewer`, for those who only look: an older format is a hub's to migrate, if there is anything to change. */
export function requireNewest(view: FolderView): void {
  requireNotNewer(view);
  const format = formatOf(view) ?? newestFormat();
  const steps = MIGRATIONS.slice(format - 1);
  if (steps.every((step) => Object.keys(step).length === 0)) return;
  throw StorageError.unusable(
    view.folder,
    `its format is ${format}. Start the hub on it once, which makes it format ${newestFormat()}; ` +
      'nothing was changed.',
  );
}
