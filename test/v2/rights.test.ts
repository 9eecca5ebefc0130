/** Who may do what over v2, as one table for each `--anonymous`; and that nobody learns whether a private name exists. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { type OwnHub, startTestHub } from '../support/hub.js';
import { digestOf, makeModernImage } from '../support/modern-docker/images.js';
import { createRepository, setAccess } from '../support/pushes.js';
import { beginUpload, errorIn, pushModern, putBlob, tokenFor } from '../support/registry-v2.js';

/**
 * A block for each kind of repository, a row for each kind of operation, a column for each caller; the cells are statuses,
 * `ok` being that of success. `public`, `private` and `missing`, which would be, are alice's, `library` is official, `root`
 * would be, `dormant` is that of an account which is not active. `token` is nobody with a token, `robert` and `dormant`
 * are other accounts. Accounts are tried with Basic and with a token for all that they may do; `pull`, `else` and `none` are
 * tokens of alice's: to pull from there, for all of another repository, and for nothing. Who has a right, and a token
 * that is not for it, is asked for another one (401).
 */
const TABLE = `
             nobody  token  robert  alice  admin  dormant  pull  else  none
public
  read           ok     ok      ok     ok     ok      403    ok    ok    ok
  blob           ok     ok      ok     ok     ok      403    ok    ok    ok
  refer          ok     ok      ok     ok     ok      403    ok    ok    ok
  write         401    403     403     ok     ok      403   401   401   401
  delete        401    403     403     ok     ok      403   401   401   401
private
  read          401    403     403     ok     ok      403    ok   401   401
  blob          401    404     404     ok     ok      403    ok   401   401
  refer         401    403     403     ok     ok      403    ok   401   401
  write         401    403     403     ok     ok      403   401   401   401
  delete        401    403     403     ok     ok      403   401   401   401
missing
  read          401    403     403    404    404      403   404   404   404
  blob          401    404     404    404    404      403   404   404   404
  refer         401    403     403     ok     ok      403    ok    ok    ok
  write         401    403     403     ok     ok      403   401   401   401
  delete        401    403     403    404    404      403   401   401   401
library
  read           ok     ok      ok     ok     ok      403    ok    ok    ok
  blob           ok     ok      ok     ok     ok      403    ok    ok    ok
  refer          ok     ok      ok     ok     ok      403    ok    ok    ok
  write         401    403     403    403     ok      403   403   403   403
  delete        401    403     403    403     ok      403   403   403   403
root
  read          401    403     403    403    404      403   403   403   403
  blob          401    404     404    404    404      403   404   404   404
  refer         401    403     403    403     ok      403   403   403   403
  write         401    403     403    403     ok      403   403   403   403
  delete        401    403     403    403    404      403   403   403   403
dormant
  read           ok     ok      ok     ok     ok      403    ok    ok    ok
  blob           ok     ok      ok     ok     ok      403    ok    ok    ok
  write         401    403     403    403     ok      403   403   403   403
  delete        401    403     403    403     ok      403   403   403   403
`;

/** The same with `--anonymous push`: `common` was pushed by nobody, `free` nobody has, not even as an account. */
const OPEN_TABLE = `
             nobody  token  robert  alice  admin  dormant  pull  else  none
common
  read           ok     ok      ok     ok     ok      403    ok    ok    ok
  blob           ok     ok      ok     ok     ok      403    ok    ok    ok
  refer          ok     ok      ok     ok     ok      403    ok    ok    ok
  write          ok     ok      ok     ok     ok      403   401   401   401
  delete         ok     ok      ok     ok     ok      403   401   401   401
free
  read          404    404     404    404    404      403   404   404   404
  blob          404    404     404    404    404      403   404   404   404
  refer          ok     ok      ok     ok     ok      403    ok    ok    ok
  write          ok     ok      ok     ok     ok      403   401   401   401
  delete        404    404     404    404    404      403   401   401   401
${TABLE.slice(TABLE.indexOf('public'), TABLE.indexOf('library'))}
library
  read           ok     ok      ok     ok     ok      403    ok    ok    ok
  blob           ok     ok      ok     ok     ok      403    ok    ok    ok
  write         401    403     403    403     ok      403   403   403   403
  delete        401    403     403    403     ok      403   403   403   403
`;

const CALLERS = [
  'nobody',
  'token',
  'robert',
  'alice',
  'admin',
  'dormant',
  'pull',
  'else',
  'none',
] as const;
type Caller = (typeof CALLERS)[number];

const image = makeModernImage('rights');
const { digest } = image.manifest;
const manifest = image.manifest.bytes.toString();
const blob = Buffer.from('a blob of its own');
/** Of something that the image needs, so that it is there as long as that. */
const layer = digestOf(image.layers[0]?.bytes ?? Buffer.alloc(0));

/** The repository that all cases share which must not change it. */
const SHARED: Readonly<Record<string, string>> = {
  public: 'alice/public',
  private: 'alice/private',
  missing: 'alice/missing',
  library: 'official',
  root: 'nothing',
  dormant: 'dormant/app',
  common: 'team/app',
  free: 'team/free',
};

