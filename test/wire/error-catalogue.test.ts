import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CATALOGUE, type ErrorEntry, WITH_STATUS } from '../../src/errors/catalogue.js';
import { packageRoot } from '../../src/version.js';

/* One entry for one error: each is used, says where it comes from, and nothing beside the one place writes any. */

const root = fileURLToPath(packageRoot);
const WRITER = 'src/wire/error-answers.ts';
const entries = Object.entries<ErrorEntry>(CATALOGUE);

const sources = new Map(
  ['src', 'routes'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => {
        const path = join(folder, name);
        return [
          path,
          readFileSync(join(root, path), 'utf8').replace(/^\s*\/\*[\s\S]*?\*\//gm, ''),
        ] as const;
      }),
  ),
);

/** The part of a document below a heading, up to the next of its kind or above. */
function section(document: string, heading: RegExp): string | undefined {
  const text = readFileSync(join(root, 'docs', document), 'utf8');
  const found = heading.exec(text);
  if (found === null) return undefined;
  const rest = text.slice(found.index + found[0].length);
  const end = rest.search(/^## /m);
  return end === -1 ? rest : rest.slice(0, end);
}

describe('the catalogue of errors', () => {
  it('has no entry that nothing answers with', () => {
    const used = [...sources]
      .filter(([path]) => !path.startsWith('src/errors/'))
      .map(([, text]) => text)
      .join('\n');
    const withStatus: readonly string[] = Object.values(WITH_STATUS);
    const unused = entries.filter(
      ([name]) =>
        !withStatus.includes(name) &&
        !new RegExp(`\\berrors\\s*\\.${name}\\b|'${name}'`).test(used),
    );
    assert.deepEqual(
      unused.map(([name]) => name),
      [],
    );
  });

  it('asks for credentials with each 401, and with nothing else', () => {
    for (const [name, { status, challenge }] of entries) {
      assert.equal(status === 401, challenge !== undefined, name);
    }
  });

  it('has a status of an error in each entry, and the right one for each fault', () => {
    for (const [name, { status }] of entries) assert.ok(status >= 400 && status <= 599, name);
    for (const [status, name] of Object.entries(WITH_STATUS)) {
      assert.equal(CATALOGUE[name].status, Number(status), name);
    }
  });

  it('says of each text that it is ours, or where it can be looked up', () => {
    const lost = entries.filter(([, { source }]) => {
      if (source === 'ours' || /^RFC \d+ §[\d.]+$/.test(source)) return false;
      const [, document = '', number, title] =
        /^(\w+\.md)(?: §([\d.]+)|, (.+))$/.exec(source) ?? assert.fail(source);
      const begin = number === undefined ? `## ${title}` : `###? ${number.replaceAll('.', '\\.')}`;
      return section(document, new RegExp(`^${begin}(?:$|\\.? )`, 'm')) === undefined;
    });
    assert.deepEqual(
      lost.map(([name, { source }]) => `${name}: ${source}`),
      [],
    );
  });
});

describe('errors', () => {
  const WRITES: Readonly<Record<string, RegExp>> = {
    'answers with a status of an error': /\banswer\w*\(\s*\w+,\s*[45]\d\d\b/,
    'sets a status of an error': /\bstatus(?:Code)?\s*=\s*[45]\d\d\b/,
    'writes the head of an error': /\bwriteHead\(\s*[45]\d\d\b|HTTP\/1\.[01] [45]\d\d/,
    'asks for credentials': /'WWW-Authenticate', (?!`Token \$)/,
    'asks to come again': /'Retry-After', String\((?!retryAfter)/i,
    'writes the body of an error': /\banswer\w*\([^;]*\{ error:/,
  };
  for (const [what, pattern] of Object.entries(WRITES)) {
    it(`are written in one place: nothing else ${what}`, () => {
      const others = [...sources].filter(([path, text]) => path !== WRITER && pattern.test(text));
      assert.deepEqual(
        others.map(([path]) => path),
        [],
      );
    });
  }

  it('are made by their names alone', () => {
    const makers = [...sources].filter(([, text]) => /new HubError\(/.test(text));
    assert.deepEqual(
      makers.map(([path]) => path),
      ['src/domain/errors.ts'],
    );
  });
});
