import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { asBytes, basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { createRepository, pushImage, putImage } from '../support/pushes.js';
import { parseRawAnswer, rawHttp } from '../support/raw.js';

/*
 * Faults that older servers of this kind are known for, each in its shortest form: the hub does not have them.
 * The files named after what they test go into each matter further.
 */

const OWNER = 'jamtur01';
const REPOSITORY = `${OWNER}/static_web`;
const auth = basic(OWNER);

describe('a fault of older servers that is not ours', () => {
  const hub = useHub({
    people: [OWNER, 'bob01'],
    onDiskStep: () => {
      if (isDiskBroken) throw new Error('the disk broke');
    },
  });
  let isDiskBroken = false;

  it('parallel first creates of one repository answer 500, or lose images', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => makeImage(`parallel ${n}`).id);
    const path = `/v1/repositories/${OWNER}/parallel`;
    await Promise.all(
      ids.map((id) => send(hub, `PUT ${path}/`, { auth, body: [{ id }] }).expect(200)),
    );
    const { body } = await send(hub, `GET ${path}/images`).expect(200);
    const listed = (body as { id: string }[]).map(({ id }) => id);
    assert.deepEqual(listed.toSorted(), ids.toSorted());
  });

  it('a list such as [1] is accepted, and poisons the repository', async () => {
    for (const body of [
      '[1]',
      '[null]',
      '[[]]',
      '[{}]',
      '[{"id":1}]',
      '{"id":"ab"}',
      'null',
      '7',
    ]) {
      await send(hub, `PUT /v1/repositories/${OWNER}/new/`, { auth, body }).expect(400);
      await send(hub, `GET /v1/repositories/${OWNER}/new/images`).expect(404);
    }
    const image = makeImage('not poisoned');
    await pushImage(hub, auth, `${OWNER}/poison`, image);
    const path = `/v1/repositories/${OWNER}/poison`;
    await send(hub, `PUT ${path}/`, { auth, body: '[1]' }).expect(400);
    await send(hub, `PUT ${path}/images`, { auth, body: '[1]' }).expect(400);
    const { body } = await send(hub, `GET ${path}/images`).expect(200);
    assert.deepEqual(
      (body as { id: string }[]).map(({ id }) => id),
      [image.id],
    );
  });

  it('an unauthenticated request is refused, and yet carried out', async () => {
    const image = makeImage('guarded');
    const other = makeImage('intruder');
    await pushImage(hub, auth, REPOSITORY, image);
    const path = `/v1/repositories/${REPOSITORY}`;
    const see = async () => {
      const [images, tags, properties] = await Promise.all(
        ['images', 'tags', 'properties'].map((part) => send(hub, `GET ${path}/${part}`)),
      );
      return JSON.stringify([images?.body, tags?.body, properties?.body]);
    };
    const before = await see();
    const refused: readonly (readonly [string, unknown])[] = [
      [`PUT ${path}/`, [{ id: other.id }]],
      [`PUT ${path}/images`, [{ id: other.id }]],
      [`PUT ${path}/tags/v1`, JSON.stringify(image.id)],
      [`DELETE ${path}/tags/latest`, undefined],
      [`DELETE ${path}/tags`, undefined],
      [`PUT ${path}/properties`, { access: 'private' }],
      [`DELETE ${path}/images`, undefined],
      [`DELETE ${path}/`, undefined],
      [`PUT /v1/repositories/${OWNER}/made/`, []],
      [`PUT /v1/images/${other.id}/json`, other.json],
      [`PUT /v1/users/${OWNER}/`, { password: 'another' }],
    ];
    for (const [line, body] of refused) await send(hub, line, { body }).expect(401);
    assert.equal(await see(), before);
    await send(hub, `GET /v1/repositories/${OWNER}/made/images`).expect(404);
    await send(hub, `GET /v1/images/${other.id}/json`).expect(404);
    await send(hub, 'GET /v1/users/', { auth }).expect(200);
  });

  it('any valid token works on any repository', async () => {
    const image = makeImage('mine');
    await pushImage(hub, auth, `${OWNER}/mine`, image);
    await send(hub, `PUT /v1/repositories/${OWNER}/mine/properties`, {
      auth,
      body: { access: 'private' },
    }).expect(200);
    const token = await createRepository(hub, basic('bob01'), 'bob01/own', [image]);
    const path = `/v1/repositories/${OWNER}/mine`;
    for (const line of [
      `GET ${path}/images`,
      `GET ${path}/tags`,
      `PUT ${path}/tags/latest`,
      `PUT ${path}/images`,
      `DELETE ${path}/`,
    ]) {
      const { status } = await send(hub, line, { auth: token, body: '[]' });
      assert.ok(status === 401 || status === 404, `${line}: ${status}`);
    }
    await send(hub, `GET /v1/images/${image.id}/layer`, { auth: token }).expect(404);
    await send(hub, `GET ${path}/tags`, { auth }).expect(200);
  });

  it('Range: bytes=N- gets one byte too many', async () => {
    const image = makeImage('ranged');
    await pushImage(hub, auth, REPOSITORY, image);
    const size = image.layer.length;
    const asked = send(hub, `GET /v1/images/${image.id}/layer`, { headers: { Range: 'bytes=7-' } });
    const { body, headers } = await asBytes(asked).expect(206);
    assert.deepEqual(body, image.layer.subarray(7));
    assert.equal(headers['content-length'], String(size - 7));
    assert.equal(headers['content-range'], `bytes 7-${size - 1}/${size}`);
  });

  it('an empty layer is refused', async () => {
    const { id, json } = makeImage('empty');
    const sum = createHash('sha256').update(json).update('\n').digest('hex');
    const image = { id, json, layer: Buffer.alloc(0), payload: `sha256:${sum}` };
    await pushImage(hub, auth, `${OWNER}/empty`, image);
    const { body } = await asBytes(send(hub, `GET /v1/images/${id}/layer`)).expect(200);
    assert.equal(body.length, 0);
  });

  it('a search for % finds everything', async () => {
    await createRepository(hub, auth, `${OWNER}/found`);
    for (const q of ['%25', '%25%25', '*', '.%2B', '%5E', '%3F', "'%20or%201%3D1"]) {
      const { body } = await send(hub, `GET /v1/search?q=${q}`).expect(200);
      assert.equal((body as { num_results: number }).num_results, 0, q);
    }
  });

  it('the tags of an unknown repository are answered 200', async () => {
    await send(hub, `GET /v1/repositories/${OWNER}/unknown/tags`).expect(404);
    await send(hub, `GET /v1/repositories/${OWNER}/unknown/tags/latest`).expect(404);
    await send(hub, 'GET /v1/repositories/unknown/tags').expect(404);
  });

  it('an unknown token gets no answer at all', async () => {
    const signature = 'ab'.repeat(20);
    for (const access of ['read', 'write', 'delete', 'everything', '']) {
      const token = `Token signature=${signature},repository="${REPOSITORY}",access=${access}`;
      for (const path of [`/v1/repositories/${REPOSITORY}/images`, '/v1/users/', '/v1/search']) {
        const headers = { Authorization: token };
        const answer = await rawHttp(hub.url, { method: 'GET', path, headers });
        assert.equal(parseRawAnswer(answer).status, 401);
      }
    }
  });

  it('the 500 page is in HTML', async () => {
    const image = makeImage('broken disk');
    const token = await createRepository(hub, auth, REPOSITORY, [image]);
    isDiskBroken = true;
    const failed = async (path: string, authorization: string, body: string) => {
      const headers = { Authorization: authorization, Accept: 'text/html' };
      const request = { method: 'PUT', path, headers, body };
      // A status that is in no contract, as long as nothing is broken.
      return parseRawAnswer(await rawHttp(hub.url, request, { check: false }));
    };
    const text = 'The hub could not do this, its log says why';
    const index = await failed(`/v1/repositories/${OWNER}/another/`, auth, '[]');
    const registry = await failed(`/v1/images/${image.id}/json`, token, image.json.toString());
    isDiskBroken = false;
    for (const { status, headers } of [index, registry]) {
      assert.equal(status, 500);
      assert.deepEqual(headers['content-type'], ['application/json']);
    }
    assert.equal(index.body.toString(), JSON.stringify(text));
    assert.equal(registry.body.toString(), `{"error": "${text}"}`);
    await putImage(hub, token, image);
  });
});
