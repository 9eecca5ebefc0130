/*
 * Headers as clients send them, as they nearly send them, and as nobody should.
 */
import fc, { type Arbitrary } from 'fast-check';
import { PASSWORD, PEOPLE, type PoolImage, REPOSITORIES } from './cast.js';
import type { Header } from './client.js';
import { BEARER_TWISTS, type Credential, TOKEN_TWISTS } from './request.js';

/** Values that take a careless reader long, or lead it astray. */
const AWKWARD = [
  '',
  ',',
  'a'.repeat(15_000),
  'a='.repeat(3500),
  `a${' '.repeat(7000)}`,
  '/'.repeat(15_000),
  '"'.repeat(5000),
  'a,'.repeat(3500),
  'signature='.repeat(1400),
  `signature=a${' '.repeat(14_000)}`,
  ':'.repeat(14_000),
  'a/'.repeat(7000),
  '%2f'.repeat(4500),
  '\x80\xff',
  '\t',
  '-1',
  '0x10',
  '1e3',
  '9'.repeat(400),
  'NaN',
  'undefined',
  '%00',
  '{"a": 1}',
] as const;

/** What may stand in a header's value. */
const anyValue: Arbitrary<string> = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) })
  .map((text) => text.replaceAll('\x7f', ''));

const awkward: Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...AWKWARD) },
  { weight: 1, arbitrary: anyValue },
);

/** Who a request may be from. */
export const credentials: Arbitrary<Credential> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Credential>({ kind: 'none' }) },
  { weight: 6, arbitrary: basics() },
  { weight: 6, arbitrary: tokens() },
  { weight: 3, arbitrary: bearers() },
  { weight: 2, arbitrary: oddities() },
);

function basics(): Arbitrary<Credential> {
  const username = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<string>(...PEOPLE) },
    fc.constantFrom('ALICE', 'alice ', 'newby1', '__proto__', 'x'.repeat(3000), ''),
  );
  const password = fc.oneof(
    { weight: 8, arbitrary: fc.constant(PASSWORD) },
    fc.constantFrom('wrong', '', `${PASSWORD}\0`, 'p'.repeat(73), 'p'.repeat(3000), 'a:b'),
    fc.string({ unit: 'binary' }),
  );
  return fc.record({ kind: fc.constant('basic' as const), username, password });
}

function tokens(): Arbitrary<Credential> {
  return fc.record({
    kind: fc.constant('token' as const),
    repository: fc.constantFrom(...REPOSITORIES),
    access: fc.constantFrom('write', 'write', 'read', 'delete', 'admin'),
    twist: fc.oneof(
      { weight: 6, arbitrary: fc.constant('none' as const) },
      fc.constantFrom(...TOKEN_TWISTS),
    ),
  });
}

function bearers(): Arbitrary<Credential> {
  return fc.record({
    kind: fc.constant('bearer' as const),
    repository: fc.constantFrom(...REPOSITORIES),
    twist: fc.oneof(
      { weight: 4, arbitrary: fc.constant('none' as const) },
      fc.constantFrom(...BEARER_TWISTS),
    ),
  });
}

function oddities(): Arbitrary<Credential> {
  const scheme = fc.constantFrom('Basic', 'Token', 'token', 'Token', 'Bearer', 'Basic Basic', '');
  const text = fc.tuple(scheme, awkward).map(([name, rest]) => `${name} ${rest}`);
  return fc.record({
    kind: fc.constant('odd' as const),
    text: fc.oneof(
      { weight: 4, arbitrary: text },
      { weight: 1, arbitrary: awkward },
      { weight: 1, arbitrary: fc.constantFrom('Basic', 'Token', 'Basic =', 'Basic !!!!') },
    ),
  });
}

