import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { type Hub, InvalidInput, type NewImage, type Seed } from '../../src/index.js';
import { asBytes, basic, PASSWORD, send } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';

/* What a hub begins with: an object, a JSON file or a YAML file; and what is said of a broken one. */

const SEED: Seed = {
  users: [
    { username: 'jamtur01', password: PASSWORD },
    { username: 'sleepy', password: PASSWORD, email: 's@example.org', active: false },
    { username: 'chief', password: PASSWORD, admin: true },
  ],
  repositories: [
    {
      name: 'jamtur01/web',
      description: 'A site',
      stars: 3,
      tags: {
        // On an image that comes later in the seed, and under a name that JavaScript puts first.
        7: { files: { 'etc/motd': 'hello' }, from: 'busybox:1.0' },
        latest: { files: {}, from: 'jamtur01/web:7' },
      },
    },
    { name: 'jamtur01/secret', private: true },
    { name: 'busybox', trusted: true, tags: { '1.0': { files: { 'bin/sh': '#!' } } } },
  ],
};

const YAML = `
# What the tests of a client begin with.
users:
  - { username: jamtur01, password: ${PASSWORD} }
  - { username: sleepy, password: ${PASSWORD}, email: s@example.org, active: no }
  - username: chief
    password: ${PASSWORD}
    admin: true
repositories:
  - name: jamtur01/web
    description: A site
    stars: 3
    tags:
      7: { files: { etc/motd: hello }, from: 'busybox:1.0' }
      latest: { files: {}, from: 'jamtur01/web:7' }
  - { name: jamtur01/secret, private: true }
  - name: busybox
    trusted: true
    tags:
      1.0: { files: { bin/sh: '#!' } }
`.replace('active: no', 'active: false');

describe('a seed', () => {
  let folder: string;
  let fromObject: Hub;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-v1-seed-'));
    fromObject = await startPlainHub({ seed: SEED });
  });
  after(async () => {
    await fromObject.close();
    rmSync(folder, { recursive: true });
  });

  /** All that is there, without the times at which it came. */
  function content(hub: Hub) {
    const users = hub.users.list().map(({ created: _, ...user }) => user);
    return { users, repositories: hub.repositories.list(), images: hub.images.list() };
  }

  it('makes users, repositories and images, in any order', async () => {
    const { users, repositories, images } = content(fromObject);
    assert.deepEqual(users.map(({ username, active, admin }) => [username, active, admin]).sort(), [
      ['chief', true, true],
      ['jamtur01', true, false],
      ['sleepy', false, false],
    ]);
    assert.deepEqual(
      repositories.map(({ name, private: isPrivate, stars, trusted, tags }) => [
        ...[name, isPrivate, stars, trusted, Object.keys(tags)],
      ]),
      [
        ['jamtur01/web', false, 3, false, ['7', 'latest']],
        ['jamtur01/secret', true, 0, false, []],
        ['library/busybox', false, 0, true, ['1.0']],
      ],
    );
    const [base, middle, top] = images.map(({ id }) => id);
    assert.deepEqual(images[2]?.ancestry, [top, middle, base]);
    await send(fromObject, 'GET /v1/users/', { auth: basic('sleepy') }).expect(403);
    await send(fromObject, 'GET /v1/repositories/jamtur01/web/tags/latest').expect(
      200,
      JSON.stringify(top),
    );
  });

  it('says the same as an object, as JSON and as YAML', async () => {
    const files = { 'seed.json': JSON.stringify(SEED, undefined, '\t'), 'seed.yaml': YAML };
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name);
      writeFileSync(path, text);
      await using hub = await startPlainHub({ seed: path });
      assert.deepEqual(content(hub), content(fromObject), name);
    }
  });

  it('may be empty', async () => {
    for (const text of ['', '# nothing\n', '{}']) {
      const path = join(folder, 'empty.yaml');
      writeFileSync(path, text);
      await using hub = await startPlainHub({ seed: path });
      assert.deepEqual(content(hub), { users: [], repositories: [], images: [] });
    }
  });

  it('comes before the admin of the options, whose password counts', async () => {
    const seed = { users: [{ username: 'admin', password: 'of the seed' }] };
    const admin = { username: 'admin', password: PASSWORD };
    await using hub = await startPlainHub({ seed, admin });
    await send(hub, 'GET /v1/users/', { auth: basic('admin') }).expect(200);
    assert.equal(hub.users.get('admin')?.admin, true);
  });

  it('is planted once in a data directory: what became of it stays', async () => {
    const data = join(folder, 'data');
    const options = { data, seed: SEED };
    await using first = await startPlainHub(options);
    await first.users.activate('sleepy');
    await first.repositories.create({ name: 'jamtur01/secret', description: 'changed' });
    await first.close();
    await using second = await startPlainHub(options);
    assert.equal(second.users.get('sleepy')?.active, true);
    assert.equal(second.repositories.get('jamtur01/secret')?.description, 'changed');
    const [after, before] = [content(second), content(fromObject)];
    const count = ({ users, repositories, images }: typeof after) => {
      return [users.length, repositories.length, images.length];
    };
    assert.deepEqual(count(after), count(before));
  });

  it('can be added while the hub runs, and become what a reset goes back to', async () => {
    await using hub = await startPlainHub({ seed: SEED });
    await hub.seed({ users: [{ username: 'later', password: PASSWORD }] });
    assert.notEqual(hub.users.get('later'), undefined);
    await hub.reset();
    assert.equal(hub.users.get('later'), undefined);
    await hub.seed({ users: [{ username: 'later', password: PASSWORD }] }, { baseline: true });
    await hub.reset();
    assert.notEqual(hub.users.get('later'), undefined);
    assert.notEqual(hub.users.get('jamtur01'), undefined);
  });
});

