import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { head, useRawHub } from '../support/raw-hub.js';

/* The longest paths, headers and bodies that a hub takes, made of what patterns could trip over. */

/** How many requests of a kind are sent, and how much of a processor they may take, in milliseconds. */
const REQUESTS = 10;
const MOST = 500;

const PARTS = ['/', '%2f', '%2F/', '#', ':', '@', '%', '%3a', 'a/', 'a', '\\', '.', '//a:b@', '=&'];
const PATHS = [
  '/v1/users',
  '/v1/users/',
  '/v1/repositories/',
  '/v1/images/',
  '/v2/',
  '//',
  'http://a:b@hub/v1/users',
];
const QUERIES = ['a=', 'a=&', '%', ';', 'password=', '?', '+', '%20', '&'];
const VALUES = [
  ' ',
  'a',
  'a ',
  ',',
  '"',
  '=',
  '/',
  'a/',
  ';q=',
  '\\"',
  'signature=',
  '(',
  '-',
  '%00',
];
const STARTS: readonly (readonly [string, string])[] = [
  ['Authorization', 'Basic '],
  ['Authorization', 'Token '],
  ['Authorization', 'Token signature=x'],
  ['User-Agent', 'docker/'],
  ['Range', 'bytes='],
  ['If-None-Match', '"a"'],
  ['If-Match', 'W/'],
  ['If-Modified-Since', 'Thu'],
  ['Content-Type', 'a/b'],
  ['Accept', 'a/b'],
  ['Accept-Encoding', 'gzip'],
  ['X-Docker-Token', 'signature'],
  ['X-Docker-Checksum', 'tarsum+sha256:'],
  ['Cookie', 'a'],
  ['Referer', 'http://hub/'],
  ['Origin', 'http://'],
  ['Expect', '100'],
  ['X-Forwarded-For', '1'],
];
const LONGEST = 15_000;

function fill(start: string, part: string, length = LONGEST): string {
  return start + part.repeat(Math.floor((length - start.length) / part.length));
}

describe('a request as long as may be', () => {
  const lines: string[] = [];
  const at = useRawHub({
    journal: 100,
    logLevel: 'debug',
    logTo: { write: (line) => lines.push(line) },
  });

  /** Sends the same request over and over on one connection; fails when that takes the hub long. */
  async function isQuick(what: string, request: string): Promise<void> {
    const client = await at.connect();
    const before = process.cpuUsage();
    client.say(request.repeat(REQUESTS)).say(head('GET /v1/_ping', { Connection: 'close' }));
    await client.untilClosed();
    const { user, system } = process.cpuUsage(before);
    client.destroy();
    lines.length = 0;
    assert.ok(user + system < MOST * 1000, `${what}: ${(user + system) / 1000} ms`);
  }

  for (const path of PATHS) {
    it(`is answered in good time: ${path} and what may come behind it`, async () => {
      for (const part of PARTS) {
        const target = fill(path, part);
        await isQuick(target.slice(0, 40), head(`GET ${target}`));
      }
    });
  }

  it('is answered in good time: queries', async () => {
    for (const part of QUERIES) {
      for (const path of ['/v1/search?q=x&', '/v1/users/?', '/_hub/requests?']) {
        await isQuick(path + part, head(`GET ${fill(path, part)}`));
      }
    }
  });

  for (const [name, start] of STARTS) {
    it(`is answered in good time: ${name}: ${start}`, async () => {
      for (const part of VALUES) {
        const headers = { [name]: fill(start, part) };
        await isQuick(part, head('GET /v1/users/', headers));
      }
    });
  }

  it('is answered in good time: bodies', async () => {
    const starts = ['{"username":"', '{"email":"a@', '{', '[', '', '"', '{"password":'];
    for (const start of starts) {
      for (const part of ['a', '.', ' ', '"', '\\', '\\"', '[', '{', '":', '"a":', 'a@', ',']) {
        const body = fill(start, part, 40_000);
        const headers = { 'Content-Length': String(body.length) };
        await isQuick(start + part, head('POST /v1/users/', headers) + body);
      }
    }
  });
});
