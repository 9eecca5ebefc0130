/*
 * The CA of `hub-v1 certs` is trusted by whole machines: it may vouch for the official names and this
 * machine, and for nothing else.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, createServer } from 'node:tls';
import forge from 'node-forge';
import { type Certified, makeCertificates } from '../../src/cli/certificates.js';
import { OFFICIAL_NAMES } from '../../src/wire/official-names.js';

const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

let ca: Certified;
let leaf: Certified;

before(async () => {
  ({ ca, leaf } = await makeCertificates(new Date()));
});

/** A certificate by the CA for a name of somebody's choice, as a thief of its key would make it. */
function forged(altName: object): Certified {
  const keys = forge.pki.rsa.generateKeyPair(1024);
  const authority = forge.pki.certificateFromPem(ca.cert);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = '0badc0de';
  certificate.validity.notBefore = authority.validity.notBefore;
  certificate.validity.notAfter = authority.validity.notAfter;
  certificate.setSubject([{ name: 'commonName', value: 'forged' }]);
  certificate.setIssuer(authority.subject.attributes);
  certificate.setExtensions([{ name: 'subjectAltName', altNames: [altName] }]);
  certificate.sign(forge.pki.privateKeyFromPem(ca.key), forge.md.sha256.create());
  return {
    cert: forge.pki.certificateToPem(certificate),
    key: forge.pki.privateKeyToPem(keys.privateKey),
  };
}

/** Why a client that trusts the CA refuses a server of this name with this certificate; or undefined. */
async function refusal({ cert, key }: Certified, name: string): Promise<string | undefined> {
  const server = createServer({ cert, key, ciphers: 'DEFAULT:@SECLEVEL=0' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: name,
    ca: ca.cert,
    ciphers: 'DEFAULT:@SECLEVEL=0',
    // The name of the certificate is a question of its own; here it is whether the CA counts.
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, 'secureConnect');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('the CA', () => {
  for (const name of [...OFFICIAL_NAMES, 'localhost', '']) {
    it(`vouches for ${name || '127.0.0.1'}`, async () => {
      assert.equal(await refusal(leaf, name), undefined);
    });
  }

  const others: readonly (readonly [what: string, altName: object])[] = [
    ['another host', { type: 2, value: 'bank.example.com' }],
    ['every host', { type: 2, value: '*.com' }],
    ['the parent of an official name', { type: 2, value: 'docker.io' }],
    ['a name that only ends alike', { type: 2, value: 'notlocalhost' }],
    ['an address of another machine', { type: 7, ip: '192.0.2.1' }],
  ];
  for (const [what, altName] of others) {
    it(`vouches not for ${what}`, async () => {
      assert.equal(await refusal(forged(altName), 'localhost'), 'permitted subtree violation');
    });
  }

  it('is marked in a way that the Go of old dockers does not refuse', () => {
    const { extensions } = forge.pki.certificateFromPem(ca.cert) as {
      extensions?: { id: string; critical?: boolean }[];
    } & forge.pki.Certificate;
    const found = extensions?.find(({ id }) => id === '2.5.29.30');
    assert.ok(found);
    assert.notEqual(found.critical, true);
  });
});

describe('openssl', { skip: !HAS_OPENSSL && 'there is no openssl' }, () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-v1-ca-'));
    writeFileSync(join(folder, 'ca.pem'), ca.cert);
    writeFileSync(join(folder, 'leaf.pem'), leaf.cert);
    writeFileSync(join(folder, 'bad.pem'), forged({ type: 2, value: 'bank.example.com' }).cert);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('reads the constraints', () => {
    const args = ['x509', '-in', join(folder, 'ca.pem'), '-noout', '-ext', 'nameConstraints'];
    const text = execFileSync('openssl', args).toString();
    for (const name of OFFICIAL_NAMES) assert.ok(text.includes(`DNS:${name}`), text);
    assert.match(text, /IP:127\.0\.0\.0\/255\.0\.0\.0/);
  });

  it('takes the certificate, and no forged one', () => {
    const verify = (name: string) =>
      spawnSync('openssl', [
        ...['verify', '-auth_level', '0', '-purpose', 'sslserver'],
        ...['-x509_strict', '-CAfile', join(folder, 'ca.pem'), join(folder, name)],
      ]);
    const good = verify('leaf.pem');
    assert.equal(good.status, 0, String(good.stderr));
    assert.match(String(verify('bad.pem').stderr), /permitted subtree violation/);
  });
});
