/*
 * What holds for every answer, also to hostile bytes: no failure of the hub's own, no page for a
 * browser, and nothing of its inside.
 */
import assert from 'node:assert/strict';
import type { TestHub } from './hub.js';
import {
  parseRawAnswer,
  type RawAnswer,
  type RawOptions,
  type RawRequest,
  rawHttp,
} from './raw.js';

/** Sends a request as it stands, and holds the answer against the contract and good manners. */
export async function ask(
  hub: TestHub,
  request: RawRequest | string | Uint8Array,
  options: RawOptions = {},
): Promise<RawAnswer> {
  const answer = parseRawAnswer(await rawHttp(hub.url, request, options));
  assertCivil(answer);
  return answer;
}

function assertCivil({ status, headers, body }: RawAnswer): void {
  const text = body.toString();
  const said = `${status} ${text.slice(0, 500)}`;
  assert.ok(status < 500, said);
  assert.doesNotMatch(headers['content-type']?.join() ?? '', /html/, said);
  assert.doesNotMatch(text, /<(?:!doctype|html|body|pre)\b/i, said);
  assert.doesNotMatch(
    text,
    /\n\s+at .+:\d+:\d+|\.js:\d|node_modules|node:internal|dist\/src/,
    said,
  );
}
