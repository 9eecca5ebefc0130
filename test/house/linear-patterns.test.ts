import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import Router from '@koa/router';
import { parse } from 'acorn';
import { full } from 'acorn-walk';
import { isSafe } from 'redos-detector';
import { controlRoutes, routes } from '../../routes/index.js';

/*
 * Every regular expression of the hub takes a time in proportion to what it reads. redos-detector counts in
 * how many ways a pattern may match the same text, which is finite for those alone whose time is; it has
 * neither a binary nor anything to download. It is strict: of what it can't count it says that it is unsafe.
 */

const DIST = fileURLToPath(new URL('../..', import.meta.url));
/** Milliseconds for one pattern; it is far from that. */
const PATIENCE = 20_000;

interface Found {
  readonly file: string;
  readonly patterns: RegExp[];
  /** Where a pattern is put together while the hub runs, so that it can't be looked at. */
  readonly hidden: string[];
}

function* sources(): Generator<Found> {
  for (const folder of ['src', 'routes']) {
    for (const name of readdirSync(join(DIST, folder), { recursive: true, encoding: 'utf8' })) {
      if (/\.c?js$/.test(name)) yield read(join(folder, name));
    }
  }
}

function read(file: string): Found {
  const text = readFileSync(join(DIST, file), 'utf8');
  const found: Found = { file, patterns: [], hidden: [] };
  const sourceType = file.endsWith('.cjs') ? 'script' : 'module';
  full(parse(text, { ecmaVersion: 'latest', sourceType }), (node) => {
    const code = text.slice(node.start, node.end);
    if ('regex' in node && 'value' in node && node.value instanceof RegExp) {
      found.patterns.push(node.value);
    } else if (/^(?:new )?RegExp\(/.test(code)) found.hidden.push(code);
  });
  return found;
}

function judge(pattern: RegExp): string {
  const { safe, error } = isSafe(pattern, { timeout: PATIENCE });
  return safe ? '' : `${pattern} (${error})`;
}

describe('regular expressions', () => {
  const all = [...sources()];

  it('are found', () => {
    assert.ok(all.flatMap(({ patterns }) => patterns).length > 50);
  });

  it('are told apart by what judges them', () => {
    for (const bad of [/^(?:\/+|%2f)+[^/:]*:/, /\s+$/, /^(?:a+)+$/, /^(?=.*x).*y.*$/]) {
      assert.notEqual(judge(bad), '');
    }
    for (const good of [/^[a-z]+$/, /^\/+v1\/+users/, /a|b/g]) assert.equal(judge(good), '');
  });

  for (const { file, patterns, hidden } of all) {
    if (patterns.length + hidden.length === 0) continue;
    it(`take linear time in ${file}`, () => {
      assert.deepEqual(hidden, []);
      assert.deepEqual(patterns.map(judge).filter(Boolean), []);
    });
  }

  it('take linear time in the routes', () => {
    const router = new Router({ strict: true, sensitive: true });
    for (const { path, method } of [...routes, ...controlRoutes]) {
      router.register(path, [method], () => undefined);
    }
    const patterns = router.stack.map(({ regexp }) => (regexp as RegExp).source);
    // With and without a slash at its end: each may take its time, one after the other.
    const ways = patterns.flatMap((each) => each.replace(/^\^\(\?:(.*)\)\$$/, '$1').split('|'));
    assert.ok(ways.length > 100);
    const judged = [...new Set(ways)].map((each) => judge(new RegExp(`^${each}$`)));
    assert.deepEqual(judged.filter(Boolean), []);
  });
});
