/* The live page draws dockers of today as it draws old ones: acts, lanes, rules, and each step again by curl. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type supertest from 'supertest';
import { asBytes, basic, PASSWORD, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { textOf, Visitor } from '../support/visitor.js';

const DOCKER = 'docker/28.2.2 go/go1.24.4 os/linux arch/amd64';
const OCI = 'application/vnd.oci.image.manifest.v1+json';

const hub = useHub({ people: ['alice', 'bobby'] });

interface Request {
  readonly authorization?: string;
  readonly type?: string;
  readonly agent?: string;
  readonly body?: string | Buffer;
}

function ask(line: string, request: Request = {}): supertest.Test {
  const { authorization: auth, type, agent = DOCKER, body } = request;
  const headers = { 'User-Agent': agent, ...(type === undefined ? {} : { 'Content-Type': type }) };
  return send(hub, line, { auth, headers, body });
}

async function token(scopes: readonly string[], authorization?: string): Promise<string> {
  const query = new URLSearchParams({ service: new URL(hub.url).host });
  for (const scope of scopes) query.append('scope', scope);
  const login = authorization === undefined ? {} : { authorization };
  const answer = await ask(`GET /v2/token?${query}`, login);
  return `Bearer ${answer.body.token}`;
}

function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** What docker 28 with the graph store asks to log in (v2.md §0.3). */
async function logIn(password = PASSWORD): Promise<void> {
  await ask('GET /v2/');
  const path = '/v2/token?account=alice&client_id=docker&offline_token=true&service=x';
  const answer = await ask(`GET ${path}`, { authorization: basic('alice', password) });
  if (answer.status !== 200) return;
  await ask('GET /v2/', { authorization: `Bearer ${answer.body.token}` });
}

/** A push of one blob, which is the config as well, with a try to mount it. */
async function push(repository: string, tag: string, mountFrom?: string): Promise<void> {
  const bytes = Buffer.from(`{"of":"${repository}"}`);
  const digest = digestOf(bytes);
  const base = `/v2/${repository}`;
  await ask('GET /v2/');
  const scopes = [`repository:${repository}:pull,push`];
  if (mountFrom !== undefined) scopes.unshift(`repository:${mountFrom}:pull`);
  const authorization = await token(scopes, basic('alice'));
  await ask(`HEAD ${base}/blobs/${digest}`, { authorization });
  const mount = mountFrom === undefined ? '' : `?from=${mountFrom}&mount=${digest}`;
  const begun = await ask(`POST ${base}/blobs/uploads/${mount}`, { authorization });
  const place = begun.headers.location ?? '';
  const type = 'application/octet-stream';
  await ask(`PATCH ${place}`, { authorization, type, body: bytes });
  await ask(`PUT ${place}?digest=${digest}`, { authorization });
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest, size: bytes.length };
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI, config, layers: [] });
  await ask(`HEAD ${base}/manifests/${tag}`, { authorization });
  await ask(`PUT ${base}/manifests/${tag}`, { authorization, type: OCI, body });
}

async function pull(repository: string, tag: string): Promise<void> {
  await ask('GET /v2/');
  const authorization = await token([`repository:${repository}:pull`]);
  const base = `/v2/${repository}`;
  const { headers } = await ask(`HEAD ${base}/manifests/${tag}`, { authorization });
  const digest = headers['docker-content-digest'];
  const manifest = await ask(`GET ${base}/manifests/${digest}`, { authorization });
  const { config } = JSON.parse(manifest.text) as { config: { digest: string } };
  await ask(`GET ${base}/blobs/${config.digest}`, { authorization });
}

async function seenBy(username?: string, path = '/sandbox/live/'): Promise<string> {
  const visitor = new Visitor(hub);
  if (username !== undefined) await visitor.logIn(username);
  return (await visitor.open(path)).html;
}

