/* Tokens: how they look, what they are good for, and what makes them worthless (protocol.md §2). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basic, bearer, type Sent, send, tokenIn } from '../support/client.js';
import { filesBelow, storedImages } from '../support/files.js';
import { startTestHub, useHub } from '../support/hub.js';
import { makeChain, makeImage } from '../support/images.js';
import { createRepository, pushImage, putJson, putLayer, readToken } from '../support/pushes.js';

const wanted = { 'X-Docker-Token': 'true' };
const app = '/v1/repositories/alice/app';

const hub = useHub({ people: ['alice', 'bob_1'] }, async () => {
  write = await pushImage(hub, alice, 'alice/app', image);
  await pushImage(hub, alice, 'alice/other', other);
  read = await readToken(hub, 'alice/app');
  remove = await deleteToken('alice/app');
});
/** Authorization headers with a token of each access for alice/app. */
let read: string;
let write: string;
let remove: string;
const alice = basic('alice');
const image = makeImage('token image');
const other = makeImage('other image');

async function deleteToken(name: string): Promise<string> {
  const line = `DELETE /v1/repositories/${name}/images`;
  return bearer(await send(hub, line, { auth: alice, headers: wanted }).expect(204));
}

async function statusOf(line: string, sent: Sent): Promise<number> {
  return (await send(hub, line, sent)).status;
}

describe('a token', () => {
  it('is signature, repository and access, without blanks, and the challenge says it again', async () => {
    const answers = {
      read: await send(hub, `GET ${app}/images`, { headers: wanted }),
      write: await send(hub, `PUT ${app}/`, { auth: alice, headers: wanted, body: [] }),
      delete: await send(hub, `DELETE ${app}/images`, { auth: alice, headers: wanted }),
    };
    for (const [access, response] of Object.entries(answers)) {
      const token = tokenIn(response);
      const form = `^signature=[0-9a-f]{40},repository="alice/app",access=${access}$`;
      assert.match(token, new RegExp(form));
      assert.equal(response.headers['www-authenticate'], `Token ${token}`);
    }
  });

  it('is never given twice', async () => {
    const asked = Array.from({ length: 40 }, () => readToken(hub, 'alice/app'));
    assert.equal(new Set(await Promise.all(asked)).size, 40);
  });

  it('is not given with a refusal', async () => {
    const lines: readonly (readonly [string, Sent])[] = [
      ['GET /v1/repositories/alice/none/images', { headers: wanted }],
      [`PUT ${app}/`, { auth: basic('bob_1'), headers: wanted, body: [] }],
      [`PUT ${app}/`, { auth: alice, headers: wanted, body: '[1]' }],
      ['PUT /v1/repositories/app/', { auth: alice, headers: wanted, body: [] }],
      [`DELETE ${app}/`, { auth: basic('bob_1'), headers: wanted }],
      [`DELETE ${app}/images`, { headers: wanted }],
    ];
    for (const [line, sent] of lines) {
      const response = await send(hub, line, sent);
      assert.ok(response.status >= 400);
      assert.equal(response.headers['x-docker-token'], undefined, line);
    }
  });

  it('survives a restart, and costs no write', async () => {
    await hub.restart();
    // What is in a layer is worked out once, and kept.
    await send(hub, `GET /v1/images/${image.id}/files`).expect(200);
    const files = await filesBelow(hub.folder);
    for (const auth of [read, write]) {
      await send(hub, `GET ${app}/tags`, { auth }).expect(200);
      await send(hub, `GET /v1/images/${image.id}/layer`, { auth }).expect(200);
    }
    await send(hub, `PUT ${app}/auth`, { auth: write }).expect(200);
    await send(hub, 'GET /v1/users/', { auth: alice }).expect(200);
    const pulled = await readToken(hub, 'alice/app', alice);
    for (const part of ['tags', 'tags/latest', 'images', 'json']) {
      await send(hub, `GET ${app}/${part}`, { auth: pulled }).expect(200);
    }
    for (const part of ['ancestry', 'json', 'layer', 'files']) {
      await send(hub, `GET /v1/images/${image.id}/${part}`, { auth: pulled }).expect(200);
    }
    assert.deepEqual(await filesBelow(hub.folder), files);
  });

  it('means nothing to another hub', async () => {
    const stranger = await startTestHub();
    try {
      await createRepository(stranger, basic('admin'), 'alice/app');
      for (const auth of [read, write, remove]) {
        await send(stranger, `GET ${app}/images`, { auth }).expect(401);
      }
    } finally {
      await stranger.close();
    }
  });
});