/** A request, the status of its success, and whether it needs an upload under way. */
interface Operation {
  readonly kind: 'read' | 'blob' | 'refer' | 'write' | 'delete';
  readonly line: (name: string, upload: string) => string;
  readonly ok: number;
  readonly body?: string | Buffer;
  readonly type?: string;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'get tag': { kind: 'read', line: (name) => `GET /v2/${name}/manifests/tag`, ok: 200 },
  'head digest': { kind: 'read', line: (name) => `HEAD /v2/${name}/manifests/${digest}`, ok: 200 },
  'get blob': { kind: 'blob', line: (name) => `GET /v2/${name}/blobs/${layer}`, ok: 200 },
  'head blob': { kind: 'blob', line: (name) => `HEAD /v2/${name}/blobs/${layer}`, ok: 200 },
  'list tags': { kind: 'read', line: (name) => `GET /v2/${name}/tags/list`, ok: 200 },
  'list referrers': {
    kind: 'refer',
    line: (name) => `GET /v2/${name}/referrers/${digest}`,
    ok: 200,
  },
  begin: { kind: 'write', line: (name) => `POST /v2/${name}/blobs/uploads/`, ok: 202 },
  'bring at once': {
    kind: 'write',
    line: (name) => `POST /v2/${name}/blobs/uploads/?digest=${digestOf(blob)}`,
    ok: 201,
    body: blob,
  },
  mount: {
    kind: 'write',
    line: (name) => `POST /v2/${name}/blobs/uploads/?mount=${layer}&from=alice/public`,
    ok: 201,
  },
  'ask how far': { kind: 'write', line: (_, upload) => `GET ${upload}`, ok: 204 },
  append: { kind: 'write', line: (_, upload) => `PATCH ${upload}`, ok: 202, body: blob },
  finish: {
    kind: 'write',
    line: (_, upload) => `PUT ${upload}?digest=${digestOf(blob)}`,
    ok: 201,
    body: blob,
  },
  cancel: { kind: 'write', line: (_, upload) => `DELETE ${upload}`, ok: 204 },
  'put manifest': {
    kind: 'write',
    line: (name) => `PUT /v2/${name}/manifests/again`,
    ok: 201,
    body: manifest,
    type: image.manifest.mediaType,
  },
  'delete tag': { kind: 'delete', line: (name) => `DELETE /v2/${name}/manifests/tag`, ok: 202 },
  'delete manifest': {
    kind: 'delete',
    line: (name) => `DELETE /v2/${name}/manifests/${digest}`,
    ok: 202,
  },
  'delete blob': {
    kind: 'delete',
    line: (name) => `DELETE /v2/${name}/blobs/${digestOf(blob)}`,
    ok: 202,
  },
};

const PASSWORDS: Partial<Record<Caller, string>> = {
  robert: basic('robert'),
  alice: basic('alice'),
  admin: basic('admin'),
};

const known = new WeakMap<OwnHub, Map<string, ReturnType<typeof newWays>>>();

/** Every way in which somebody shows who they are. */
function ways(hub: OwnHub, caller: Caller, name: string): ReturnType<typeof newWays> {
  const own = known.get(hub) ?? new Map();
  known.set(hub, own);
  const found = own.get(`${caller} ${name}`) ?? newWays(hub, caller, name);
  own.set(`${caller} ${name}`, found);
  return found;
}

async function newWays(hub: OwnHub, caller: Caller, name: string): Promise<(string | undefined)[]> {
  const all = `repository:${fullOf(name)}:pull,push,delete`;
  switch (caller) {
    case 'nobody':
      return [undefined, 'Basic Og=='];
    case 'token':
      return [await tokenFor(hub, undefined, all)];
    case 'dormant':
      return [basic('dormant'), dormant.get(hub)];
    case 'pull':
      return [await tokenFor(hub, basic('alice'), `repository:${fullOf(name)}:pull`)];
    case 'else':
      return [await tokenFor(hub, basic('alice'), 'repository:alice/other:pull,push,delete')];
    case 'none':
      return [await tokenFor(hub, basic('alice'))];
    default:
      return [PASSWORDS[caller], await tokenFor(hub, PASSWORDS[caller], all)];
  }
}

function fullOf(name: string): string {
  return name.includes('/') ? name : `library/${name}`;
}

/** What the dormant account got while it was active. */
const dormant = new WeakMap<OwnHub, string>();

async function furnish(hub: OwnHub): Promise<void> {
  const asked = 'repository:dormant/app:pull,push,delete';
  dormant.set(hub, await tokenFor(hub, basic('dormant'), asked));
  for (const place of ['public', 'private', 'library', 'dormant']) {
    await fill(hub, place, SHARED[place] ?? '');
  }
  await hub.users.deactivate('dormant');
}

/** Who fills a repository of a kind: what an owner pushes to is nobody's no longer. */
function filler(place: string): string | undefined {
  return place === 'common' || place === 'free' ? undefined : basic('admin');
}

