/* PUT and GET of /v1/images/(id)/…: what is kept, and what is told of it (protocol.md §3). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { asBytes, basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { imageId, makeChain, makeImage, type TestImage } from '../support/images.js';
import { createRepository, pushImage, putImage, putJson, setAccess } from '../support/pushes.js';
import { parseRawAnswer, rawHttp } from '../support/raw.js';

const OWNER = basic('jamtur01');
const OTHER = basic('rivendel');
const REPOSITORY = 'jamtur01/static_web';

const hub = useHub({ people: ['jamtur01', 'rivendel'] });

function refusal(error: string): { error: string } {
  return { error };
}

describe('an image json', () => {
  const goes: readonly [what: string, json: (id: string) => string][] = [
    ["with Go's escapes", (id) => `{"id":"${id}","Cmd":["\\u003cnop\\u003e \\u0026 \\u2028"]}`],
    ['with blanks, tabs and lines', (id) => `{ "id" :\t"${id}"  ,\r\n\n  "a" : [ ] }`],
    ['with keys in no order', (id) => `{"z":1,"id":"${id}","a":{"y":2,"b":3},"10":1,"9":2}`],
    ['with a newline at its end', (id) => `{"id":"${id}"}\n`],
    ['with blanks around it', (id) => ` \n{"id":"${id}"}  \n\n`],
    ['with letters of many scripts', (id) => `{"id":"${id}","author":"Tëst ☃ 漢字 🐳 \\ud83d"}`],
    [
      'with numbers beyond a double',
      (id) => `{"id":"${id}","Size":12345678901234567890,"n":1.0e+2}`,
    ],
    ['with a key twice', (id) => `{"id":"${id}","a":1,"a":2}`],
    ['with keys of JavaScript', (id) => `{"__proto__":{"id":"x"},"constructor":1,"id":"${id}"}`],
    ['with nulls', (id) => `{"id":"${id}","parent":null,"config":null}`],
    ['with an empty parent', (id) => `{"id":"${id}","parent":""}`],
    ['of 900 KB', (id) => `{"id":"${id}","comment":"${'long '.repeat(180_000)}"}`],
  ];
  for (const [what, json] of goes) {
    it(`${what} comes back byte for byte`, async () => {
      const image = makeImage(what, { json: json(imageId(what)) });
      const token = await createRepository(hub, OWNER, REPOSITORY, [image]);
      await putImage(hub, token, image);
      const got = await asBytes(send(hub, `GET /v1/images/${image.id}/json`)).expect(200);
      assert.deepEqual(got.body, image.json);
      assert.equal(got.headers['content-length'], String(image.json.length));
    });
  }

  const types = [
    undefined,
    'application/json; charset=utf-8',
    'text/plain',
    'image/x; charset=utf-16',
  ];
  for (const type of [...types, 'application/x-www-form-urlencoded', 'nonsense']) {
    it(`is kept with any Content-Type: ${type}`, async () => {
      const image = makeImage(`type ${type}`);
      const auth = await createRepository(hub, OWNER, REPOSITORY, [image]);
      const answer = await rawHttp(hub.url, {
        method: 'PUT',
        path: `/v1/images/${image.id}/json`,
        headers: { Authorization: auth, ...(type === undefined ? {} : { 'Content-Type': type }) },
        body: image.json,
      });
      assert.equal(parseRawAnswer(answer).body.toString(), 'true');
      await putImage(hub, auth, image);
      const got = await asBytes(send(hub, `GET /v1/images/${image.id}/json`)).expect(200);
      assert.deepEqual(got.body, image.json);
    });
  }

  it('may have an id of 16 digits', async () => {
    const id = imageId('short').slice(0, 16);
    const image = { ...makeImage('short', { json: `{"id":"${id}"}` }), id };
    await pushImage(hub, OWNER, REPOSITORY, image, 'short');
    await send(hub, `GET /v1/images/${id}/ancestry`).expect(200, [id]);
    await send(hub, `GET /v1/repositories/${REPOSITORY}/tags/short`).expect(200, `"${id}"`);
  });
});

describe('the headers of an image', () => {
  it('tell the size and the sum that was sent', async () => {
    const image = makeImage('headers', { layer: gzipSync(Buffer.alloc(5000, 'layer')) });
    await pushImage(hub, OWNER, REPOSITORY, image);
    const { headers } = await send(hub, `GET /v1/images/${image.id}/json`).expect(200);
    assert.equal(headers['x-docker-size'], String(image.layer.length));
    assert.equal(headers['x-docker-checksum-payload'], image.payload);
    assert.equal(headers['x-docker-checksum'], undefined);
    const layer = await asBytes(send(hub, `GET /v1/images/${image.id}/layer`)).expect(200);
    assert.equal(layer.headers['x-docker-size'], String(image.layer.length));
    assert.equal(layer.headers['content-length'], String(image.layer.length));
    assert.equal(layer.headers['accept-ranges'], 'bytes');
    assert.equal(layer.headers['content-type'], 'application/octet-stream');
    assert.deepEqual(layer.body, image.layer);
  });

  it('let everybody keep a public image, and only the asker a private one', async () => {
    const image = makeImage('cached');
    const name = 'jamtur01/cached';
    await pushImage(hub, OWNER, name, image);
    for (const part of ['json', 'layer', 'ancestry', 'files']) {
      const { headers } = await send(hub, `GET /v1/images/${image.id}/${part}`).expect(200);
      assert.equal(headers['cache-control'], 'public, max-age=31536000', part);
      assert.equal(headers['last-modified'], 'Thu, 01 Jan 1970 00:00:00 GMT', part);
    }
    await setAccess(hub, OWNER, name, 'private');
    for (const part of ['json', 'layer', 'ancestry', 'files']) {
      const asked = send(hub, `GET /v1/images/${image.id}/${part}`, { auth: OWNER });
      assert.equal((await asked.expect(200)).headers['cache-control'], 'private, max-age=31536000');
    }
  });

  it('lets only the asker keep what is public in a repository that is being deleted', async () => {
    const image = makeImage('cached still');
    const path = `/v1/images/${image.id}/json`;
    await pushImage(hub, OWNER, 'jamtur01/kept', image);
    await setAccess(hub, OWNER, 'jamtur01/kept', 'private');
    await pushImage(hub, OWNER, 'jamtur01/going', image);
    const open = await send(hub, `GET ${path}`).expect(200);
    assert.equal(open.headers['cache-control'], 'public, max-age=31536000');
    await send(hub, 'DELETE /v1/repositories/jamtur01/going/', { auth: OWNER }).expect(202);
    await send(hub, `GET ${path}`).expect(404);
    const owned = await send(hub, `GET ${path}`, { auth: OWNER }).expect(200);
    assert.equal(owned.headers['cache-control'], 'private, max-age=31536000');
  });
});

describe('an image that is not there', () => {
  for (const part of ['json', 'layer', 'ancestry', 'files']) {
    it(`has no ${part}`, async () => {
      const unknown = imageId('unknown');
      await send(hub, `GET /v1/images/${unknown}/${part}`).expect(404, refusal('Image not found'));
    });
    for (const id of ['x', 'A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), 'a'.repeat(17)]) {
      it(`and could not be, with the id ${id}, has no ${part}`, async () => {
        const asked = await send(hub, `GET /v1/images/${id}/${part}`).expect(404);
        assert.deepEqual(asked.body, refusal('Invalid image ID'));
        // Measured at the real registry (protocol.md §3).
        assert.equal(asked.headers['content-length'], '29');
      });
    }
  }
});

describe('an image on its way', () => {
  const IN_PROGRESS = refusal('Image is being uploaded, retry later');
  const steps: readonly [string, (image: TestImage, auth: string) => Promise<unknown>][] = [
    ['json', ({ id, json }, auth) => send(hub, `PUT /v1/images/${id}/json`, { auth, body: json })],
    [
      'layer',
      ({ id, layer }, auth) => send(hub, `PUT /v1/images/${id}/layer`, { auth, body: layer }),
    ],
  ];

  it('answers so to who pushes it, and is complete only with its checksum', async () => {
    const image = makeImage('in progress');
    const token = await createRepository(hub, OWNER, REPOSITORY, [image]);
    for (const [step, take] of steps) {
      await take(image, token);
      for (const auth of [token, OWNER, basic('admin')]) {
        for (const part of ['json', 'ancestry', 'layer', 'files']) {
          const asked = send(hub, `GET /v1/images/${image.id}/${part}`, { auth });
          assert.deepEqual((await asked.expect(400)).body, IN_PROGRESS, `${part} after ${step}`);
        }
        await send(hub, `HEAD /v1/images/${image.id}/layer`, { auth }).expect(400);
      }
      await send(hub, `GET /v1/images/${image.id}/json`, { auth: OTHER }).expect(404);
    }
    const headers = { 'X-Docker-Checksum-Payload': image.payload };
    await send(hub, `PUT /v1/images/${image.id}/checksum`, { auth: token, headers }).expect(
      200,
      'true',
    );
    for (const part of ['json', 'ancestry', 'layer', 'files']) {
      await send(hub, `GET /v1/images/${image.id}/${part}`).expect(200);
    }
  });

  it('may begin with another json, which needs a layer of its own', async () => {
    const first = makeImage('again');
    const second = makeImage('again', { json: `{"id":"${first.id}","second":true}` });
    const auth = await createRepository(hub, OWNER, REPOSITORY, [first]);
    for (const [, take] of steps) await take(first, auth);
    await send(hub, `PUT /v1/images/${first.id}/json`, { auth, body: second.json }).expect(200);
    const end = ({ id, payload }: TestImage) => {
      const headers = { 'X-Docker-Checksum-Payload': payload };
      return send(hub, `PUT /v1/images/${id}/checksum`, { auth, headers });
    };
    await end(second).expect(400, refusal('Checksum mismatch'));
    await end(first).expect(200);
    const got = await asBytes(send(hub, `GET /v1/images/${first.id}/json`)).expect(200);
    assert.deepEqual(got.body, first.json);
    await send(hub, `PUT /v1/images/${first.id}/json`, { auth, body: second.json }).expect(409);
  });
});

describe('a layer', () => {
  it('may be empty', async () => {
    const image = makeImage('empty', { layer: Buffer.alloc(0) });
    await pushImage(hub, OWNER, REPOSITORY, image);
    const { body: layer, headers } = await asBytes(
      send(hub, `GET /v1/images/${image.id}/layer`),
    ).expect(200);
    assert.equal((layer as Buffer).length, 0);
    assert.equal(headers['x-docker-size'], '0');
    assert.equal(headers['content-length'], '0');
    await send(hub, `GET /v1/images/${image.id}/files`).expect(200, []);
  });

  it('may come with a length or in chunks', async () => {
    for (const framing of ['length', 'chunks']) {
      const image = makeImage(framing);
      const auth = await createRepository(hub, OWNER, REPOSITORY, [image]);
      await putJson(hub, auth, image).expect(200);
      const size = image.layer.length.toString(16);
      const chunked = Buffer.concat([
        Buffer.from(`${size}\r\n`),
        image.layer,
        Buffer.from('\r\n0\r\n\r\n'),
      ]);
      const isChunked = framing === 'chunks';
      const answer = await rawHttp(hub.url, {
        method: 'PUT',
        path: `/v1/images/${image.id}/layer`,
        headers: { Authorization: auth, ...(isChunked ? { 'Transfer-Encoding': 'chunked' } : {}) },
        body: isChunked ? chunked : image.layer,
      });
      assert.equal(parseRawAnswer(answer).body.toString(), 'true');
      const headers = { 'X-Docker-Checksum-Payload': image.payload };
      await send(hub, `PUT /v1/images/${image.id}/checksum`, { auth, headers }).expect(200);
    }
  });
});

describe('the ancestry', () => {
  it('is the own id first, then parents, for each of 127 layers', async () => {
    const chain = makeChain('tall', 127);
    await pushImage(hub, OWNER, 'jamtur01/tall', chain);
    const ids = chain.map(({ id }) => id).reverse();
    for (const [height, id] of ids.entries()) {
      if (height % 42 !== 0) continue;
      await send(hub, `GET /v1/images/${id}/ancestry`).expect(200, ids.slice(height));
    }
  });

  it('is the same when a child comes before its parent is complete', async () => {
    const [base, child] = makeChain('upside down', 2) as [TestImage, TestImage];
    const auth = await createRepository(hub, OWNER, REPOSITORY, [base, child]);
    await putJson(hub, auth, base).expect(200);
    await putImage(hub, auth, child);
    await putImage(hub, auth, base);
    await send(hub, `GET /v1/images/${child.id}/ancestry`).expect(200, [child.id, base.id]);
    await send(hub, `GET /v1/images/${base.id}/ancestry`).expect(200, [base.id]);
  });
});
