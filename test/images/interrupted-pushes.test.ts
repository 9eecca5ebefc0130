/* A client that goes away in the middle of a push leaves no file, and the push can be repeated. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { basic, send } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { useHub } from '../support/hub.js';
import { makeImage, type TestImage } from '../support/images.js';
import { noise } from '../support/noise.js';
import { createRepository, putImage, putJson, putLayer, putTag } from '../support/pushes.js';
import { openUpload } from '../support/uploads.js';

const OWNER = basic('jamtur01');
const NAME = 'jamtur01/interrupted';
const LENGTH = 2_000_000;

const hub = useHub({ onDisk: true, people: ['jamtur01'] });

async function imageFiles({ id }: TestImage): Promise<string[]> {
  const names = await readdir(join(hub.folder, 'images', id)).catch(() => []);
  return names.map((name) => name.replace(/-[0-9a-f]{12}/, '').replace(/\.[0-9a-f]{12}\./, '.'));
}

async function uploadsOf({ id }: TestImage): Promise<string[]> {
  const names = await readdir(join(hub.folder, 'uploads'));
  return names.filter((name) => name.startsWith(id));
}

/** Ways to begin the upload of a layer; the body is what is still to come. */
const FRAMINGS: Readonly<Record<string, string>> = {
  'with a length': `Content-Length: ${LENGTH}`,
  'in chunks': 'Transfer-Encoding: chunked',
};

/** Ways to go away. */
const ENDS: Readonly<Record<string, (socket: Socket) => void>> = {
  'says goodbye': (socket) => socket.end(),
  'is cut off': (socket) => socket.resetAndDestroy(),
  'is closed': (socket) => socket.destroy(),
};

function head(method: string, path: string, auth: string, framing: string): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: hub', `Authorization: ${auth}`, framing];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function connected(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(hub.port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => undefined);
    socket.resume();
  });
}