/** A header that some operation reads, with a value that it may understand. */
function knownHeaders(images: readonly PoolImage[], host: string): Arbitrary<Header> {
  const sums = images.flatMap(({ payload, tarsum, bareSum }) => [payload, tarsum, bareSum]);
  const etags = images.map(({ payload }) => `"${payload.slice('sha256:'.length)}"`);
  const dates = ['Thu, 01 Jan 1970 00:00:00 GMT', 'Tue, 01 Jan 2030 00:00:00 GMT', 'yesterday'];
  return fc.oneof(
    among('X-Docker-Token', ['true', 'false', '1']),
    among('X-Docker-Token', ['true']),
    among('X-Docker-Endpoints', [host, 'registry-1.docker.io', 'a, b']),
    among('X-Docker-Checksum-Payload', sums),
    among('X-Docker-Checksum', sums),
    among('User-Agent', AGENTS),
    among('Range', RANGES),
    among('Content-Range', CHUNKS),
    among('If-Range', [...etags, ...dates]),
    among('If-None-Match', [...etags, '*', `W/${etags[0]}`, etags.join(', ')]),
    among('If-Match', [...etags, '*', `W/${etags[0]}`, etags.join(', ')]),
    among('If-Modified-Since', dates),
    among('If-Unmodified-Since', dates),
    among('Host', [
      host,
      'index.docker.io',
      'registry-1.docker.io',
      '[::1]:5000',
      'a b',
      'x:99999',
    ]),
    among('Accept', ['application/json', '*/*', 'text/html', 'application/xml;q=0.9']),
    among('Accept-Encoding', ['gzip', 'identity;q=0', '*;q=0']),
    among('Expect', [...Array<string>(9).fill('100-continue'), 'nothing']),
    among('Connection', ['close', 'keep-alive', 'Upgrade']),
    among('Upgrade', ['websocket', 'h2c']),
    among('Cookie', ['session=1', 'a=b; a=c']),
    among('Origin', ['https://example.com', 'null']),
    among('Access-Control-Request-Method', ['PUT']),
    among('X-HTTP-Method-Override', ['DELETE']),
    among('X-Forwarded-Proto', ['https']),
    among('X-Forwarded-For', ['10.0.0.1']),
    among('X-Request-Id', ['mine']),
    among('Content-Language', ['de']),
  );
}

const AGENTS = [
  'docker/1.5.0 go/go1.4.1 git-commit/a8a31ef kernel/3.13.0 os/linux arch/amd64',
  'docker/0.6.4 go/go1.1.2 kernel/3.8.0',
  'containers/5.29.2 (github.com/containers/image)',
  'Go-http-client/1.1',
  'docker/28.2.2 go/go1.24.3 os/linux arch/amd64 UpstreamClient(Docker-Client/28.2.2 \\(linux\\))',
  'containerd/2.0.5+unknown',
  'skopeo/1.9.3',
  'curl/7.35.0',
  'a/b/c//d',
];

/** Where a part of an upload says it belongs. */
const CHUNKS = [
  '0-0',
  '0-99',
  '5-2',
  'bytes 0-9/10',
  'bytes=0-9',
  '0-',
  '-5',
  '100-199',
  '99999999999999999999-99999999999999999999',
  '0-999999999999999',
];

const RANGES = [
  'bytes=0-',
  'bytes=0-0',
  'bytes=5-2',
  'bytes=-5',
  'bytes=-0',
  'bytes=10-99999999999999999999',
  'bytes=99999999999999999999-',
  'bytes=0-1,3-4',
  'bytes = 1 - 5',
  'bytes=',
  'bytes=a-b',
  'lines=1-2',
  `bytes=${'0-1,'.repeat(1000)}`,
];

function among(name: string, values: readonly string[]): Arbitrary<Header> {
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...values) },
    { weight: 1, arbitrary: awkward },
  );
  return value.map((text): Header => [name, text]);
}

/** Headers that nobody reads, and yet they come. */
const strangers: Arbitrary<Header> = fc
  .tuple(fc.stringMatching(/^X-[A-Za-z0-9-]{1,20}$/), awkward)
  .map(([name, value]): Header => [name, value]);

/** One header that is read, with an invalid value. */
export function awkwardHeader(): Arbitrary<Header> {
  const names = ['User-Agent', 'X-Docker-Token', 'X-Docker-Checksum', 'X-Docker-Checksum-Payload'];
  const name = fc.constantFrom(
    ...names,
    'User-Agent',
    'Range',
    'If-None-Match',
    'If-Match',
    'Host',
  );
  return fc.tuple(name, awkward);
}

/** The headers of one request, besides those for its body and its credentials. */
export function headerLists(images: readonly PoolImage[], host: string): Arbitrary<Header[]> {
  return fc.array(
    fc.oneof(
      { weight: 9, arbitrary: knownHeaders(images, host) },
      { weight: 1, arbitrary: strangers },
    ),
    { maxLength: 5, size: 'max' },
  );
}