/** An image under `tag`, and a blob that nothing names; in a repository of this kind. */
async function fill(hub: OwnHub, place: string, name: string): Promise<void> {
  const auth = filler(place);
  if (place === 'private') {
    await createRepository(hub, auth ?? '', name);
    await setAccess(hub, auth ?? '', name, 'private');
  }
  await pushModern(hub, auth, name, image, 'tag');
  await putBlob(hub, auth, name, blob);
}

interface Row {
  readonly place: string;
  readonly kind: string;
  readonly cells: readonly string[];
}

function rowsOf(table: string): Row[] {
  const rows: Row[] = [];
  let place = '';
  for (const line of table.split('\n').slice(2)) {
    const [word = '', ...cells] = line.trim().split(/ +/);
    if (line.startsWith(' ')) rows.push({ place, kind: word, cells });
    else if (word !== '') place = word;
  }
  return rows;
}

let made = 0;

const uploads = new Map<string, Promise<string>>();

function once(key: string, begin: () => Promise<string>): Promise<string> {
  const upload = uploads.get(key) ?? begin();
  uploads.set(key, upload);
  return upload;
}

/** Tries an operation in every way of a caller, each where it has not been done before. */
async function judge(
  hub: OwnHub,
  place: string,
  { kind, line, ok, body, type }: Operation,
  caller: Caller,
  cell: string,
): Promise<void> {
  const isChange = cell === 'ok' && (kind === 'write' || kind === 'delete');
  // A last way may be the first that an account of this name can take.
  for (const way of (await ways(hub, caller, SHARED[place] ?? '')).keys()) {
    made += 1;
    const shared = SHARED[place] ?? '';
    const name = isChange ? `${shared}${made}` : shared;
    const isThere = !['missing', 'root', 'free'].includes(place);
    // The blobs that a manifest names must be in the repository first.
    if (isChange && (isThere || body === manifest)) await fill(hub, place, name);
    const begun = () => beginUpload(hub, filler(place), name);
    const needs = line('', 'UPLOAD').includes('UPLOAD');
    // What is refused leaves it as it is, for the next.
    const upload = needs ? await (isChange ? begun() : once(`${hub.port} ${place}`, begun)) : '';
    const auth = (await ways(hub, caller, name))[way];
    const headers = type === undefined ? {} : { 'Content-Type': type };
    const sent = { auth, headers, ...(body === undefined ? {} : { body }) };
    const answer = await send(hub, line(name, upload), sent);
    assert.equal(answer.status, cell === 'ok' ? ok : Number(cell), `${name}: ${answer.text}`);
  }
}

for (const [anonymous, table] of [
  ['pull', TABLE],
  ['push', OPEN_TABLE],
] as const) {
  describe(`with --anonymous ${anonymous}`, () => {
    let hub: OwnHub;
    before(async () => {
      hub = await startTestHub({ anonymous, people: ['alice', 'robert', 'dormant'] });
      await furnish(hub);
      if (anonymous === 'push') await fill(hub, 'common', SHARED.common ?? '');
    });
    after(() => hub.close());

    for (const { place, kind, cells } of rowsOf(table)) {
      const operations = Object.entries(OPERATIONS).filter(([, each]) => each.kind === kind);
      for (const [title, operation] of operations) {
        it(`${title}, ${place}`, async () => {
          for (const [column, caller] of CALLERS.entries()) {
            await judge(hub, place, operation, caller, cells[column] ?? '').catch(
              (error: Error) => {
                throw new Error(`${caller}: ${error.message}`, { cause: error });
              },
            );
          }
        });
      }
    }

    it('what is refused changes nothing', async () => {
      const places = ['public', 'private', 'library', 'dormant'];
      for (const place of [...places, ...(anonymous === 'push' ? ['common'] : [])]) {
        const path = `/v2/${SHARED[place]}`;
        const auth = basic('admin');
        const { body } = await send(hub, `GET ${path}/tags/list`, { auth }).expect(200);
        assert.deepEqual(body.tags, ['tag']);
        await send(hub, `HEAD ${path}/blobs/${digestOf(blob)}`, { auth }).expect(200);
      }
    });
  });
}

describe('a private name', () => {
  let hub: OwnHub;
  before(async () => {
    hub = await startTestHub({ people: ['alice', 'robert'] });
    await fill(hub, 'private', 'alice/private');
  });
  after(() => hub.close());

  it('cannot be told from one that is not there', async () => {
    for (const caller of ['nobody', 'token', 'robert'] as const) {
      for (const { line, body } of Object.values(OPERATIONS)) {
        const told: string[] = [];
        for (const name of ['alice/private', 'alice/missing']) {
          for (const auth of await ways(hub, caller, name)) {
            const upload = `/v2/${name}/blobs/uploads/${'0'.repeat(32)}`;
            const sent = { auth, ...(body === undefined ? {} : { body }) };
            const { status, text, headers } = await send(hub, line(name, upload), sent);
            const challenge = headers['www-authenticate'] ?? '';
            told.push(`${status} ${text} ${challenge}`.replaceAll(name, 'NAME'));
          }
        }
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

describe('a push without a login', () => {
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
