/** Who may do what over v2, as one table; and that nobody learns whether a private name exists. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { type OwnHub, startTestHub, useHub } from '../support/hub.js';
import { makeModernImage } from '../support/modern-docker/images.js';
import { createRepository, setAccess } from '../support/pushes.js';
import { errorIn, pushModern, putBlob, tokenFor } from '../support/registry-v2.js';

/**
 * `token` is nobody with a token, `other` another account; `public` and `private` are alice's, `missing` would be,
 * `library` is official, `root` would be. Each account is tried with Basic and with a token for all it may do.
 */
const TABLE = `
             nobody  token  other  alice  admin
public
  tag           200    200    200    200    200
  blob          200    200    200    200    200
  tags          200    200    200    200    200
  referrers     200    200    200    200    200
  upload        401    403    403    202    202
  put           401    403    403    201    201
  delete        401    403    403    202    202
private
  tag           401    403    403    200    200
  blob          401    403    403    200    200
  tags          401    403    403    200    200
  referrers     401    403    403    200    200
  upload        401    403    403    202    202
  put           401    403    403    201    201
  delete        401    403    403    202    202
missing
  tag           401    403    403    404    404
  blob          401    403    403    404    404
  tags          401    403    403    404    404
  referrers     401    403    403    200    200
  upload        401    403    403    202    202
  delete        401    403    403    404    404
library
  tag           200    200    200    200    200
  blob          200    200    200    200    200
  tags          200    200    200    200    200
  upload        401    403    403    403    202
  put           401    403    403    403    201
  delete        401    403    403    403    202
root
  tag           401    403    403    403    404
  tags          401    403    403    403    404
  upload        401    403    403    403    202
  delete        401    403    403    403    404
`;

const CALLERS = ['nobody', 'token', 'other', 'alice', 'admin'] as const;
type Caller = (typeof CALLERS)[number];

const image = makeModernImage('rights');
const { digest } = image.manifest;
const blob = Buffer.from('a blob of its own');
const NAMES: Readonly<Record<string, string>> = {
  public: 'alice/public',
  private: 'alice/private',
  missing: 'alice/missing',
  library: 'official',
  root: 'nothing',
};

const hub: OwnHub = useHub({ people: ['alice', 'robert'] }, async () => {
  await createRepository(hub, basic('alice'), 'alice/private');
  await setAccess(hub, basic('alice'), 'alice/private', 'private');
  for (const name of ['alice/public', 'alice/private', 'official']) {
    await pushModern(hub, basic('admin'), name, image, 'tag');
    await putBlob(hub, basic('admin'), name, blob);
  }
});

const ACCOUNTS: Readonly<Record<Caller, string | undefined>> = {
  nobody: undefined,
  token: undefined,
  other: basic('robert'),
  alice: basic('alice'),
  admin: basic('admin'),
};

const LINES: Readonly<Record<string, (name: string) => string>> = {
  tag: (name) => `GET /v2/${name}/manifests/tag`,
  blob: (name) => `GET /v2/${name}/blobs/${blobDigest()}`,
  tags: (name) => `GET /v2/${name}/tags/list`,
  referrers: (name) => `GET /v2/${name}/referrers/${digest}`,
  upload: (name) => `POST /v2/${name}/blobs/uploads/`,
  put: (name) => `PUT /v2/${name}/manifests/again`,
  delete: (name) => `DELETE /v2/${name}/manifests/again`,
};

function blobDigest(): string {
  return JSON.parse(image.manifest.bytes.toString()).config.digest;
}

interface Row {
  readonly place: string;
  readonly action: string;
  readonly statuses: readonly number[];
}

function rowsOf(table: string): Row[] {
  const rows: Row[] = [];
  let place = '';
  for (const line of table.split('\n').slice(2)) {
    const [word = '', ...statuses] = line.trim().split(/ +/);
    if (!line.startsWith(' ')) place = word;
    else rows.push({ place, action: word, statuses: statuses.map(Number) });
  }
  return rows;
}

/** Both ways in which somebody shows who they are. */
async function ways(hubOf: OwnHub, caller: Caller, name: string): Promise<(string | undefined)[]> {
  const auth = ACCOUNTS[caller];
  const token = await tokenFor(hubOf, auth, `repository:${name}:pull,push,delete`);
  if (caller === 'nobody') return [undefined];
  return caller === 'token' ? [token] : [auth, token];
}