const person = { username: 'jamtur01', password: PASSWORD };

/** What is wrong with a seed, and what is said of it to the letter. */
const BROKEN: readonly (readonly [unknown, string])[] = [
  [[], 'expected object, received array'],
  ['users', 'expected object, received string'],
  [{ user: [] }, 'user: there is no such field'],
  [{ users: {} }, 'users: expected array, received object'],
  [{ users: [person, 7] }, 'users[1]: expected object, received number'],
  [{ users: [{ password: 'secret' }] }, 'users[0].username: expected string, but it is missing'],
  [
    { users: [{ ...person, password: 12345 }] },
    'users[0].password: expected string, received number',
  ],
  [{ users: [{ ...person, pasword: 'x' }] }, 'users[0].pasword: there is no such field'],
  [
    { users: [{ ...person, username: 'Jim' }] },
    'users[0].username: Wrong username format (it has to match "^[a-z0-9]{4,30}$")',
  ],
  [
    { users: [person, { ...person, email: 'x@y.zz' }] },
    'users[1].username: "jamtur01" is there twice',
  ],
  [
    { users: [person, { ...person, username: 'other', email: 'Jamtur01@example.com' }] },
    'users[1].email: "jamtur01@example.com" is there twice',
  ],
  [{ repositories: [{}] }, 'repositories[0].name: expected string, but it is missing'],
  [
    { repositories: [{ name: 'UPPER/case' }] },
    'repositories[0].name: Wrong namespace: only [a-z0-9_-] are allowed, size between 2 and 255',
  ],
  [
    { repositories: [{ name: 'web' }, { name: 'library/web' }] },
    'repositories[1].name: "library/web" is there twice',
  ],
  [
    { repositories: [{ name: 'jo/web', stars: -1 }] },
    'repositories[0].stars: Too small: expected number to be >=0',
  ],
  [
    { repositories: [{ name: 'jo/web', tags: { '-': { files: {} } } }] },
    'repositories[0].tags.-: Invalid tag name (must match ^[\\w][\\w.-]{0,127}$)',
  ],
  [
    { repositories: [{ name: 'jo/web', tags: { a: {} } }] },
    'repositories[0].tags.a: expected either files or layers',
  ],
  [
    { repositories: [{ name: 'jo/web', tags: { a: { files: { x: 1 } } } }] },
    'repositories[0].tags.a.files.x: expected a text, or one of { text }, { base64 }, { directory: true }, each with a mode such as "0755" if wanted, or { symlink }',
  ],
  [
    { repositories: [{ name: 'jo/web', tags: { a: { files: {}, from: 'jo/web:a' } } }] },
    'repositories[0].tags.a.from: it is built on itself',
  ],
  [
    {
      repositories: [
        { name: 'jo/web', tags: { a: { files: {}, from: 'web' } } },
        { name: 'web', tags: { latest: { files: {}, from: 'jo/web:a' } } },
      ],
    },
    'repositories[0].tags.a.from: it is built on itself',
  ],
  [
    {
      users: [person],
      repositories: [{ name: 'web', tags: { a: { files: {}, from: 'no:1' } } }],
    },
    'repositories[0].tags.a.from: there is no image no:1',
  ],
];