describe('a token that somebody has edited', () => {
  const edits: Readonly<Record<string, (token: string) => string>> = {
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `digit ${index + 1} of the signature`,
        (token: string) =>
          token.replace(/(?<=signature=)[0-9a-f]{40}/, (digits) => {
            const digit = (Number.parseInt(digits.charAt(index), 16) ^ 1).toString(16);
            return digits.slice(0, index) + digit + digits.slice(index + 1);
          }),
      ]),
    ),
    'the repository': (token) => token.replace('alice/app', 'alice/other'),
    'the namespace': (token) => token.replace('alice/app', 'bob_1/app'),
    'the case of the repository': (token) => token.replace('alice/app', 'alice/App'),
    'read to write': (token) => token.replace('access=read', 'access=write'),
    'read to delete': (token) => token.replace('access=read', 'access=delete'),
    'an unknown access': (token) => token.replace('access=read', 'access=admin'),
    'the access left out': (token) => token.replace(',access=read', ''),
    'the repository left out': (token) => token.replace(/,repository="[^"]*"/, ''),
    'the signature left out': (token) => token.replace(/signature=[0-9a-f]*,/, ''),
    'the signature empty': (token) => token.replace(/signature=[0-9a-f]*/, 'signature='),
    'the signature in capitals': (token) =>
      token.replace(/[0-9a-f]{40}/, (digits) => digits.toUpperCase().replace(/^0/, 'A')),
    'a shorter signature': (token) => token.replace(/[0-9a-f]{40}/, (d) => d.slice(0, 38)),
    'a longer signature': (token) => token.replace(/[0-9a-f]{40}/, (d) => `${d}00`),
    'a signature of zeros': (token) => token.replace(/[0-9a-f]{40}/, '0'.repeat(40)),
    nothing: () => 'Token',
    blanks: () => 'Token    ',
    'an odd word': () => 'Token true',
  };
  for (const [what, edit] of Object.entries(edits)) {
    it(`is refused: ${what}`, async () => {
      const auth = edit(read);
      assert.notEqual(auth, read);
      for (const path of [app, '/v1/repositories/alice/other', '/v1/repositories/bob_1/app']) {
        const index = await send(hub, `GET ${path}/images`, { auth }).expect(401);
        assert.equal(index.body, 'The token is not valid for this request');
        assert.equal(index.headers['www-authenticate'], 'Basic realm="auth required",Token');
      }
      const registry = await send(hub, `GET ${app}/tags`, { auth }).expect(401);
      assert.deepEqual(registry.body, { error: 'Requires authorization' });
      assert.equal(registry.headers['www-authenticate'], 'Basic realm="auth required",Token');
      await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(401);
      await send(hub, `PUT ${app}/images`, { auth, body: [] }).expect(401);
      await send(hub, `DELETE ${app}/`, { auth }).expect(401);
      await send(hub, `PUT ${app}/auth`, { auth }).expect(403, '"Permission denied"');
    });
  }
});

describe('a token is good for its repository alone', () => {
  const elsewhere = '/v1/repositories/alice/other';
  const lines: readonly (readonly [string, unknown?])[] = [
    [`GET ${elsewhere}/images`],
    [`GET ${elsewhere}/tags`],
    [`GET ${elsewhere}/tags/latest`],
    [`GET ${elsewhere}/json`],
    [`GET ${elsewhere}/properties`],
    [`GET ${elsewhere}/layer/${other.id}/access`],
    [`PUT ${elsewhere}/`, []],
    [`PUT ${elsewhere}/images`, []],
    [`PUT ${elsewhere}/tags/latest`, other.id],
    [`PUT ${elsewhere}/properties`, { access: 'private' }],
    [`DELETE ${elsewhere}/`],
    [`DELETE ${elsewhere}/images`],
    [`DELETE ${elsewhere}/tags`],
    [`DELETE ${elsewhere}/tags/latest`],
  ];
  for (const [line, body] of lines) {
    it(line, async () => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      for (const auth of [read, write, remove]) {
        assert.equal(await statusOf(line, { ...sent, auth }), 401, auth);
      }
      assert.equal(await statusOf(line.replace('other', 'none'), { ...sent, auth: read }), 401);
    });
  }

  it('of images, too: what it does not hold is not there', async () => {
    for (const part of ['json', 'layer', 'ancestry', 'files']) {
      for (const auth of [read, write]) {
        await send(hub, `GET /v1/images/${other.id}/${part}`, { auth }).expect(404);
      }
    }
    const sent = { auth: write, body: other.json };
    const response = await send(hub, `PUT /v1/images/${other.id}/json`, sent).expect(400);
    assert.deepEqual(response.body, { error: 'This image does not belong to the repository' });
  });

  it('and PUT …/auth says so, even of a good one', async () => {
    for (const auth of [read, write, remove]) {
      await send(hub, `PUT ${elsewhere}/auth`, { auth }).expect(403, '"Permission denied"');
    }
  });
});

