import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serveOptions } from '../../src/options/command-line.js';
import { flagName, rows, variableName } from '../../src/options/table.js';
import { packageRoot } from '../../src/version.js';
import { makeTables, OPTIONS_DOCUMENT, show, tablesIn } from '../support/options-table.js';

/* One row for one option: what is made from the rows agrees with them, and so does what is written by hand. */

describe('the rows of options', () => {
  for (const { name, kind, ...row } of rows) {
    const given = [row.default, ...(row.only === 'startHub' ? [] : [row.commandDefault])];
    for (const value of given.filter((each) => each !== undefined)) {
      it(`have a default of ${name} that is a valid value of it: ${value}`, () => {
        assert.ok(kind.schema.safeParse(value).success);
        const text = kind.read?.(String(value)) ?? String(value);
        assert.deepEqual(text, kind.read === undefined ? String(value) : value);
      });
    }
  }

  it('are the options of the command line, with a variable each', () => {
    const told = rows.filter(({ only }) => only !== 'startHub');
    assert.deepEqual(
      serveOptions().map((option) => [option.attributeName(), option.long, option.envVar]),
      told.map(({ name }) => [name, `--${flagName(name)}`, variableName(name)]),
    );
  });

  it('have a value where they are not switches', () => {
    for (const { name, kind, value, only } of rows) {
      if (only === 'startHub') continue;
      assert.equal(value === undefined, kind.isSwitch === true || name === 'control', name);
    }
  });

  it('are the table in the manual (`npm run options` writes it)', () => {
    assert.equal(tablesIn(readFileSync(OPTIONS_DOCUMENT, 'utf8')), makeTables());
  });

  it('have the defaults that the types tell people', () => {
    const read = (name: string): string =>
      readFileSync(fileURLToPath(new URL(`src/options/${name}.ts`, packageRoot)), 'utf8');
    const comments = new Map<string, string>();
    const fields = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+readonly (\w+)\??:/g;
    for (const text of [read('settings'), read('limits')]) {
      for (const [, comment = '', name = ''] of text.matchAll(fields)) comments.set(name, comment);
    }
    for (const row of rows) {
      const comment = comments.get(row.name);
      if (row.default === undefined || comment === undefined) continue;
      assert.ok(comment.includes(show(row, row.default)), row.name);
    }
  });
});
