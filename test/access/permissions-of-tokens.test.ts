/*
 * A token ends before its time when the rights end that it was given for. Every token is tried
 * with every action, since any of them may be the one that forgot to ask.
 */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { ACTIONS, type Target } from '../support/actions.js';
import { basic, bearer, PASSWORD, send } from '../support/client.js';
import { type OwnHub, startTestHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { createRepository, pushImage, readToken } from '../support/pushes.js';

const wanted = { 'X-Docker-Token': 'true' };
const YEAR = 365 * 24 * 60 * 60 * 1000;

let hub: OwnHub;
let now = Date.UTC(2014, 5, 9, 12);

/** How the tokens of a case end: they are refused, as those of an inactive account, or not at all. */
type Ending = 'ended' | 'inactive' | 'good';

interface Case {
  /** Who asks for the tokens: the owner of `repository`, or an admin. */
  readonly bearer: string;
  readonly repository: string;
  readonly ending: Ending;
  /** Tokens are given out by a clock that is a year ahead. */
  readonly isAhead?: true;
  change?(): Promise<unknown>;
  /** What only the operator of a stopped hub can do. */
  readonly flags?: { readonly password?: string; readonly admin?: readonly boolean[] };
}

const own = (name: string): Pick<Case, 'bearer' | 'repository'> => ({
  bearer: name,
  repository: `${name}/app`,
});

const change = (by: string, name: string, body: object) =>
  send(hub, `PUT /v1/users/${name}/`, { auth: basic(by), body }).expect(204);

/** Each way in which rights end, and what may look like one and is not. */
const CASES: Readonly<Record<string, Case>> = {
  'the account is deactivated': {
    ...own('asleep'),
    ending: 'inactive',
    change: () => hub.users.deactivate('asleep'),
  },
  'an admin is deactivated, the repository is official': {
    ...own('boss'),
    repository: 'library/official',
    ending: 'inactive',
    change: () => hub.users.deactivate('boss'),
  },
  'the account is deactivated and activated again': {
    ...own('awake'),
    ending: 'ended',
    change: async () => {
      await hub.users.deactivate('awake');
      await hub.users.activate('awake');
    },
  },
  'an admin is none any more, the repository is official': {
    ...own('demoted'),
    repository: 'library/demoted',
    ending: 'ended',
    flags: { admin: [false] },
  },
  "an admin is none any more, the repository is somebody else's": {
    ...own('demoted_2'),
    repository: 'alice/foreign',
    ending: 'ended',
    flags: { admin: [false] },
  },
  'an admin was none for a while': {
    ...own('promoted'),
    ending: 'ended',
    flags: { admin: [false, true] },
  },
  'the password is changed': {
    ...own('careful'),
    ending: 'ended',
    change: () => change('careful', 'careful', { password: 'another' }),
  },
  'the password is set again as it was': {
    ...own('same'),
    ending: 'ended',
    change: () => change('same', 'same', { password: PASSWORD }),
  },
  'an admin changes the password': {
    ...own('reset_1'),
    ending: 'ended',
    change: () => change('admin', 'reset_1', { password: 'another' }),
  },
  'the operator changes the password': {
    ...own('reset_2'),
    ending: 'ended',
    flags: { password: 'another' },
  },
  'the account is removed': {
    ...own('removed'),
    ending: 'ended',
    change: () => hub.users.delete('removed'),
  },
  'the name is given to somebody else': {
    ...own('again'),
    ending: 'ended',
    change: async () => {
      await hub.users.delete('again');
      await hub.users.create({ username: 'again', password: PASSWORD });
    },
  },
  'the repository is made again': {
    bearer: 'alice',
    repository: 'alice/again',
    ending: 'ended',
    change: async () => {
      const auth = basic('alice');
      await send(hub, 'DELETE /v1/repositories/alice/again/', { auth }).expect(202);
      await send(hub, 'DELETE /v1/repositories/alice/again/', { auth }).expect(200);
      await pushImage(hub, auth, 'alice/again', makeImage('alice/again'));
    },
  },
  'the repository is made private': {
    bearer: 'alice',
    repository: 'alice/hidden',
    ending: 'ended',
    change: () =>
      send(hub, 'PUT /v1/repositories/alice/hidden/properties', {
        auth: basic('alice'),
        body: { access: 'private' },
      }).expect(200),
  },
  'the clock was ahead': {
    bearer: 'alice',
    repository: 'alice/ahead',
    ending: 'ended',
    isAhead: true,
  },
  'an address is added': {
    ...own('writer'),
    ending: 'good',
    change: () => change('writer', 'writer', { email: 'writer@another.example.com' }),
  },
  "the owner is deactivated, the tokens are an admin's": {
    bearer: 'admin',
    repository: 'owner_1/app',
    ending: 'good',
    change: () => hub.users.deactivate('owner_1'),
  },
  "the owner is removed, the tokens are an admin's": {
    bearer: 'admin',
    repository: 'owner_2/app',
    ending: 'good',
    change: () => hub.users.delete('owner_2'),
  },
};

const cases = Object.entries(CASES);
const ACCESSES = ['read', 'write', 'delete', 'read by write'] as const;
/** Authorization headers by case and access. */
const tokens = new Map<string, string>();

/** Tokens of each access; the last one was given out for another token instead of a password. */
async function takeTokens(name: string, { bearer: who, repository }: Case): Promise<void> {
  const auth = basic(who);
  const line = `DELETE /v1/repositories/${repository}/images`;
  const write = await createRepository(hub, auth, repository);
  tokens.set(`${name} write`, write);
  tokens.set(`${name} read`, await readToken(hub, repository, auth));
  tokens.set(`${name} delete`, bearer(await send(hub, line, { auth, headers: wanted })));
  tokens.set(`${name} read by write`, await readToken(hub, repository, write));
}

function targetOf({ repository }: Case): Target {
  const image = makeImage(repository);
  return { path: `/v1/repositories/${repository}`, image, next: image };
}

before(async () => {
  const admins = ['boss', 'demoted', 'demoted_2', 'promoted'];
  const people = new Set(cases.map(([, { bearer: who }]) => who)).add('owner_1').add('owner_2');
  people.delete('admin');
  hub = await startTestHub({
    people: [...people].map((username) => ({ username, admin: admins.includes(username) })),
    clock: { now: () => now },
  });
  for (const [name, each] of cases) {
    await pushImage(hub, basic(each.bearer), each.repository, makeImage(each.repository));
    if (each.isAhead) now += YEAR;
    await takeTokens(name, each);
    if (each.isAhead) now -= YEAR;
  }
  for (const [, each] of cases) await each.change?.();
  await hub.restart(async ({ domain: { accounts } }) => {
    for (const [, { bearer: who, flags = {} }] of cases) {
      for (const isAdmin of flags.admin ?? []) await accounts.setFlags(who, { admin: isAdmin });
      if (flags.password !== undefined) await accounts.setPassword(who, flags.password);
    }
  });
});

after(() => hub.close());

/** The status of a PUT whose body is sent only after `change`, when the hub knows already who sends it. */
function putSlowly(
  { path, auth, body }: { path: string; auth: string; body: string },
  change: () => Promise<void>,
): Promise<number> {
  const headers = { Authorization: auth, Expect: '100-continue', 'Content-Length': body.length };
  return new Promise((resolve, reject) => {
    const sent = request(`${hub.url}${path}`, { method: 'PUT', headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('continue', () => change().then(() => sent.end(body), reject)).on('error', reject);
    sent.flushHeaders();
  });
}

/** Every question whether a token is valid gets the same "no" (protocol.md §1.14). */
const REFUSED = { ended: 401, inactive: 403 };

describe('a token', () => {
  for (const [name, each] of cases) {
    for (const access of ACCESSES) {
      it(`when ${name}: ${access} is ${each.ending}`, async () => {
        const auth = tokens.get(`${name} ${access}`);
        const target = targetOf(each);
        if (each.ending === 'good') {
          await send(hub, `GET ${target.path}/images`, { auth }).expect(200);
          return;
        }
        const expected = REFUSED[each.ending];
        for (const [action, make] of Object.entries(ACTIONS)) {
          const [line, sent] = make(target);
          const { status } = await send(hub, line, { ...sent, auth });
          assert.equal(status, action === 'put auth' ? 403 : expected, action);
        }
      });
    }
  }

  it('of an account that is not active says so, in both voices', async () => {
    const auth = tokens.get('the account is deactivated write');
    const index = await send(hub, 'PUT /v1/repositories/asleep/app/images', { auth, body: [] });
    assert.equal(index.body, 'Account is not Active');
    const registry = await send(hub, 'GET /v1/repositories/asleep/app/tags', { auth });
    assert.deepEqual(registry.body, { error: 'Account is not Active' });
    await send(hub, 'GET /v1/repositories/asleep/app/tags').expect(200);
  });

  it('that nobody was given reads on when the owner is gone', async () => {
    const auth = await readToken(hub, 'owner_2/app');
    await send(hub, 'GET /v1/repositories/owner_2/app/tags', { auth }).expect(200);
  });

  it('that was given out before the clock was set back a little stays good', async () => {
    const auth = await readToken(hub, 'alice/again', basic('alice'));
    now -= 60_000;
    await send(hub, 'GET /v1/repositories/alice/again/tags', { auth }).expect(200);
    now -= 1;
    await send(hub, 'GET /v1/repositories/alice/again/tags', { auth }).expect(401);
    now += 60_001;
  });
});

describe('a body that takes its time', () => {
  const path = '/v1/repositories/writer/app/tags/slow';
  const body = JSON.stringify(makeImage('writer/app').id);

  it('changes nothing for somebody who is deactivated meanwhile', async () => {
    const token = await createRepository(hub, basic('writer'), 'writer/app');
    for (const auth of [token, basic('writer')]) {
      const status = putSlowly({ path, auth, body }, () => hub.users.deactivate('writer'));
      assert.equal(await status, 403);
      await hub.users.activate('writer');
      await send(hub, `GET ${path}`).expect(404);
      // Logged in again, so that the hub need not think about it.
      await send(hub, 'GET /v1/users/', { auth: basic('writer') }).expect(200);
    }
  });

  it('nor for somebody who is removed meanwhile', async () => {
    const status = putSlowly({ path, auth: basic('writer'), body }, () =>
      hub.users.delete('writer'),
    );
    assert.equal(await status, 401);
    await send(hub, `GET ${path}`).expect(404);
  });
});