async function ask(at: OwnHub, action: string, name: string, auth: string | undefined) {
  const line = LINES[action]?.(name) ?? '';
  if (action === 'put') {
    const headers = { 'Content-Type': image.manifest.mediaType };
    return send(at, line, { auth, headers, body: image.manifest.bytes.toString() });
  }
  return send(at, line, { auth });
}

for (const { place, action, statuses } of rowsOf(TABLE)) {
  describe(`${action} of what is ${place}`, () => {
    for (const [index, caller] of CALLERS.entries()) {
      const status = statuses[index] ?? 0;
      it(`is ${status} for ${caller}`, async () => {
        const name = NAMES[place] ?? '';
        for (const auth of await ways(hub, caller, name)) {
          if (action === 'delete' && status === 202) {
            await ask(hub, 'put', name, basic('admin'));
          }
          const answer = await ask(hub, action, name, auth);
          assert.equal(answer.status, status, answer.text);
        }
      });
    }
  });
}

describe('a private name', () => {
  it('cannot be told from one that is not there', async () => {
    for (const caller of ['nobody', 'token', 'other'] as const) {
      for (const action of Object.keys(LINES)) {
        const told: string[] = [];
        for (const place of ['private', 'missing']) {
          const name = NAMES[place] ?? '';
          for (const auth of await ways(hub, caller, name)) {
            const { status, text, headers } = await ask(hub, action, name, auth);
            const challenge = headers['www-authenticate'] ?? '';
            told.push(`${status} ${text} ${challenge}`.replaceAll(name, 'NAME'));
          }
        }
        assert.equal(new Set(told.filter((_, index) => index % 2 === 0)).size, 1, told.join('\n'));
        assert.equal(told.length % 2, 0);
        const half = told.length / 2;
        assert.deepEqual(told.slice(0, half), told.slice(half));
      }
    }
  });

  it('gets the same token as a missing one', async () => {
    for (const auth of [undefined, basic('robert')]) {
      const scopes = await Promise.all(
        ['alice/private', 'alice/missing'].map(async (name) => {
          const token = await tokenFor(hub, auth, `repository:${name}:pull,push`);
          const [body = ''] = token.replace('Bearer ', '').split('.');
          return Buffer.from(body, 'base64url').toString();
        }),
      );
      // Not even what tells a repository from an earlier one.
      const told = scopes.map((text) => {
        const { scopes: all } = JSON.parse(text) as {
          scopes: { actions: []; generation: string }[];
        };
        return all.map(({ actions, generation }) => ({ actions, generation }));
      });
      assert.deepEqual(told[0], told[1]);
    }
  });
});

describe('with --anonymous push', () => {
  let open: OwnHub;
  before(async () => {
    open = await startTestHub({ anonymous: 'push', people: ['alice'] });
  });
  after(() => open.close());

  it('a push to a name without an owner needs no login', async () => {
    for (const [name, auth] of [
      ['team/app', undefined],
      ['justaname', undefined],
      ['team/empty', 'Basic Og=='],
      ['team/token', await tokenFor(open, undefined, 'repository:team/token:pull,push')],
    ] as const) {
      await pushModern(open, auth, name, image, '1');
      await send(open, `GET /v2/${name}/manifests/1`).expect(200);
      await send(open, `DELETE /v2/${name}/manifests/${digest}`, { auth }).expect(202);
    }
    const list = await send(open, 'GET /v2/_catalog').expect(200);
    assert.deepEqual(list.body.repositories, []);
  });

  it('a name of an account and an official one still need a login', async () => {
    await pushModern(open, basic('alice'), 'alice/app', image, '1');
    await send(open, 'GET /v2/alice/app/manifests/1').expect(200);
    await send(open, 'POST /v2/alice/app/blobs/uploads/').expect(401);
    await send(open, `DELETE /v2/alice/app/manifests/${digest}`).expect(401);
    await pushModern(open, basic('admin'), 'official', image, '1');
    await send(open, 'POST /v2/official/blobs/uploads/').expect(401);
  });

  it('a missing repository is not found, for those who could push it', async () => {
    const answer = await send(open, 'GET /v2/team/none/manifests/1').expect(404);
    assert.equal(errorIn(answer).code, 'NAME_UNKNOWN');
  });
});