/** As a dockerfile's layers would be: a script, a link to it, a folder for all, and who made it when. */
const REAL: Seed = {
  users: [{ username: 'jamtur01', password: PASSWORD }],
  repositories: [
    {
      name: 'jamtur01/web',
      tags: {
        latest: {
          created: '2014-06-09T12:00:00Z',
          author: 'James <j@example.com>',
          layers: [
            {
              files: { 'bin/run': { base64: 'IyEvYmluL3NoAP8=', mode: '0755' } },
              author: 'Another',
            },
            {
              files: {
                'usr/bin/run': { symlink: '../../bin/run' },
                tmp: { directory: true, mode: '1777' },
                'etc/motd': { text: 'hello', mode: '600' },
              },
              config: { Cmd: ['/bin/run'], Env: ['A=b'], Hostname: 'x' },
            },
          ],
        },
      },
    },
  ],
};

describe('a seed of real images', () => {
  it('has bytes, modes, links, folders, several layers, and what each says of itself', async () => {
    await using hub = await startPlainHub({ seed: REAL });
    const [base, top] = hub.images.list().map(({ id }) => id);
    assert.equal(hub.repositories.get('jamtur01/web')?.tags.latest, top);
    const [lower, upper] = await Promise.all([base, top].map((id) => readImage(hub, id ?? '')));
    assert.deepEqual(lower?.files, [['bin/run', 'file', 0o755, null, '23212f62696e2f736800ff']]);
    assert.deepEqual(upper?.files, [
      ['etc/motd', 'file', 0o600, null, '68656c6c6f'],
      ['tmp', 'directory', 0o1777, null, ''],
      ['usr/bin/run', 'symlink', 0o777, '../../bin/run', ''],
    ]);
    const created = '2014-06-09T12:00:00Z';
    const said = ({ created, author, config, parent }: Record<string, unknown> = {}) => {
      return { created, author, config, parent };
    };
    assert.deepEqual(said(lower?.json), {
      created,
      author: 'Another',
      config: { Cmd: ['/bin/sh'] },
      parent: undefined,
    });
    assert.deepEqual(said(upper?.json), {
      created,
      author: 'James <j@example.com>',
      config: { Cmd: ['/bin/run'], Env: ['A=b'], Hostname: 'x' },
      parent: base,
    });
  });

  it('gives other images other ids, and the same the same', async () => {
    await using hub = await startPlainHub();
    const make = async (image: object) =>
      (await hub.images.create({ repository: 'web', files: { a: 'b' }, ...image })).id;
    const plain = await make({});
    const ids = [
      plain,
      await make({ author: 'x' }),
      await make({ created: '2014-01-01T00:00:00Z' }),
    ];
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual([await make({}), await make({ author: 'x' })], ids.slice(0, 2));
  });

  const files = {};
  const wrong: readonly (readonly [object, string])[] = [
    [{ files, layers: [] }, 'layers: Too small: expected array to have >=1 items'],
    [{ files, layers: [{ files }] }, 'expected either files or layers'],
    [
      { files, created: '2014-02-30T00:00:00Z' },
      'created: expected a time such as 2014-06-09T12:00:00Z',
    ],
    [{ files, config: { Cmd: 'sh' } }, 'config.Cmd: expected array, received string'],
    [{ layers: [{ files, from: 'x' }] }, 'layers[0].from: there is no such field'],
    [
      { files: { a: { text: 'x', mode: 755 } } },
      'files.a.mode: expected octal digits in quotes, such as "0755"',
    ],
    [
      { files: { a: { text: 'x', mode: '888' } } },
      'files.a.mode: expected octal digits in quotes, such as "0755"',
    ],
    [{ files: { a: { base64: '?' } } }, 'files.a.base64: Invalid base64-encoded string'],
    [
      { files: { a: { symlink: '' } } },
      'files.a.symlink: Too small: expected string to have >=1 characters',
    ],
  ];
  for (const [image, message] of wrong) {
    it(`refuses ${JSON.stringify(image)}`, async () => {
      await using hub = await startPlainHub();
      const made = hub.images.create({ repository: 'web', ...image } as NewImage);
      await assert.rejects(made, { name: 'InvalidInput', message });
    });
  }

  it('has owners, in the seed, in the hub, or among the options', async () => {
    const repositories = [{ name: 'jamtur01/web' }];
    const message = 'repositories[0].name: there is no user "jamtur01"';
    await assert.rejects(startPlainHub({ seed: { repositories } }), {
      name: 'InvalidInput',
      message,
    });
    await using hub = await startPlainHub({
      seed: { repositories },
      admin: { username: 'jamtur01', password: PASSWORD },
    });
    await hub.seed({ repositories });
    const strange = {
      users: [{ username: 'newcomer', password: PASSWORD }],
      repositories: [{ name: 'nobody/web' }],
    };
    await assert.rejects(hub.seed(strange), {
      message: 'repositories[0].name: there is no user "nobody"',
    });
    assert.equal(hub.users.get('newcomer'), undefined);
  });
});

