/* What PUT /v1/images/(id)/{json,layer} refuses, word for word and in docker-registry's order (protocol.md §3). */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { asBytes, basic, send } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { imageId, makeImage } from '../support/images.js';
import { createRepository, pushImage, readToken, setAccess } from '../support/pushes.js';

const CHALLENGE = 'Basic realm="auth required",Token';

const OWNER = basic('jamtur01');
const OTHER = basic('rivendel');
const REPOSITORY = 'jamtur01/static_web';

const hub = useHub({ people: ['jamtur01', 'rivendel'] });

function refusal(error: string): { error: string } {
  return { error };
}

describe('PUT json is refused, in the order of docker-registry', () => {
  const image = makeImage('refused');
  const complete = makeImage('complete');
  const secret = makeImage('secret');
  const unlisted = makeImage('unlisted');
  const missing = imageId('no such parent');
  let write: string;
  let read: string;

  before(async () => {
    await pushImage(hub, OTHER, 'rivendel/secret', secret);
    await setAccess(hub, OTHER, 'rivendel/secret', 'private');
    await pushImage(hub, OWNER, REPOSITORY, complete);
    write = await createRepository(hub, OWNER, REPOSITORY, [image, complete]);
    read = await readToken(hub, REPOSITORY, OWNER);
  });

  interface Refused {
    readonly what: string;
    readonly auth?: () => string | undefined;
    readonly id?: string;
    readonly json: string;
    readonly status?: number;
    readonly error: string;
  }
  const NO_AUTH = { status: 401, error: 'Requires authorization' };
  const BAD_ID = { status: 404, error: 'Invalid image ID' };
  const WRONG_ID = 'JSON data contains invalid id';
  const NO_PARENT = 'Image depends on a non existing parent';
  const table: readonly Refused[] = [
    { what: 'nobody, with an odd id', auth: () => undefined, id: 'odd', json: '{', ...NO_AUTH },
    { what: 'a read token', auth: () => read, json: '{', ...NO_AUTH },
    { what: 'a wrong password', auth: () => basic('jamtur01', 'wrong'), json: '{', ...NO_AUTH },
    { what: 'an odd id', id: 'odd', json: '{', ...BAD_ID },
    { what: 'an id of capitals', id: 'A'.repeat(64), json: '{', ...BAD_ID },
    {
      what: 'broken JSON of an unlisted image',
      id: unlisted.id,
      json: '{"id":',
      error: 'Invalid JSON',
    },
    { what: 'no body', json: '', error: 'Invalid JSON' },
    { what: 'JSON that is cut', json: `{"id":"${image.id}"`, error: 'Invalid JSON' },
    { what: 'JSON with something after it', json: `{"id":"${image.id}"}}`, error: 'Invalid JSON' },
    {
      what: 'no id, in an unlisted image',
      id: unlisted.id,
      json: `{"parent":"${missing}"}`,
      error: "Missing key `id' in JSON",
    },
    {
      what: 'an id by inheritance only',
      json: '{"__proto__":{"id":1}}',
      error: "Missing key `id' in JSON",
    },
    {
      what: 'another id, in an unlisted image',
      id: unlisted.id,
      json: `{"id":"${image.id}","parent":"${missing}"}`,
      error: WRONG_ID,
    },
    { what: 'an id that is a number', json: '{"id":1}', error: WRONG_ID },
    { what: 'an id that is null', json: '{"id":null}', error: WRONG_ID },
    { what: 'an id in capitals', json: `{"id":"${image.id.toUpperCase()}"}`, error: WRONG_ID },
    {
      what: 'an unlisted image without its parent',
      id: unlisted.id,
      json: `{"id":"${unlisted.id}","parent":"${missing}"}`,
      error: 'This image does not belong to the repository',
    },
    {
      what: 'a missing parent',
      json: `{"id":"${image.id}","parent":"${missing}"}`,
      error: NO_PARENT,
    },
    {
      what: 'a parent that is not an id',
      json: `{"id":"${image.id}","parent":"../x"}`,
      error: NO_PARENT,
    },
    {
      what: 'a parent that is a number',
      json: `{"id":"${image.id}","parent":5}`,
      error: NO_PARENT,
    },
    {
      what: 'itself as parent',
      json: `{"id":"${image.id}","parent":"${image.id}"}`,
      error: NO_PARENT,
    },
    {
      what: "another's private parent",
      json: `{"id":"${image.id}","parent":"${secret.id}"}`,
      error: 'Image depends on an unauthorized parent',
    },
    { what: 'broken JSON of a complete image', id: complete.id, json: '{', error: 'Invalid JSON' },
    {
      what: 'a missing parent of a complete image',
      id: complete.id,
      json: `{"id":"${complete.id}","parent":"${missing}"}`,
      error: NO_PARENT,
    },
    {
      what: 'a complete image',
      id: complete.id,
      json: complete.json.toString(),
      status: 409,
      error: 'Image already exists',
    },
    {
      what: 'a complete image with another json',
      id: complete.id,
      json: `{"id":"${complete.id}"}`,
      status: 409,
      error: 'Image already exists',
    },
  ];
  for (const { what, auth = () => write, id = image.id, json, status = 400, error } of table) {
    it(`${what}: ${status} ${error}`, async () => {
      const asked = send(hub, `PUT /v1/images/${id}/json`, {
        auth: auth(),
        body: Buffer.from(json),
      });
      const answer = await asked.expect(status, refusal(error));
      assert.equal(answer.headers['www-authenticate'], status === 401 ? CHALLENGE : undefined);
    });
  }

  it('and leaves nothing half-made', async () => {
    await send(hub, `GET /v1/images/${image.id}/json`, { auth: write }).expect(
      404,
      refusal('Image not found'),
    );
    const got = await asBytes(send(hub, `GET /v1/images/${complete.id}/json`)).expect(200);
    assert.deepEqual(got.body, complete.json);
  });
});

describe('PUT layer is refused', () => {
  const body = Buffer.from('layer');
  it('before the json is 404, listed or not', async () => {
    const image = makeImage('layer first');
    const auth = await createRepository(hub, OWNER, REPOSITORY, [image]);
    for (const id of [image.id, imageId('layer of nobody')]) {
      await send(hub, `PUT /v1/images/${id}/layer`, { auth, body }).expect(
        404,
        refusal('Image not found'),
      );
    }
    await send(hub, 'PUT /v1/images/odd/layer', { auth, body }).expect(
      404,
      refusal('Invalid image ID'),
    );
    await send(hub, `PUT /v1/images/${image.id}/layer`, { body }).expect(
      401,
      refusal('Requires authorization'),
    );
  });

  it('of a complete image is 409', async () => {
    const image = makeImage('layer twice');
    const auth = await pushImage(hub, OWNER, REPOSITORY, image);
    await send(hub, `PUT /v1/images/${image.id}/layer`, { auth, body }).expect(
      409,
      refusal('Image already exists'),
    );
    await send(hub, `PUT /v1/images/${image.id}/layer`, { auth: OWNER, body }).expect(409);
  });
});
