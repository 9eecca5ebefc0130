import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/version.js';

/* Who may know whom (README, "A map of the code"). Types count as well: what is known is known. */

const root = fileURLToPath(packageRoot);

/** What a folder may import from beside itself; modules of Node and packages by their names. */
const MAY_KNOW: Readonly<Record<string, RegExp>> = {
  // Layers, sums and times, but neither HTTP nor files.
  'src/domain':
    /^(?:src\/storage|node:(?:crypto|os|stream|zlib|timers|url|util|worker_threads)|bcryptjs|tinypool)/,
  'src/storage': /^(?:node:|lowdb)/,
  'src/archive': /^(?:src\/domain|src\/storage|node:|tar-stream|zstddec|xz-decompress|seek-bzip)/,
  // The dialect, for any resource.
  'src/wire': /^(?:src\/(?:domain|harness|journal)|src\/server\/metrics|node:|@?koa)/,
  'src/journal':
    /^(?:src\/(?:domain|wire)|src\/harness\/(?:time|clock|invalid-input|resettable)|src\/options\/|node:|koa|pino|zod)/,
  'src/harness':
    /^(?:src\/(?:domain|storage|archive|wire|journal)|src\/options\/option-texts|node:|zod|yaml|tar-stream)/,
  'src/server': /^(?:src\/(?:domain|wire|journal|options)|src\/version|node:|koa|prom-client)/,
  'src/options':
    /^(?:src\/(?:harness|journal|storage|wire)|src\/cli\/data-option|node:|commander|zod)/,
  'routes/control': /^(?:routes|src\/(?:domain|harness|journal|wire|version)|node:|zod)/,
  'routes/v1': /^(?:routes|src\/(?:domain|wire)|src\/version|node:fs|node:stream)/,
};

/** What a source file imports, paths from the root of the package. */
function importsOf(file: string): string[] {
  const found = readFileSync(join(root, file), 'utf8').matchAll(
    / from '([^']+)'|import\('([^']+)'\)/g,
  );
  return [...found].map(([, named = '', loaded = named]) =>
    loaded.startsWith('.') ? join(dirname(file), loaded) : loaded,
  );
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

for (const [folder, others] of Object.entries(MAY_KNOW)) {
  it(`${folder} knows what it may, and no more`, () => {
    const own = sourcesBelow(folder);
    assert.ok(own.length > 0);
    const wrong = own.flatMap((file) =>
      importsOf(file)
        .filter((known) => !known.startsWith(`${folder}/`) && !others.test(known))
        .map((known) => `${file} knows ${known}`),
    );
    assert.deepEqual(wrong, []);
  });
}