/** The json of an image, and what lies in its layer: name, type, mode, link and bytes. */
async function readImage(hub: Hub, id: string) {
  const json = (await send(hub, `GET /v1/images/${id}/json`)).body as Record<string, unknown>;
  const layer = gunzipSync((await asBytes(send(hub, `GET /v1/images/${id}/layer`))).body as Buffer);
  const files: unknown[] = [];
  const tar = extract();
  tar.end(layer);
  for await (const entry of tar) {
    const bytes: Buffer[] = [];
    for await (const chunk of entry) bytes.push(chunk as Buffer);
    const { name, type, mode = 0, linkname = null } = entry.header;
    files.push([name, type, mode, linkname, Buffer.concat(bytes).toString('hex')]);
  }
  return { json, files };
}

describe('a broken seed', () => {
  let hub: Hub;
  let folder: string;
  before(async () => {
    hub = await startPlainHub({ seed: { repositories: [{ name: 'here' }] } });
    folder = mkdtempSync(join(tmpdir(), 'hub-v1-seed-'));
  });
  after(async () => {
    await hub.close();
    rmSync(folder, { recursive: true });
  });

  for (const [seed, message] of BROKEN) {
    it(`is refused as a whole: ${message}`, async () => {
      const path = join(folder, 'seed.json');
      writeFileSync(path, JSON.stringify(seed));
      const wanted = { name: 'InvalidInput', message: `${path}: ${message}` };
      await assert.rejects(startPlainHub({ seed: path }), wanted);
      if (typeof seed === 'string') return;
      await assert.rejects(hub.seed(seed as Seed), { name: 'InvalidInput', message });
      assert.deepEqual(hub.users.list(), []);
      assert.equal(hub.repositories.list().length, 1);
    });
  }

  it('leaves nothing in a data directory either', async () => {
    const data = join(folder, 'data');
    const seed = {
      users: [person],
      repositories: [{ name: 'web', tags: { a: { files: {} }, b: { files: {}, from: 'none:1' } } }],
    };
    await assert.rejects(startPlainHub({ data, seed }), InvalidInput);
    for (const part of ['users', 'repositories', 'images']) {
      if (!existsSync(join(data, part))) continue;
      const entries = readdirSync(join(data, part), { recursive: true, withFileTypes: true });
      const left = entries.filter((entry) => entry.isFile());
      assert.deepEqual(left, [], part);
    }
  });

  it('names the user that is here already, or whose address is', async () => {
    await using other = await startPlainHub({ seed: { users: [person] } });
    await assert.rejects(other.seed({ users: [person] }), {
      message: 'users[0].username: there is a user "jamtur01" already',
    });
    const same = { ...person, username: 'other', email: 'jamtur01@EXAMPLE.com' };
    await assert.rejects(other.seed({ users: [{ ...person, username: 'first' }, same] }), {
      message: "users[1].email: it is jamtur01's already",
    });
    assert.equal(other.users.list().length, 1);
  });

  it('takes back what it did and nothing that others did meanwhile', async () => {
    await using hub = await startPlainHub({ seed: SEED });
    const before = [hub.users.list(), hub.repositories.list(), hub.images.list()];
    const bad: Seed = {
      users: [{ username: 'newcomer', password: PASSWORD }],
      repositories: [
        { name: 'jamtur01/web', description: 'Another', tags: { new: { files: { n: '1' } } } },
        { name: 'extra', tags: { latest: { files: { e: '1' } } } },
        { name: 'jamtur01/broken', archive: join(folder, 'no such archive') },
      ],
    };
    const planting = assert.rejects(hub.seed(bad), InvalidInput);
    const meanwhile = await send(hub, 'PUT /v1/repositories/jamtur01/meanwhile/', {
      auth: basic('jamtur01'),
      body: [],
    });
    assert.equal(meanwhile.status, 200);
    await planting;
    assert.ok(hub.repositories.get('jamtur01/meanwhile'), 'it was answered 200');
    await hub.repositories.delete('jamtur01/meanwhile');
    assert.deepEqual([hub.users.list(), hub.repositories.list(), hub.images.list()], before);
  });

  it('does not wait for a pipe or a device', async () => {
    const archive = join(folder, 'pipe');
    execFileSync('mkfifo', [archive]);
    const seed: Seed = { repositories: [{ name: 'busybox', archive }] };
    const message = /repositories\[0\]\.archive: .*it is not a file$/;
    await assert.rejects(startPlainHub({ seed }), { name: 'InvalidInput', message });
  });

  it('may begin with a mark, as editors on Windows write it', async () => {
    const seed = join(folder, 'marked.json');
    writeFileSync(seed, '\ufeff{"users": []}');
    await using hub = await startPlainHub({ seed });
    assert.deepEqual(hub.users.list(), []);
  });

  it('names the file that is not there, or is neither JSON nor YAML', async () => {
    const files: Record<string, RegExp> = {
      'none.yaml': /none\.yaml: there is no such file$/,
      'folder.yaml': /folder\.yaml: it is a folder$/,
      'bad.json': /bad\.json: this is not JSON, from line 1 on$/,
      'bad.yaml': /bad\.yaml: .* \(line 2\)$/,
      'alias.yaml': /alias\.yaml: Unresolved alias .*: nope$/,
      'told.json': /told\.json: this is not JSON$/,
    };
    mkdirSync(join(folder, 'folder.yaml'));
    writeFileSync(join(folder, 'bad.json'), '{ users: [] }');
    // What the parser says of this one repeats the password.
    writeFileSync(join(folder, 'told.json'), '{"users":[{"password":hunter2secret}]}');
    writeFileSync(join(folder, 'alias.yaml'), 'users: *nope\n');
    writeFileSync(join(folder, 'bad.yaml'), 'users:\n  - {username: [}\n');
    for (const [name, message] of Object.entries(files)) {
      const seed = join(folder, name);
      await assert.rejects(startPlainHub({ seed }), { name: 'InvalidInput', message });
    }
  });
});
