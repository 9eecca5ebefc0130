/* A path of the repository that a page or a comment names is there, so that who follows it arrives. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { packageRoot } from '../../src/version.js';
import { markdownFiles, readText } from '../support/markdown.js';
import { sourceFiles } from '../support/sources.js';

const FOLDERS = ['src', 'routes', 'test', 'bench'];
const files = sourceFiles(FOLDERS);

/** A path from the root: `src/domain/`, `docs/tour.md`. */
const FROM_ROOT =
  /(?<![\w/.@{*-])(?:src|routes|test|bench|recipes|contrib|docs|\.ci|\.github)\/[\w./-]*/g;
/** A source by the end of its path: `wire/answers.ts`, `logins.ts`. */
const SOURCE = /(?<![\w*{./-])(?:[\w-]+\/)*[\w-]+(?:\.[\w-]+)*\.tsx?\b/g;

/** What is of other repositories, or of the reader's own. */
const ELSEWHERE: Readonly<Record<string, RegExp>> = {
  // docker-registry's, moby's and docker-index's.
  'docs/protocol.md': /^(?:docs|src|test)\//,
  'docs/recipes.md': /^test\/seed\.yaml$/,
};

/** The comments of a source; of a page all of it. */
function toldIn(path: string): string {
  const text = readText(path);
  if (!/\.tsx?$/.test(path)) return text;
  const comments = text.matchAll(/^\s*\/?\*.*$|(?:^|\s)\/\/ .*$/gm);
  return [...comments].map(([line]) => line).join('\n');
}

function missingIn(path: string): string[] {
  const text = toldIn(path);
  const fromRoot = [...text.matchAll(FROM_ROOT)].map(([found]) => found.replace(/[./]+$/, ''));
  const sources = [...text.matchAll(SOURCE)].map(([found]) => found);
  return [
    ...fromRoot.filter((each) => !existsSync(new URL(each, packageRoot))),
    ...sources.filter((each) => !files.some((file) => `/${file}`.endsWith(`/${each}`))),
  ].filter((each) => ELSEWHERE[path]?.test(each) !== true);
}

describe('every path is there that is named in', () => {
  for (const path of [...markdownFiles(), 'openapi.yaml', 'Dockerfile']) {
    it(path, () => assert.deepEqual(missingIn(path), []));
  }

  it('the comments of sources', () => {
    const missing = files.flatMap((path) => missingIn(path).map((each) => `${path}: ${each}`));
    assert.deepEqual(missing, []);
  });
});

describe('every room of src/ is on the map in', () => {
  const rooms = readdirSync(new URL('src', packageRoot), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it('CONTRIBUTING.md', () => {
    const text = readText('CONTRIBUTING.md');
    assert.deepEqual(
      rooms.filter((room) => !text.includes(`\`src/${room}/\``)),
      [],
    );
  });

  it('docs/architecture.md', () => {
    const map = readText('docs/architecture.md').split('```')[1] ?? '';
    assert.deepEqual(
      rooms.filter((room) => !new RegExp(`^  ${room}/`, 'm').test(map)),
      [],
    );
  });
});
