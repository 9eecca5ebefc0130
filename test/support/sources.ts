/* The repository's own sources. */
import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/version.js';

/** Paths of the sources in these folders of the repository, below its root. */
export function sourceFiles(folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(fileURLToPath(new URL(folder, packageRoot)), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(?:c?tsx?|js|css|py|sh|service)$/.test(path))
      .map((path) => posix.join(folder, path)),
  );
}
