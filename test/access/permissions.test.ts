/* Who may do what, as one table (protocol.md §1 and §2; the README shows it in words). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ACTIONS, type Target } from '../support/actions.js';
import { basic, bearer, send } from '../support/client.js';
import { startTestHub, type TestHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { createRepository, pushImage, readToken } from '../support/pushes.js';

/**
 * A block for each kind of repository, a row for each action, a column for each caller; the cells are
 * the statuses. `public` and `private` are alice's, `library` is official, `dormant` is that of an
 * account that is not active. `read`, `write` and `delete` are tokens for the repository itself,
 * `other` is a write token for another one of alice's. All are an admin's: what ends them is in
 * test/access/permissions-of-tokens.test.ts. That an account which is not active is refused what everybody may
 * read is recorded of the Hub (protocol.md §1.6).
 */
const TABLE = `
                  nobody  bob_1  alice  admin  dormant  read  write  delete  other
public
  list images        200    200    200    200      403   200    200     200    401
  list tags          200    200    200    200      403   200    200     401    401
  get tag            200    200    200    200      403   200    200     401    401
  get tag json       200    200    200    200      403   200    200     401    401
  get json           200    200    200    200      403   200    200     401    401
  get properties     200    200    200    200      403   200    200     401    401
  get access         401    200    200    200      403   200    200     401    401
  get image json     200    200    200    200      403   200    200     401    404
  get layer          200    200    200    200      403   200    200     401    404
  head layer         200    200    200    200      403   200    200     401    404
  get ancestry       200    200    200    200      403   200    200     401    404
  get files          200    200    200    200      403   200    200     401    404
  push               401    403    200    200      403   401    200     401    401
  put images         401    403    204    204      403   401    204     401    401
  put image json     401    400    200    200      403   401    200     401    400
  put layer          401    404    200    200      403   401    200     401    404
  put checksum       401    404    200    200      403   401    200     401    404
  put tag            401    403    200    200      403   401    200     401    401
  put properties     401    403    200    200      403   401    200     401    401
  put auth           401    200    200    200      403   200    200     200    403
  delete tag         401    403    200    200      403   401    401     200    401
  delete images      401    403    204    204      403   401    401     204    401
  delete tags        401    403    200    200      403   401    401     200    401
  delete             401    403    202    202      403   401    401     200    401
private
  list images        404    404    200    200      403   200    200     200    401
  list tags          404    404    200    200      403   200    200     401    401
  get tag            404    404    200    200      403   200    200     401    401
  get tag json       404    404    200    200      403   200    200     401    401
  get json           404    404    200    200      403   200    200     401    401
  get properties     404    404    200    200      403   200    200     401    401
  get access         401    404    200    200      403   200    200     401    401
  get image json     404    404    200    200      403   200    200     401    404
  get layer          404    404    200    200      403   200    200     401    404
  head layer         404    404    200    200      403   200    200     401    404
  get ancestry       404    404    200    200      403   200    200     401    404
  get files          404    404    200    200      403   200    200     401    404
  push               401    403    200    200      403   401    200     401    401
  put images         401    403    204    204      403   401    204     401    401
  put image json     401    400    200    200      403   401    200     401    400
  put layer          401    404    200    200      403   401    200     401    404
  put checksum       401    404    200    200      403   401    200     401    404
  put tag            401    403    200    200      403   401    200     401    401
  put properties     401    403    200    200      403   401    200     401    401
  put auth           401    404    200    200      403   200    200     200    403
  delete tag         401    403    200    200      403   401    401     200    401
  delete images      401    403    204    204      403   401    401     204    401
  delete tags        401    403    200    200      403   401    401     200    401
  delete             401    403    202    202      403   401    401     200    401
library
  list images        200    200    200    200      403   200    200     200    401
  list tags          200    200    200    200      403   200    200     401    401
  get tag            200    200    200    200      403   200    200     401    401
  get tag json       200    200    200    200      403   200    200     401    401
  get json           200    200    200    200      403   200    200     401    401
  get properties     200    200    200    200      403   200    200     401    401
  get access         401    200    200    200      403   200    200     401    401
  get image json     200    200    200    200      403   200    200     401    404
  get layer          200    200    200    200      403   200    200     401    404
  head layer         200    200    200    200      403   200    200     401    404
  get ancestry       200    200    200    200      403   200    200     401    404
  get files          200    200    200    200      403   200    200     401    404
  push               401    403    403    200      403   401    200     401    401
  put images         401    403    403    204      403   401    204     401    401
  put image json     401    400    400    200      403   401    200     401    400
  put layer          401    404    404    200      403   401    200     401    404
  put checksum       401    404    404    200      403   401    200     401    404
  put tag            401    403    403    200      403   401    200     401    401
  put properties     401    403    403    200      403   401    200     401    401
  put auth           401    200    200    200      403   200    200     200    403
  delete tag         401    403    403    200      403   401    401     200    401
  delete images      401    403    403    204      403   401    401     204    401
  delete tags        401    403    403    200      403   401    401     200    401
  delete             401    403    403    202      403   401    401     200    401
dormant
  list images        200    200    200    200      403   200    200     200    401
  list tags          200    200    200    200      403   200    200     401    401
  get tag            200    200    200    200      403   200    200     401    401
  get tag json       200    200    200    200      403   200    200     401    401
  get json           200    200    200    200      403   200    200     401    401
  get properties     200    200    200    200      403   200    200     401    401
  get access         401    200    200    200      403   200    200     401    401
  get image json     200    200    200    200      403   200    200     401    404
  get layer          200    200    200    200      403   200    200     401    404
  head layer         200    200    200    200      403   200    200     401    404
  get ancestry       200    200    200    200      403   200    200     401    404
  get files          200    200    200    200      403   200    200     401    404
  push               401    403    403    200      403   401    200     401    401
  put images         401    403    403    204      403   401    204     401    401
  put image json     401    400    400    200      403   401    200     401    400
  put layer          401    404    404    200      403   401    200     401    404
  put checksum       401    404    404    200      403   401    200     401    404
  put tag            401    403    403    200      403   401    200     401    401
  put properties     401    403    403    200      403   401    200     401    401
  put auth           401    200    200    200      403   200    200     200    403
  delete tag         401    403    403    200      403   401    401     200    401
  delete images      401    403    403    204      403   401    401     204    401
  delete tags        401    403    403    200      403   401    401     200    401
  delete             401    403    403    202      403   401    401     200    401
anything
  log in             401    200    200    200      403   401    401     401    401
  search             200    200    200    200      403   200    200     200    200
  change alice       401    403    204    204      403   401    401     401    401
  change dormant     401    403    403    204      403   401    401     401    401
`;

