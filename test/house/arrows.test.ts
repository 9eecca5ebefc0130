import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/version.js';

/* Who may know whom. Types count as well: what is known is known. */

const root = fileURLToPath(packageRoot);

/** What a folder may import from beside itself; modules of Node and packages by their names. */
const MAY_KNOW: Readonly<Record<string, RegExp>> = {
  // A table, which needs nobody.
  'src/errors': /^(?!)/,
  // Layers, sums and times, but neither HTTP nor files.
  'src/domain':
    /^(?:src\/(?:storage|errors)|node:(?:crypto|os|stream|zlib|timers|url|util|worker_threads|events)|bcryptjs|lru-cache|tinypool|zstddec|xz-decompress|seek-bzip|zod)/,
  'src/storage': /^(?:node:|lowdb|zod)/,
  'src/archive': /^(?:src\/domain|src\/storage|node:|tar-stream)/,
  // What old registries left; nobody knows it but the command.
  'src/rescue':
    /^(?:src\/(?:domain|storage)|node:(?:crypto|dns|fs|fs\/promises|net|path|stream|stream\/promises|timers\/promises|zlib|http|https|os|worker_threads)$|tinypool$)/,
  // What people give: options, seeds, rules, filters.
  'src/input': /^(?:src\/domain\/errors|zod)/,
  // The dialect, for any resource.
  'src/wire': /^(?:src\/(?:domain|errors|input)|node:|@?koa|lru-cache)/,
  'src/journal': /^(?:src\/(?:domain|input|wire)|node:|koa|pino|zod)/,
  'src/harness':
    /^(?:src\/(?:archive|domain|input|journal|storage|wire)|node:|koa|zod|yaml|tar-stream)/,
  'src/options':
    /^(?:src\/input|src\/journal\/log-kinds|src\/storage\/files\/read-fault|node:|commander|zod)/,
  // A client: it knows a hub by HTTP alone.
  'src/old-docker': /^(?:node:|dockerfile-ast|zod)/,
  // Readers and what they do: neither HTTP nor pages.
  'src/lessons': /^(?:src\/(?:domain|journal)|lru-cache)/,
  // A terminal without a machine: the played docker, and requests to the hub itself.
  'src/shell': /^(?:src\/old-docker|node:(?:http|https|util)$|lru-cache)/,
  'src/server': /^(?:src\/(?:domain|journal|options|wire)|src\/version|node:|koa|prom-client)/,
  // Markup from what it is given: neither Koa nor storage, nor rules.
  'src/web': /^(?:preact|markdown-it$)/,
  'src/sandbox':
    /^(?:src\/(?:domain|harness\/fault|journal|old-docker\/index)|node:crypto|lru-cache)/,
  // Students and a board over the lessons: neither HTTP nor pages.
  'src/class': /^(?:src\/(?:domain|journal|lessons|sandbox)|node:os$)/,
  'routes/web':
    /^(?:routes|src\/(?:class|domain|input|journal|lessons|sandbox|shell|web|wire)|src\/version|node:(?:fs|crypto|stream)|lru-cache|preact|tinypool)/,
  'routes/control': /^(?:routes|src\/(?:domain|harness|input|journal|wire|version)|node:|zod)/,
  'routes/v1': /^(?:routes|src\/(?:domain|wire)|src\/version|node:fs|node:stream)/,
  'routes/v2': /^(?:routes|src\/(?:domain|wire)|zod)/,
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
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
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

/** `src/wire` of a file in it, `routes` of all routes; a file at the top of `src` is by itself. */
function roomOf(file: string): string {
  const [top = '', room = ''] = file.split('/');
  return top === 'src' ? `${top}/${room}` : top;
}

/** Whom each room knows, by its files. */
function graphOfRooms(): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const file of [...sourcesBelow('src'), ...sourcesBelow('routes')]) {
    const known = graph.get(roomOf(file)) ?? new Set();
    graph.set(roomOf(file), known);
    for (const path of importsOf(file)) if (/^(?:src|routes)\//.test(path)) known.add(roomOf(path));
  }
  for (const [room, known] of graph) known.delete(room);
  return graph;
}

/** A way from a room back to itself; undefined where there is none. */
function circleAt(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (room: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(room)) return [...way.slice(way.indexOf(room)), room];
    if (done.has(room)) return undefined;
    for (const known of graph.get(room) ?? []) {
      const circle = visit(known.replace(/\.js$/, '.ts'), [...way, room]);
      if (circle !== undefined) return circle;
    }
    done.add(room);
    return undefined;
  };
  for (const room of graph.keys()) {
    const circle = visit(room, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

it('no room knows itself by way of others', () => {
  assert.equal(circleAt(graphOfRooms())?.join(' -> '), undefined);
});