function titlesIn(html: string): string[] {
  return [...html.matchAll(/id="act-\d+"[^>]*><summary><h2>(.*?) <small>/g)].map(([, title = '']) =>
    title.replaceAll(/<[^>]*>/g, '').trim(),
  );
}

describe('the live page of dockers of today', () => {
  before(async () => {
    await logIn('wrong');
    await logIn();
    await push('alice/app', '1.0');
    await push('alice/copy', '1.0', 'alice/app');
    await pull('alice/app', '1.0');
    await pull('alice/app', '1.0');
    const authorization = await token(['repository:alice/copy:*'], basic('alice'));
    await ask('GET /v2/alice/copy/manifests/1.0', { authorization });
    await ask('DELETE /v2/alice/copy/manifests/1.0', { authorization });
  });

  it('folds what they ask into what a person typed', async () => {
    const titles = titlesIn(await seenBy('alice'));
    assert.deepEqual(titles, [
      'delete alice/copy:1.0',
      'pull alice/app:1.0',
      'pull alice/app:1.0',
      'push alice/copy:1.0',
      'push alice/app:1.0',
      'docker login',
      'docker login',
    ]);
  });

  it('tells them in words, with the rule behind them and what docker prints', async () => {
    const html = await seenBy('alice');
    assert.match(textOf(html), /docker 28 pushes the manifest of alice\/app:1\.0/);
    const numbers = [...html.matchAll(/id="step-(\d+)"/g)].map(([, number]) => Number(number));
    let told = '';
    for (const number of numbers) told += textOf(await seenBy('alice', `/sandbox/live/${number}/`));
    assert.match(told, /OCI distribution-spec 1\.1\.1 ?, §end-3, end-7/);
    assert.match(told, /1\.0: digest: sha256:[0-9a-f]{64} size: \d+/);
    assert.match(told, /Login Succeeded/);
    assert.match(told, /as docker 20\.10 to 28 do/);
    assert.match(
      textOf(await seenBy('alice', '/sandbox/live/?lang=zh')),
      /推送 alice\/app:1\.0 的 manifest/,
    );
  });

  it('names no private repository to others, neither in a token nor in a mount', async () => {
    await push('alice/secret', '1.0');
    const access = { authorization: basic('alice'), type: 'application/json' };
    const properties = '/v1/repositories/alice/secret/properties';
    await ask(`PUT ${properties}`, { ...access, body: '{"access": "private"}' });
    await push('alice/open', '1.0', 'alice/secret');
    for (const reader of [undefined, 'bobby']) {
      const html = await seenBy(reader);
      assert.doesNotMatch(html, /alice\/secret/, reader);
      assert.doesNotMatch(textOf(html), /logs alice in/);
      assert.match(html, /alice\/open/);
    }
    assert.match(await seenBy('alice'), /alice\/secret/);
  });

  it('shows each step as curl, which works when it is pasted', async () => {
    const visitor = new Visitor(hub);
    await visitor.logIn('alice');
    const { html } = await visitor.open('/sandbox/live/');
    const numbers = [...html.matchAll(/id="step-(\d+)"/g)].map(([, number]) => Number(number));
    const seen = new Set<string>();
    let tried = 0;
    // In their order: what is deleted at the end is there before.
    for (const number of numbers.sort((a, b) => a - b)) {
      const page = (await visitor.open(`/sandbox/live/${number}/`)).html;
      const [, curl] = /<pre><code>([^<]*)<\/code>/.exec(page) ?? [];
      const [, status = ''] = /<pre class="message">(\d+)\n/.exec(page) ?? [];
      const [, line = ''] = /<pre class="message">([A-Z]+ \/v2\/[^\n]*)/.exec(page) ?? [];
      if (curl === undefined || line === '' || seen.has(curl)) continue;
      seen.add(curl);
      assert.ok(!page.includes(PASSWORD), line);
      const out = await paste(unescaped(curl), PASSWORD);
      const answers = [...out.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => code);
      // What was pushed is here by now, and what was deleted is not; a stand-in has another digest.
      const others = /blobs|manifests/.test(line) ? ['200', '201', '404'] : [];
      assert.ok(
        [status, ...others].includes(answers.at(-1) ?? ''),
        `${line} ${status}\n${curl}\n${out}`,
      );
      tried += 1;
    }
    assert.ok(tried > 20, String(tried));
  });
});

