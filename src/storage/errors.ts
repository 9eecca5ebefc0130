/** Why a data directory can't be used; the message is one line for the person who started the hub. */
export class StorageError extends Error {
  override readonly name = 'StorageError';

  /** A document that can't be read: says which, why, and what a person can do. */
  static corrupt(path: string, reason: string): StorageError {
    return new StorageError(
      `cannot read the document ${path}: ${oneLine(reason)}. ` +
        'Mend it, restore it from a copy, or let `hub-v1 check --repair` set it aside; ' +
        'nothing was changed.',
    );
  }

  /** A log that no hub has written: to follow it could change anything. */
  static strangeLog(path: string, spokenOf: string): StorageError {
    return new StorageError(
      `cannot follow the log ${path}: it speaks of "${oneLine(spokenOf)}", which is not a file of a hub. ` +
        'Restore it from a copy or remove it; nothing was changed.',
    );
  }

  /** A file that did not become what the log says, though it was written. */
  static notAsLogged(folder: string, path: string): StorageError {
    return new StorageError(
      `${path} in the data directory ${folder} is not as its log says, and could not be made so. ` +
        'The log stays; look whether the disk is well, and start the hub again.',
    );
  }

  /** A log of a hub whose own document is neither there nor in the log. */
  static lostHub(folder: string, file: string): StorageError {
    return new StorageError(
      `cannot use the data directory ${folder}: ${file} is missing beside the log of a hub, so this is ` +
        `not a new one. Restore ${file} from a copy; if you removed it yourself, to end all tokens, put it ` +
        'back, let the hub end in good order, and then remove it. Nothing was changed.',
    );
  }

  /** A log that is not where the hub opened it. */
  static displaced(path: string): StorageError {
    return new StorageError(
      `cannot change anything: ${path} was removed or replaced while the hub runs`,
    );
  }

  static locked(folder: string, owner: string): StorageError {
    return new StorageError(`the data directory ${folder} is in use by ${owner}`);
  }

  /** A change after the hub has given its data directory back. */
  static closed(path: string): StorageError {
    return new StorageError(`cannot change ${path}: the hub is closed`);
  }

  static unusable(folder: string, reason: string): StorageError {
    return new StorageError(`cannot use the data directory ${folder}: ${reason}`);
  }
}

/** What a parser complains of may quote the file with its line breaks. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
