/* What no client of v2 could have meant: refused in v2's form, at once, with nothing changed. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Client } from '../../bench/torture/client.js';
import { FolderVerifier } from '../../bench/torture/folder.js';
import {
  blobOf,
  bringBlob,
  described,
  makeModernImage,
  pushModern,
  putManifest,
} from '../../bench/torture/modern.js';
import { basic } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { filesBelow } from '../support/files.js';
import { useHub } from '../support/hub.js';
import { ask } from '../support/manners.js';

const ALICE = basic('alice');
const BOB = basic('bob_1');
const IMAGE = makeModernImage('hostile', [{ name: 'layer', size: 2000 }]);
const [LAYER] = IMAGE.layers;
const APP = '/v2/alice/app';
const HEX = 'a'.repeat(64);
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

let client: Client;
const hub = useHub({ onDisk: true, people: ['alice', 'bob_1'] }, async () => {
  client = new Client(hub.port);
  await pushModern(client, 'alice/app', ALICE, IMAGE, 'latest');
});

function assertIsTidy(): void {
  const found: string[] = [];
  new FolderVerifier(hub.folder, (complaint) => found.push(complaint)).verify();
  assert.deepEqual(found, []);
}

/** Sends it as alice, and holds that it is refused as v2 refuses, and that nothing is changed. */
async function assertRefused(
  line: string,
  { body, headers = {} }: { body?: string | Buffer; headers?: Record<string, string> } = {},
): Promise<number> {
  const [method = '', ...path] = line.split(' ');
  const before = await filesBelow(hub.folder);
  const answer = await ask(hub, {
    method,
    path: path.join(' '),
    headers: { Authorization: ALICE, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const { status } = answer;
  assert.ok(status >= 400, `${line}: ${status}`);
  if (method !== 'HEAD' && status !== 405) {
    const { errors } = JSON.parse(answer.body.toString());
    assert.match(errors?.[0]?.code ?? '', /^[A-Z_]+$/, answer.body.toString());
    assert.ok(errors[0].message.length > 0);
  }
  assert.deepEqual(await filesBelow(hub.folder), before);
  return status;
}

const config = described(IMAGE.config, 'application/vnd.oci.image.config.v1+json');
const layers = IMAGE.layers.map((each) =>
  described(each, 'application/vnd.oci.image.layer.v1.tar+gzip'),
);
const SOUND = { schemaVersion: 2, mediaType: MANIFEST, config, layers };
const GHOST = { mediaType: 'x', size: 1, digest: `sha256:${HEX}` };

const MANIFESTS: Readonly<Record<string, unknown>> = {
  'no JSON': '{',
  nothing: '',
  null: 'null',
  'a list': '[]',
  'a text': '"x"',
  'no UTF-8': Buffer.from([0x7b, 0xff, 0x7d]),
  'lists in 200,000 lists': '['.repeat(200_000),
  'objects in 50,000 objects': `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
  'a config that nests deeply': JSON.stringify(SOUND).replace(
    '"size"',
    `"x":${'['.repeat(99)}${']'.repeat(99)},"size"`,
  ),
  'schema 1': { schemaVersion: 1, fsLayers: [], history: [] },
  'another media type inside': { ...SOUND, mediaType: INDEX },
  'no config': { ...SOUND, config: null },
  'a config that is not here': { ...SOUND, config: GHOST },
  'a layer that is not here': { ...SOUND, layers: [...layers, GHOST] },
  'a layer of another size': { ...SOUND, layers: [{ ...layers[0], size: 7 }] },
  'a size below nothing': { ...SOUND, layers: [{ ...layers[0], size: -1 }] },
  'a size beyond all': { ...SOUND, layers: [{ ...layers[0], size: 1e300 }] },
  'half a byte': { ...SOUND, layers: [{ ...layers[0], size: 0.5 }] },
  'a digest in capitals': {
    ...SOUND,
    layers: [{ ...layers[0], digest: `sha256:${'A'.repeat(64)}` }],
  },
  'a digest that is a path': { ...SOUND, layers: [{ ...layers[0], digest: '../../hub.json' }] },
  md5: { ...SOUND, layers: [{ ...layers[0], digest: `md5:${'a'.repeat(32)}` }] },
  'more layers than can be': { ...SOUND, layers: Array.from({ length: 10_001 }, () => GHOST) },
  'layers that are a text': { ...SOUND, layers: 'all' },
  'a subject that is a text': { ...SOUND, subject: 'the other one' },
  'annotations that are numbers': { ...SOUND, annotations: { a: 1 } },
  'annotations without end': { ...SOUND, subject: GHOST, annotations: { a: 'x'.repeat(200_000) } },
  'a type of artifact without end': { ...SOUND, artifactType: 'x'.repeat(300) },
  'a prototype': `{"__proto__":{"schemaVersion":2},"config":{}}`,
  'itself as its config': { ...SOUND, config: { ...config, digest: IMAGE.manifest.digest } },
};

describe('a manifest that none could have meant', () => {
  for (const [what, content] of Object.entries(MANIFESTS)) {
    it(`is refused: ${what}`, async () => {
      const isRaw = typeof content === 'string' || Buffer.isBuffer(content);
      const body = isRaw ? content : JSON.stringify(content);
      const headers = { 'Content-Type': MANIFEST };
      for (const reference of ['x', `sha256:${HEX}`]) {
        const status = await assertRefused(`PUT ${APP}/manifests/${reference}`, { body, headers });
        assert.ok([400, 404].includes(status), `${status}`);
      }
    });
  }

  it('is refused: an index of what is not here, and one too long', async () => {
    const headers = { 'Content-Type': INDEX };
    const index = { schemaVersion: 2, mediaType: INDEX };
    for (const manifests of [[GHOST], 'all', [1], Array.from({ length: 10_001 }, () => GHOST)]) {
      const body = JSON.stringify({ ...index, manifests });
      await assertRefused(`PUT ${APP}/manifests/x`, { body, headers });
    }
  });

  it('is refused: of types that are not taken', async () => {
    const body = JSON.stringify({ ...SOUND, mediaType: undefined });
    for (const type of ['text/html', 'multipart/form-data; boundary=x']) {
      await assertRefused(`PUT ${APP}/manifests/x`, { body, headers: { 'Content-Type': type } });
    }
  });

  it('is refused: longer than any', async () => {
    const body = `{"schemaVersion":2,"x":"${'x'.repeat(40 * 1024 * 1024)}"}`;
    const headers = { 'Content-Type': MANIFEST };
    assert.equal(await assertRefused(`PUT ${APP}/manifests/x`, { body, headers }), 413);
  });
});

describe('a path that none could have meant', () => {
  const names = [
    ...[
      'A/b',
      'a..b/c',
      '_a/b',
      'a/b_',
      'a__-b/c',
      'alice/app%2Fx',
      'alice/%00',
      'a%20b/c',
      `a/${'b'.repeat(300)}`,
    ],
    ...['%2e%2e/%2e%2e', 'alice/app%0d%0aX', 'a/b/c/d/e', 'alice/%C3%A1b', 'a:b/c'],
  ];
  const digests = [
    ...[
      'sha256:',
      'sha256:zz',
      `sha256:${HEX}0`,
      `sha256:${HEX.slice(1)}`,
      `sha256:${'A'.repeat(64)}`,
    ],
    ...[`sha512:${HEX}`, `md5:${'a'.repeat(32)}`, 'sha256:..%2F..%2Fhub.json', ':', `:${HEX}`],
  ];

  it('is refused: names', async () => {
    for (const name of names) {
      for (const rest of ['tags/list', 'manifests/latest', `blobs/sha256:${HEX}`]) {
        const path = `/v2/${name}/${rest}`;
        await assertRefused(`GET ${path}`);
        if (rest.startsWith('manifests')) await assertRefused(`PUT ${path}`, { body: '{}' });
      }
      await assertRefused(`POST /v2/${name}/blobs/uploads/`);
    }
  });

  it('is refused: digests', async () => {
    for (const digest of digests) {
      await assertRefused(`GET ${APP}/blobs/${digest}`);
      await assertRefused(`DELETE ${APP}/blobs/${digest}`);
      await assertRefused(`POST ${APP}/blobs/uploads/?digest=${digest}`, { body: 'x' });
      await assertRefused(`POST ${APP}/blobs/uploads/?mount=${digest}&from=alice/app`);
      if (digest.includes(':')) await assertRefused(`GET ${APP}/manifests/${digest}`);
    }
  });

  it('is refused: tags', async () => {
    for (const tag of ['.x', '-x', 'x'.repeat(129), 'a%2Fb', 'a%00b', '%C3%A9', '%2e%2e']) {
      const headers = { 'Content-Type': MANIFEST };
      const body = IMAGE.manifest.bytes;
      await assertRefused(`PUT ${APP}/manifests/${tag}`, { headers, body });
      await assertRefused(`PUT ${APP}/manifests/${IMAGE.manifest.digest}?tag=${tag}`, {
        headers,
        body,
      });
    }
  });

  it('is refused: pages and mounts', async () => {
    for (const n of ['-1', 'x', '1e9', '99999999999999', '0x10', '']) {
      await assertRefused(`GET ${APP}/tags/list?n=${n}`);
      await assertRefused(`GET /v2/_catalog?n=${n}`);
    }
    for (const from of ['..', 'A/B', 'alice/../app', '%00']) {
      const line = `POST ${APP}/blobs/uploads/?mount=${LAYER?.digest}&from=${from}`;
      const { status, headers } = await client.send(line, { auth: ALICE });
      assert.ok(status === 202 || status === 400, `${from}: ${status}`);
      if (status === 202) await client.expect(204, `DELETE ${headers.location}`, { auth: ALICE });
    }
  });
});

describe('a range that none could have meant', () => {
  it('of a blob is the whole, or 416', async () => {
    const path = `${APP}/blobs/${LAYER?.digest}`;
    const odd = [
      'bytes=9-2',
      'bytes=-0',
      'bytes=x-y',
      'bytes=0-1,4-5',
      `bytes=${'9'.repeat(400)}-`,
      'lines=1-2',
      'bytes=-',
    ];
    for (const Range of odd) {
      const { status, body } = await client.send(`GET ${path}`, { headers: { Range } });
      assert.ok([200, 416].includes(status), `${Range}: ${status}`);
      if (status === 200) assert.ok(body.equals(LAYER?.bytes ?? Buffer.alloc(0)));
    }
  });

  it('of a part is refused, and where it is a lie about the length the upload ends', async () => {
    const body = Buffer.from('0123456789');
    const ranges: readonly [range: string, status: number][] = [
      ['1-10', 416],
      ['100-109', 416],
      ['0-999999999999999', 400],
      ['0-3', 400],
      ['9-0', 416],
      ['-5', 400],
      ['x', 400],
      ['0-9999999999999999999999', 400],
      ['bytes 0-3/2', 400],
    ];
    for (const [range, status] of ranges) {
      const begun = await client.expect(202, `POST ${APP}/blobs/uploads/`, { auth: ALICE });
      const { location } = begun.headers;
      const headers = { 'Content-Range': range };
      const answer = await client.send(`PATCH ${location}`, { auth: ALICE, headers, body });
      assert.equal(answer.status, status, `${range}: ${answer.body}`);
      await client.expect([204, 404], `DELETE ${location}`, { auth: ALICE });
    }
    assertIsTidy();
  });
});

describe('an upload', () => {
  it('is its repository’s alone', async () => {
    const begun = await client.expect(202, `POST ${APP}/blobs/uploads/`, { auth: ALICE });
    const { location = '' } = begun.headers;
    const id = location.split('/').at(-1);
    const digest = blobOf('x').digest;
    for (const [method, query] of [
      ['GET', ''],
      ['PATCH', ''],
      ['PUT', `?digest=${digest}`],
      ['DELETE', ''],
    ]) {
      const theirs = `${method} /v2/bob_1/app/blobs/uploads/${id}${query}`;
      await client.expect(404, theirs, {
        auth: BOB,
        ...(method === 'PATCH' ? { body: Buffer.from('x') } : {}),
      });
      await client.expect(403, `${method} ${location}${query}`, { auth: BOB });
      await client.expect(401, `${method} ${location}${query}`);
    }
    const state = await client.expect(204, `GET ${location}`, { auth: ALICE });
    assert.equal(state.headers.range, '0-0');
    await client.expect(204, `DELETE ${location}`, { auth: ALICE });
    for (const other of ['x', '..', '%2e%2e%2fhub.json', 'a'.repeat(5000)]) {
      await assertRefused(`PATCH ${APP}/blobs/uploads/${other}`, { body: 'x' });
    }
  });

  it('is one of so many of an account: its next ones are told to wait, and those of another are not', async () => {
    const places: string[] = [];
    let refused = 0;
    for (let number = 0; number < 310; number += 1) {
      const { status, headers } = await client.send('POST /v2/bob_1/many/blobs/uploads/', {
        auth: BOB,
      });
      if (status === 202) places.push(headers.location ?? '');
      else assert.equal(status, 429);
      if (status === 429) refused += 1;
    }
    const ofAnother = await client.expect(202, `POST ${APP}/blobs/uploads/`, { auth: ALICE });
    places.push(ofAnother.headers.location ?? '');
    for (const [at, place] of places.entries()) {
      await client.expect(204, `DELETE ${place}`, { auth: at === 300 ? ALICE : BOB });
    }
    assert.deepEqual([places.length, refused], [301, 10]);
  });

  it('goes on where its client went in the middle of a part', async () => {
    const content = blobOf('the first half; the second half');
    const half = content.bytes.subarray(0, 16);
    const begun = await client.expect(202, `POST ${APP}/blobs/uploads/`, { auth: ALICE });
    const { location = '' } = begun.headers;
    await new Promise<void>((resolve, reject) => {
      const socket = connect(hub.port, '127.0.0.1', () => {
        const head = [`PATCH ${location} HTTP/1.1`, 'Host: x', `Authorization: ${ALICE}`];
        socket.write(`${[...head, 'Content-Length: 1000', '', ''].join('\r\n')}`);
        socket.write(half, () => socket.end());
      });
      socket.resume();
      socket.on('close', () => resolve()).on('error', reject);
    });
    await eventually('what came of the part stays', async () => {
      const { headers } = await client.expect(204, `GET ${location}`, { auth: ALICE });
      return headers.range === `0-${half.length - 1}`;
    });
    const headers = { 'Content-Range': `${half.length}-${content.bytes.length - 1}` };
    const body = content.bytes.subarray(half.length);
    await client.expect(201, `PUT ${location}?digest=${content.digest}`, {
      auth: ALICE,
      headers,
      body,
    });
    const blob = await client.expect(200, `GET ${APP}/blobs/${content.digest}`);
    assert.ok(blob.body.equals(content.bytes));
    await client.expect(202, `DELETE ${APP}/blobs/${content.digest}`, { auth: ALICE });
    assertIsTidy();
  });
});

describe('a push while the repository is deleted', () => {
  it('leaves all of it, or nothing', async () => {
    const repository = 'alice/racing';
    let isOver = false;
    const push = async (number: number): Promise<void> => {
      const image = makeModernImage(`racing ${number}`, [
        { name: `racing-${number % 2}`, size: 900 },
      ]);
      while (!isOver) {
        try {
          for (const blob of [...image.layers, image.config])
            await bringBlob(client, repository, ALICE, blob);
          await putManifest(client, repository, ALICE, image, `t${number}`);
          await client.send(`GET /v1/images/${image.ancestry[0]}/ancestry`, { auth: ALICE });
        } catch (error) {
          // A blob or the upload went with the repository.
          assert.match((error as Error).message, /answered (?:400|404|409)/);
        }
      }
    };
    const pushing = [1, 2, 3].map(push);
    for (let round = 0; round < 15; round += 1) {
      for (let request = 0; request < 2; request += 1) {
        await client.expect([200, 202, 404], `DELETE /v1/repositories/${repository}/`, {
          auth: ALICE,
        });
      }
    }
    isOver = true;
    await Promise.all(pushing);
    assertIsTidy();
    for (const _ of [1, 2])
      await client.send(`DELETE /v1/repositories/${repository}/`, { auth: ALICE });
    assertIsTidy();
    assert.equal(readdirSync(join(hub.folder, 'manifests')).length, 1);
  });
});