describe('a token is good for its access alone', () => {
  const [base, top] = makeChain('push by token', 2);
  assert.ok(base && top);
  const reads = [
    `GET ${app}/images`,
    `GET ${app}/tags`,
    `GET ${app}/tags/latest`,
    `GET ${app}/tags/latest/json`,
    `GET ${app}/json`,
    `GET ${app}/properties`,
    `GET ${app}/layer/${image.id}/access`,
    `GET /v1/images/${image.id}/json`,
    `GET /v1/images/${image.id}/layer`,
    `HEAD /v1/images/${image.id}/layer`,
    `GET /v1/images/${image.id}/ancestry`,
    `GET /v1/images/${image.id}/files`,
  ];
  const writes: readonly (readonly [string, unknown])[] = [
    [`PUT ${app}/`, [{ id: base.id }]],
    [`PUT ${app}/images`, [{ id: base.id }]],
    [`PUT ${app}/tags/v2`, JSON.stringify(image.id)],
    [`PUT ${app}/properties`, { description: 'x' }],
    [`PUT /v1/images/${base.id}/json`, base.json],
    [`PUT /v1/images/${base.id}/layer`, base.layer],
    [`PUT /v1/images/${base.id}/checksum`, Buffer.alloc(0)],
  ];
  const deletes = [`DELETE ${app}/`, `DELETE ${app}/tags`, `DELETE ${app}/tags/latest`];

  it('read reads, more than once', async () => {
    for (const line of [...reads, ...reads])
      assert.equal(await statusOf(line, { auth: read }), 200);
  });

  it('read never writes or deletes', async () => {
    const files = await filesBelow(hub.folder);
    for (const [line, body] of writes)
      assert.equal(await statusOf(line, { auth: read, body }), 401);
    for (const line of deletes) assert.equal(await statusOf(line, { auth: read }), 401);
    assert.deepEqual(await filesBelow(hub.folder), files);
  });

  it('write reads, since dockers look images up with it, and never deletes', async () => {
    for (const line of reads) assert.equal(await statusOf(line, { auth: write }), 200, line);
    for (const line of deletes) assert.equal(await statusOf(line, { auth: write }), 401, line);
  });

  it('write pushes twice', async () => {
    for (const [index, next] of [base, top].entries()) {
      await send(hub, `PUT ${app}/images`, { auth: write, body: [{ id: next.id }] }).expect(204);
      await putJson(hub, write, next);
      await putLayer(hub, write, next);
      const headers = { 'X-Docker-Checksum-Payload': next.payload };
      await send(hub, `PUT /v1/images/${next.id}/checksum`, { auth: write, headers }).expect(200);
      const body = JSON.stringify(next.id);
      await send(hub, `PUT ${app}/tags/t${index}`, { auth: write, body }).expect(200);
    }
    const stored = await storedImages(hub.folder);
    assert.ok(stored.includes(base.id) && stored.includes(top.id));
  });

  it('delete neither reads nor writes, but for the list that a registry asks for', async () => {
    const [list, ...others] = reads;
    assert.ok(list);
    await send(hub, list, { auth: remove }).expect(200);
    for (const line of others) assert.equal(await statusOf(line, { auth: remove }), 401, line);
    const files = await filesBelow(hub.folder);
    for (const [line, body] of writes) {
      assert.equal(await statusOf(line, { auth: remove, body }), 401, line);
    }
    assert.deepEqual(await filesBelow(hub.folder), files);
  });

  it('delete deletes one tag and stays good for the rest', async () => {
    await send(hub, `DELETE ${app}/tags/t0`, { auth: remove }).expect(200, 'true');
    await send(hub, `DELETE ${app}/tags/t1`, { auth: remove }).expect(200, 'true');
    const gone = await send(hub, `DELETE ${app}/tags/t1`, { auth: remove }).expect(404);
    assert.deepEqual(gone.body, { error: 'Tag not found: t1' });
  });
});
