import { plain } from '../terminal/plain.js';
import type { Address } from './hosts.js';
import type { WireRequest } from './messages.js';

/** What each request is for, by method and path. */
const PURPOSES: readonly (readonly [pattern: RegExp, purpose: string])[] = [
  [/^GET \/v2\/$/, 'does the host speak the registry API of today?'],
  [/^\w+ \/v2\//, 'a try in the registry API of today'],
  [/^GET \/v1\/_ping$/, 'is there a registry?'],
  [/^POST \/v1\/users\/$/, 'make an account, unless there is one'],
  [/^GET \/v1\/users\/$/, 'are the name and the password right?'],
  [/^GET \/v1\/search/, 'search'],
  [/^PUT \/v1\/repositories\/.*\/images$/, 'all is sent: confirm the images'],
  [/^GET \/v1\/repositories\/.*\/images$/, 'which images, and where is the registry?'],
  [/^PUT \/v1\/repositories\/.*\/tags\//, 'set a tag'],
  [/^GET \/v1\/repositories\/.*\/tags/, 'which image does a tag name?'],
  [/^PUT \/v1\/repositories\//, 'announce the images of a push'],
  [/^GET \/v1\/images\/\w+\/ancestry$/, 'which layers are below the image?'],
  [/^GET \/v1\/images\/\w+\/json$/, 'is the image there, and what is it?'],
  [/^PUT \/v1\/images\/\w+\/json$/, 'send what the image is'],
  [/^\w+ \/v1\/images\/\w+\/layer$/, 'the files of the layer'],
  [/^PUT \/v1\/images\/\w+\/checksum$/, 'send the sum of the layer'],
];

/** A body is shown up to so many bytes. */
const SHOWN = 2048;

/** A request in words, and the same as curl: two lines or more. */
export function describeRequest(
  { method, path, headers, body }: WireRequest,
  { hostname, port, tls }: Address,
): string {
  const line = `${method} ${path}`;
  const purpose = PURPOSES.find(([pattern]) => pattern.test(line))?.[1] ?? 'a request';
  const url = `${tls === undefined ? 'http' : 'https'}://${hostname}:${port}${path}`;
  const parts = [`curl -i -X ${method}`];
  for (const [name, value] of headers) {
    if (!/^(?:Content-Length|Transfer-Encoding|Accept-Encoding|Connection)$/.test(name)) {
      parts.push(`-H ${quoted(`${name}: ${value}`)}`);
    }
  }
  if (Buffer.isBuffer(body) && body.length > 0) {
    const shown = body.length <= SHOWN ? quoted(body.toString('utf8')) : '@body';
    parts.push(`--data-binary ${shown}`);
  } else if (body !== undefined) parts.push('--data-binary @layer.tar.gz');
  return plain(`${line}: ${purpose}\n  ${parts.join(' ')} ${quoted(url)}\n`);
}

/** For a shell, between single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