describe('a client that goes away', () => {
  let image: TestImage;
  let auth: string;
  let count = 0;

  beforeEach(async () => {
    count += 1;
    image = makeImage(`interrupted ${count}`, { layer: noise(`${count}`, LENGTH) });
    auth = await createRepository(hub, OWNER, NAME, [image]);
    await putJson(hub, auth, image).expect(200);
  });

  async function assertRepeatable(): Promise<void> {
    await eventually('only the json is left', async () => {
      const files = await imageFiles(image);
      return files.length === 1 && files[0] === 'json';
    });
    const inProgress = { error: 'Image is being uploaded, retry later' };
    await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(400, inProgress);
    await putImage(hub, auth, image);
    await putTag(hub, auth, NAME, image).expect(200);
    assert.deepEqual((await imageFiles(image)).sort(), ['image.json', 'json', 'layer']);
    assert.deepEqual(await uploadsOf(image), [], 'nothing is left under way');
    const headers = { 'X-Docker-Checksum-Payload': image.payload };
    await send(hub, `PUT /v1/images/${image.id}/checksum`, { auth, headers }).expect(409);
  }

  for (const [framed, framing] of Object.entries(FRAMINGS)) {
    for (const [how, leave] of Object.entries(ENDS)) {
      it(`in the middle of a layer ${framed}, when it ${how}`, async () => {
        const socket = await connected();
        const path = `/v1/images/${image.id}/layer`;
        const part = image.layer.subarray(0, LENGTH / 2);
        socket.write(head('PUT', path, auth, framing));
        if (framed === 'in chunks') socket.write(`${LENGTH.toString(16)}\r\n`);
        await new Promise((resolve) => socket.write(part, resolve));
        await eventually('the layer is being written', async () => {
          return (await imageFiles(image)).includes('layer.tmp');
        });
        leave(socket);
        await assertRepeatable();
      });
    }
  }

  it('before the first byte of the layer', async () => {
    const upload = await openUpload(hub.url, auth, image.id);
    await upload.abort();
    await assertRepeatable();
  });

  it('in the chunk that says how long the next one is', async () => {
    const socket = await connected();
    const path = `/v1/images/${image.id}/layer`;
    socket.write(head('PUT', path, auth, 'Transfer-Encoding: chunked'));
    socket.write('5\r\nlayer\r\n1');
    await eventually('the layer is being written', async () => {
      return (await imageFiles(image)).includes('layer.tmp');
    });
    socket.end();
    await assertRepeatable();
  });

  it('after an invalid chunk', async () => {
    const socket = await connected();
    const path = `/v1/images/${image.id}/layer`;
    socket.write(head('PUT', path, auth, 'Transfer-Encoding: chunked'));
    socket.write('5\r\nlayer\r\nnot a number\r\n');
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 400 /);
    socket.end();
    await assertRepeatable();
  });

  it('after the layer, before it hears that it came', async () => {
    const socket = await connected();
    const path = `/v1/images/${image.id}/layer`;
    socket.write(head('PUT', path, auth, `Content-Length: ${LENGTH}`));
    await new Promise((resolve) => socket.write(image.layer, resolve));
    socket.destroy();
    await eventually('nothing is being written', async () => {
      return !(await imageFiles(image)).includes('layer.tmp');
    });
    await putImage(hub, auth, image);
    assert.deepEqual((await imageFiles(image)).sort(), ['image.json', 'json', 'layer']);
  });

  it('while another client pushes the same image, which is none the worse', async () => {
    const other = await createRepository(hub, OWNER, NAME, [image]);
    await putJson(hub, other, image).expect(200);
    const lost = await openUpload(hub.url, auth, image.id);
    await lost.write(image.layer.subarray(0, LENGTH / 2));
    const upload = await openUpload(hub.url, other, image.id);
    await upload.write(image.layer.subarray(0, LENGTH / 2));
    await lost.abort();
    assert.equal((await upload.end(image.layer.subarray(LENGTH / 2))).status, 200);
    const headers = { 'X-Docker-Checksum-Payload': image.payload };
    await send(hub, `PUT /v1/images/${image.id}/checksum`, { auth: other, headers }).expect(200);
    await eventually('only the image is left', async () => (await imageFiles(image)).length === 3);
    await eventually('nothing is under way', async () => (await uploadsOf(image)).length === 0);
  });
});

describe('a client that goes away in the middle of an image json', () => {
  for (const [how, leave] of Object.entries(ENDS)) {
    it(`leaves nothing when it ${how}`, async () => {
      const image = makeImage(`half a json ${how}`);
      const auth = await createRepository(hub, OWNER, NAME, [image]);
      const socket = await connected();
      const length = `Content-Length: ${image.json.length}`;
      socket.write(head('PUT', `/v1/images/${image.id}/json`, auth, length));
      await new Promise((resolve) => socket.write(image.json.subarray(0, 20), resolve));
      const closed = once(socket, 'close');
      leave(socket);
      await closed;
      await send(hub, `GET /v1/images/${image.id}/json`, { auth }).expect(404);
      assert.deepEqual([await imageFiles(image), await uploadsOf(image)], [[], []]);
      await putImage(hub, auth, image);
    });
  }
});

describe('a layer that arrives while its repository is being deleted', () => {
  it('leaves no file, in either order', async () => {
    const name = 'jamtur01/doomed';
    for (let round = 0; round < 60; round += 1) {
      const image = makeImage(`arrives in round ${round}`);
      const auth = await createRepository(hub, OWNER, name, [image]);
      await putJson(hub, auth, image).expect(200);
      const arriving = putLayer(hub, auth, image);
      const deleting = async (): Promise<void> => {
        for (let turns = 0; turns < round; turns += 1) await new Promise(setImmediate);
        for (const status of [202, 200]) {
          await send(hub, `DELETE /v1/repositories/${name}/`, { auth: OWNER }).expect(status);
        }
      };
      await Promise.all([arriving, deleting()]);
      await eventually('nothing is left', async () => (await imageFiles(image)).length === 0);
      assert.deepEqual(await uploadsOf(image), []);
    }
  });
});