function unescaped(html: string): string {
  return html
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/** Pastes lines into a shell and types the password. */
async function paste(lines: string, password: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-v1-curl-'));
  try {
    return await new Promise<string>((resolve, reject) => {
      const shell = execFile('sh', ['-c', lines], { cwd: folder }, (error, out, err) => {
        if (error === null) resolve(out);
        else reject(new Error(`${error.message}\n${err}`));
      });
      shell.stdin?.end(`${password}\n`);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the faults of the live page', () => {
  const other = useHub({ people: ['alice'] });
  const layer = Buffer.alloc(2048, 7);
  const digest = digestOf(layer);

  /** Somebody who asks this hub, and the number of the answer, or how it ended. */
  async function met(line: string, body?: Buffer | string): Promise<string> {
    try {
      const headers = {
        'Content-Type': typeof body === 'string' ? OCI : 'application/octet-stream',
      };
      const sent = { auth: basic('alice'), headers, body, unchecked: true };
      const answer = await asBytes(send(other, line, sent));
      const isOther = line.startsWith('GET ') && answer.ok && !layer.equals(answer.body);
      return `${answer.status}${isOther ? ' other bytes' : ''}`;
    } catch {
      return 'broken off';
    }
  }

  const PUSHED = `PUT /v2/alice/app/blobs/uploads/x?digest=${digest}`;
  const FETCHED = `GET /v2/alice/app/blobs/${digest}`;
  const ASKED = FETCHED.replace('GET', 'HEAD');
  /** What each does to a docker of today, and what it leaves alone. */
  const MET: readonly (readonly [name: string, line: string, ends: string, alone: string])[] = [
    ['cutLayers', FETCHED, 'broken off', ASKED],
    ['wrongByte', FETCHED, '200 other bytes', ASKED],
    ['diskFull', PUSHED, '507', FETCHED],
    ['tokenRunOut', 'PUT /v2/alice/app/manifests/1.0', '401', FETCHED],
    ['unavailable', 'GET /v2/', '503', ''],
  ];

  it('meet a docker of today as they meet an old one, as often as was said', async () => {
    const admin = new Visitor(other);
    await admin.logIn('admin');
    assert.equal(await met(`POST /v2/alice/app/blobs/uploads/?digest=${digest}`, layer), '201');
    for (const [fault, line, ends, alone] of MET) {
      const body = line.startsWith('PUT') ? '{}' : undefined;
      const before = await met(line, body);
      await admin.send('/sandbox/faults/', { fault, turn: 'on', times: '1', user: 'alice' });
      if (alone !== '') assert.equal(await met(alone), '200', `${fault}, left alone`);
      assert.equal(await met(line, body), ends, fault);
      assert.equal(await met(line, body), before, `${fault}, once more`);
    }
  });

  it('does not show what a former private repository held once its name is public again', async () => {
    const own = { auth: basic('alice') };
    const body = { access: 'private' };
    await send(hub, 'PUT /v1/repositories/alice/reborn/', { ...own, body: [] }).expect(200);
    await send(hub, 'PUT /v1/repositories/alice/reborn/properties', { ...own, body }).expect(200);
    await push('alice/reborn', 'hush-hush');
    for (const status of [202, 200]) {
      await send(hub, 'DELETE /v1/repositories/alice/reborn/', own).expect(status);
    }
    await push('alice/reborn', 'told-to-all');
    assert.match(await seenBy('alice'), /hush-hush/);
    for (const html of [await seenBy('bobby'), await seenBy()]) {
      assert.match(html, /told-to-all/);
      assert.doesNotMatch(html, /hush-hush/);
    }
  });
});
