/*
 * What stands in the variable parts of a path: good names, and bad ones that look good.
 */
import fc, { type Arbitrary } from 'fast-check';
import { PEOPLE, type PoolImage, REPOSITORIES, TAGS } from './cast.js';
import { DIGESTS, LAST_UPLOAD } from './modern.js';

/** Names that mean something elsewhere: to a path, to a file system, to JavaScript, to this API. */
const TRAPS = [
  '.',
  '..',
  '...',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'images',
  'tags',
  'auth',
  'json',
  'properties',
  'layer',
  'library',
  'docker',
  'users',
  'con',
  'nul.json',
  'hub.json',
  '.tmp',
  '~',
  '-',
  '*',
  '%',
  'a/b',
  'a\\b',
  '../../hub.json',
  'é',
  'e\u0301',
  'ａｌｉｃｅ',
  'ALICE',
  'Alice',
  'al',
  'x'.repeat(31),
  'x'.repeat(128),
  'x'.repeat(129),
  'x'.repeat(300),
  'x'.repeat(15_000),
  '/'.repeat(5000),
  ':@'.repeat(2000),
  ' ',
  'a b',
  'a\0b',
  'a\r\nX: y',
  '\u202e',
  '😀',
  '\ud800',
  '%2e%2e',
  '%',
  '%c3%28',
] as const;

/** How the characters of a name are written into a path. */
const SPELLINGS = ['plain', 'all', 'lower', 'twice', 'raw', 'broken'] as const;
type Spelling = (typeof SPELLINGS)[number];

/** Names for a parameter of this name, already spelt as a segment of a path. */
export function segments(parameter: string, images: readonly PoolImage[]): Arbitrary<string> {
  const good = goodNames(parameter, images);
  const name = fc.oneof(
    { weight: 14, arbitrary: good },
    { weight: 3, arbitrary: fc.constantFrom(...TRAPS) },
    { weight: 1, arbitrary: good.chain(nearly) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  );
  const spelling = fc.oneof(
    { weight: 12, arbitrary: fc.constant<Spelling>('plain') },
    { weight: 2, arbitrary: fc.constantFrom(...SPELLINGS) },
  );
  return fc.tuple(name, spelling).map(([text, how]) => spell(text, how));
}

function goodNames(parameter: string, images: readonly PoolImage[]): Arbitrary<string> {
  switch (parameter) {
    case 'username':
      return fc.constantFrom(...PEOPLE, 'newby1');
    case 'namespace':
      return fc.constantFrom(...PEOPLE, 'library', 'nobody');
    case 'repository':
      return fc.constantFrom(...REPOSITORIES.map((full) => full.split('/')[1] ?? ''));
    case 'tag':
      return fc.constantFrom(...TAGS);
    case 'reference':
      return fc.constantFrom(...TAGS, ...DIGESTS);
    case 'digest':
      return fc.constantFrom(...DIGESTS);
    case 'upload':
      return fc.constantFrom(LAST_UPLOAD, LAST_UPLOAD, '0'.repeat(32));
    case 'id':
      return fc.constantFrom(...images.map(({ id }) => id), '0'.repeat(64), 'abc123');
    case 'student':
      return fc.constantFrom('student01', 'student02', ...PEOPLE);
    case 'name':
      return fc.constantFrom('one', 'two', 'one two');
    default:
      return fc.constantFrom('alice/web/manifests/latest', '_catalog', '');
  }
}

/** A good name with one thing wrong. */
function nearly(name: string): Arbitrary<string> {
  return fc.constantFrom(
    name.slice(0, -1),
    `${name}0`,
    `${name} `,
    `${name}\n`,
    name.toUpperCase(),
    ` ${name}`,
    `${name}\u0000`,
    `${name}.`,
    `${name}%`,
  );
}

/** Writes a name as a segment; what HTTP can't carry in a path is always encoded. */
export function spell(name: string, how: Spelling): string {
  switch (how) {
    case 'plain':
      return percent(name, /[A-Za-z0-9._~:-]/);
    case 'all':
      return percent(name, /^$/);
    case 'lower':
      return percent(name, /[A-Za-z0-9]/).toLowerCase();
    case 'twice':
      return percent(percent(name, /[A-Za-z0-9]/), /[A-Za-z0-9]/);
    case 'raw':
      // Bytes from 0x80 on may stand in a path as they are; Node takes them for latin1.
      return percent(name, /[^\0-\x20\x7f/?#%]/);
    case 'broken':
      return `${percent(name, /[A-Za-z0-9]/)}%${name.length % 2 === 0 ? '' : 'zz'}`;
  }
}

function percent(name: string, kept: RegExp): string {
  const bytes = Buffer.from(name, 'utf8').toString('latin1');
  return [...bytes]
    .map((byte) => (kept.test(byte) ? byte : `%${hex(byte.charCodeAt(0))}`))
    .join('');
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
