import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { type Certified, makeCertificates } from '../../src/cli/certificates.js';
import type { SearchPage } from '../../src/domain/search/search.js';
import type { Hub } from '../../src/index.js';
import { INDEX_NAMES, OFFICIAL_NAMES } from '../../src/wire/official-names.js';
import { basic } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';

/* The hub as index.docker.io: certificates for the names that old clients have built in, and answers
 * that differ under them (clients.md, /v2/; the recordings of the official kind). */

let ca: Certified;
let leaf: Certified;
let hub: Hub;

before(async () => {
  ({ ca, leaf } = await makeCertificates(new Date()));
  hub = await startPlainHub({
    as: 'index.docker.io',
    tls: leaf,
    tlsLegacy: true,
    admin: 'admin:sesame',
    seed: {
      repositories: [
        { name: 'python', tags: { '3.4': { files: { a: '1' } }, latest: { files: { b: '2' } } } },
      ],
    },
  });
});
after(() => hub.close());

interface Asked {
  readonly path: string;
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks the hub over TLS under a name, trusting the CA alone. */
async function ask({ path, host = 'index.docker.io', method = 'GET', headers, body = '' }: Asked) {
  const sent = request({
    host: '127.0.0.1',
    port: hub.port,
    servername: host,
    ca: ca.cert,
    path,
    method,
    agent: false,
    headers: { host, ...headers },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

describe('the certificates', () => {
  it('are good for the official names, localhost and 127.0.0.1, and come from the CA', () => {
    const certificate = new X509Certificate(leaf.cert);
    const authority = new X509Certificate(ca.cert);
    for (const name of [...OFFICIAL_NAMES, 'localhost']) {
      assert.equal(certificate.checkHost(name), name);
    }
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(certificate.checkHost('hub.docker.com'), undefined);
    assert.ok(authority.ca);
    assert.ok(certificate.verify(authority.publicKey));
    assert.ok(!certificate.ca);
  });
});

describe('under the name index.docker.io', () => {
  it('answers over TLS that a docker of 2013 still speaks', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: hub.port,
      servername: 'index.docker.io',
      ca: ca.cert,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    await once(socket, 'secureConnect');
    assert.equal(socket.getProtocol(), 'TLSv1');
    socket.destroy();
  });

  for (const host of INDEX_NAMES) {
    it(`speaks as the index: tags are a list for clients that ask ${host} without a token`, async () => {
      const { body, headers } = await ask({ host, path: '/v1/repositories/python/tags' });
      assert.match(
        body,
        /^\[\{"layer": "[0-9a-f]{8}", "name": "latest"\}, \{"layer": "[0-9a-f]{8}", "name": "3\.4"\}\]$/,
      );
      assert.equal(headers['transfer-encoding'], 'chunked');
    });

    it(`and a tag at ${host} is the list of its layers`, async () => {
      const path = '/v1/repositories/python/tags/latest';
      const image = JSON.parse((await ask({ path, host: 'registry-1.docker.io' })).body) as string;
      const { body, headers } = await ask({ host, path });
      assert.match(body, new RegExp(`^\\[\\{"pk": \\d+, "id": "${image.slice(0, 8)}"\\}\\]$`));
      assert.equal(headers['transfer-encoding'], 'chunked');
      assert.equal((await ask({ host, path: `${path}-not` })).status, 404);
    });

    it(`and the page that a search at ${host} asks for comes back as a text`, async () => {
      const pageOf = async (query: string) =>
        (JSON.parse((await ask({ host, path: `/v1/search?q=python${query}` })).body) as SearchPage)
          .page;
      assert.deepEqual([await pageOf(''), await pageOf('&page=2')], [1, '2']);
    });
  }

  it('and as the registry to a client with a token', async () => {
    const listed = await ask({
      path: '/v1/repositories/library/python/images',
      headers: { 'x-docker-token': 'true' },
    });
    assert.equal(listed.headers['x-docker-endpoints'], 'index.docker.io');
    const token = String(listed.headers['x-docker-token']);
    const { body } = await ask({
      path: '/v1/repositories/library/python/tags',
      headers: { authorization: `Token ${token}` },
    });
    const tags = JSON.parse(body) as Record<string, string>;
    assert.deepEqual(Object.keys(tags), ['3.4', 'latest']);
    const one = await ask({
      path: '/v1/repositories/library/python/tags/latest',
      headers: { authorization: `Token ${token}` },
    });
    assert.equal(one.body, `"${tags.latest}"`);
  });

  it('hangs up on /v2/, since docker 1.8 and 1.9 push over v1 only then', async () => {
    for (const host of OFFICIAL_NAMES) {
      await assert.rejects(ask({ path: '/v2/', host, headers: { 'user-agent': 'docker/1.9.1' } }));
    }
  });

  it('but lets podman search', async () => {
    const podman = { 'user-agent': 'containers/5.23.1' };
    assert.equal((await ask({ path: '/v2/', headers: podman })).status, 401);
    const found = await ask({ path: '/v1/search?n=25&q=python', headers: podman });
    assert.equal(JSON.parse(found.body).num_results, 1);
  });

  it('answers an old docker 404 on /v2/ under any other name', async () => {
    const headers = { 'user-agent': 'docker/1.9.1 go/go1.4.2' };
    const { status, body } = await ask({ path: '/v2/', host: 'localhost', headers });
    assert.deepEqual([status, body], [404, '404 page not found\n']);
  });

  it('creates a repository with the index as its endpoint, as the recordings have it', async () => {
    const { status, headers } = await ask({
      path: '/v1/repositories/library/static_web/',
      method: 'PUT',
      headers: {
        authorization: basic('admin'),
        'x-docker-token': 'true',
      },
      body: '[]',
    });
    assert.equal(status, 200);
    assert.equal(headers['x-docker-endpoints'], 'index.docker.io');
  });
});