const NAMESPACES: Readonly<Record<string, string>> = {
  public: 'alice',
  private: 'alice',
  library: 'library',
  dormant: 'dormant',
  anything: 'alice',
};

let hub: TestHub;
const admin = basic('admin');
const wanted = { 'X-Docker-Token': 'true' };
/** The image of the public repositories, and that of the private ones. */
const open = makeImage('open');
const secret = makeImage('secret');

before(async () => {
  const people = ['alice', 'bob_1', { username: 'dormant', active: false }];
  hub = await startTestHub({ people });
  await pushImage(hub, admin, 'alice/open', open);
  await makePrivate('alice/secret');
  await pushImage(hub, admin, 'alice/secret', secret);
  await createRepository(hub, admin, 'alice/other');
});

after(() => hub.close());

/** What can be done once: each cell gets a repository of its own for it. */
const USING_UP = new Set([
  'put image json',
  'put layer',
  'put checksum',
  'put auth',
  'change alice',
  'change dormant',
  'delete tag',
  'delete tags',
  'delete',
]);

/** Repositories that many cases share, and the credentials for each; by their names. */
const targets = new Map<string, Promise<Target>>();
const headers = new Map<string, Promise<string | undefined>>();

function once<V>(known: Map<string, Promise<V>>, key: string, make: () => Promise<V>): Promise<V> {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

/** A repository with an image under the tag `latest`, and another image on its way. */
async function makeTarget(kind: string, name: string, action: string): Promise<Target> {
  const full = `${NAMESPACES[kind]}/${name}`;
  const image = kind === 'private' ? secret : open;
  const next = makeImage(name);
  if (kind === 'private') await makePrivate(full);
  // What is listed and here already need not be sent.
  await createRepository(hub, admin, full, [image, next]);
  const tag = { auth: admin, body: JSON.stringify(image.id) };
  await send(hub, `PUT /v1/repositories/${full}/tags/latest`, tag).expect(200);
  const [json, layer] = [next.json, next.layer].map((body) => ({ auth: admin, body }));
  if (action === 'put layer' || action === 'put checksum') {
    await send(hub, `PUT /v1/images/${next.id}/json`, json).expect(200);
  }
  if (action === 'put checksum') {
    await send(hub, `PUT /v1/images/${next.id}/layer`, layer).expect(200);
  }
  return { path: `/v1/repositories/${full}`, image, next };
}

async function makePrivate(name: string): Promise<void> {
  await createRepository(hub, admin, name);
  const sent = { auth: admin, body: { access: 'private' } };
  await send(hub, `PUT /v1/repositories/${name}/properties`, sent).expect(200);
}

/** The Authorization header of a column. */
async function credentials(caller: string, { path }: Target): Promise<string | undefined> {
  const name = path.replace('/v1/repositories/', '');
  if (caller === 'nobody') return undefined;
  if (caller === 'read') return readToken(hub, name, admin);
  if (caller === 'write') return createRepository(hub, admin, name);
  if (caller === 'other') return createRepository(hub, admin, 'alice/other');
  if (caller !== 'delete') return basic(caller);
  const asked = await send(hub, `DELETE ${path}/images`, { auth: admin, headers: wanted });
  return bearer(asked);
}

async function act(kind: string, action: string, caller: string): Promise<number> {
  const own = USING_UP.has(action) ? `-${action}-${caller}`.replaceAll(' ', '_') : '';
  const name = `${kind}${own}`;
  const target = await once(targets, name, () => makeTarget(kind, name, action));
  const auth = await once(headers, `${name} ${caller}`, () => credentials(caller, target));
  const [line, sent] = ACTIONS[action]?.(target) ?? [''];
  return (await send(hub, line, { ...sent, auth })).status;
}

/** The cells of a line; two blanks or more divide them. */
function cells(line: string): string[] {
  return line.trim().split(/\s{2,}/);
}

describe('the table of permissions', () => {
  const [head = '', ...lines] = TABLE.split('\n').filter((line) => line.trim() !== '');
  const callers = cells(head);
  let kind = '';
  const covered = new Set<string>();
  for (const line of lines) {
    if (!line.startsWith(' ')) {
      kind = line;
      continue;
    }
    const [action = '', ...statuses] = cells(line);
    const [where, expected] = [kind, statuses.map(Number)];
    covered.add(action);
    it(`${where}: ${action}`, async () => {
      const found = await Promise.all(callers.map((caller) => act(where, action, caller)));
      const named = (all: readonly number[]) =>
        Object.fromEntries(callers.map((caller, column) => [caller, all[column]]));
      assert.deepEqual(named(found), named(expected));
    });
  }

  it('has every action', () => {
    assert.deepEqual([...covered].sort(), Object.keys(ACTIONS).sort());
  });
});
