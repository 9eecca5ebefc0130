import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { OFFICIAL_NAMES } from '../wire/official-names.js';

/** A certificate and its key, as PEM texts. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

const { asn1 } = forge;
const YEARS = 10;
const generate = promisify(generateKeyPair);

/** Every name that the hub answers under. */
const NAMES = [...OFFICIAL_NAMES, 'localhost'];
const ADDRESS = '127.0.0.1';
/** RFC 5280 §4.2.1.10. */
const NAME_CONSTRAINTS = '2.5.29.30';

/**
 * A certificate authority of one's own, and a certificate by it for the official names, localhost and
 * 127.0.0.1. RSA with SHA-256: the Go of a docker of 2013 knows nothing newer.
 *
 * Machines come to trust the authority, so it can vouch for nothing else: servers of those names and of
 * addresses that never leave a machine. A thief of its key can't pose as a bank.
 */
export async function makeCertificates(now: Date): Promise<{ ca: Certified; leaf: Certified }> {
  const caKeys = await rsaKeys();
  const caName = [{ name: 'commonName', value: 'hub-v1 local CA' }];
  const ca = newCertificate(caKeys.publicKey, now, caName, caName);
  ca.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { id: NAME_CONSTRAINTS, value: nameConstraints() },
    { name: 'subjectKeyIdentifier' },
  ]);
  ca.sign(caKeys.privateKey, forge.md.sha256.create());

  const leafKeys = await rsaKeys();
  const leafName = [{ name: 'commonName', value: OFFICIAL_NAMES[0] }];
  const leaf = newCertificate(leafKeys.publicKey, now, leafName, caName);
  leaf.setExtensions([
    { name: 'basicConstraints', cA: false },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: alternativeNames() },
    // Strict clients, such as Python from 3.13 on, look for it.
    { name: 'authorityKeyIdentifier', keyIdentifier: ca.generateSubjectKeyIdentifier().getBytes() },
    { name: 'subjectKeyIdentifier' },
  ]);
  leaf.sign(caKeys.privateKey, forge.md.sha256.create());
  return { ca: toPem(ca, caKeys), leaf: toPem(leaf, leafKeys) };
}

/** DNS names are type 2 and addresses type 7 (RFC 5280 §4.2.1.6). */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

function alternativeNames() {
  const names = NAMES.map((value) => ({ type: DNS_NAME, value }));
  return [...names, { type: IP_ADDRESS, ip: ADDRESS }];
}

/**
 * The permitted names, as DER: RFC 5280 §4.2.1.10 with a base for each, and 127.0.0.0/8.
 *
 * The RFC wants the extension critical. Go up to 1.9, of which all old dockers are made, understands names
 * alone and refuses an authority that has anything else in a critical extension; everybody who knows the
 * extension obeys it in either case. That Go also looks for an address among the names, hence the last one.
 */
function nameConstraints(): string {
  const names = [...NAMES, ADDRESS].map((name) => subtree(DNS_NAME, name));
  const addresses = subtree(IP_ADDRESS, String.fromCharCode(127, 0, 0, 0, 255, 0, 0, 0));
  const permitted = tagged(0, [...names, addresses]);
  return asn1.toDer(sequence([permitted])).getBytes();
}

function subtree(type: number, base: string): forge.asn1.Asn1 {
  return sequence([asn1.create(asn1.Class.CONTEXT_SPECIFIC, type, false, base)]);
}

function sequence(members: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, members);
}

function tagged(tag: number, members: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, true, members);
}

/** Made by the system's library: its keys take a moment, those in JavaScript take seconds. */
async function rsaKeys(): Promise<forge.pki.rsa.KeyPair> {
  const { publicKey, privateKey } = await generate('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return {
    publicKey: forge.pki.publicKeyFromPem(publicKey),
    privateKey: forge.pki.privateKeyFromPem(privateKey),
  };
}

function newCertificate(
  publicKey: forge.pki.PublicKey,
  now: Date,
  subject: forge.pki.CertificateField[],
  issuer: forge.pki.CertificateField[],
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  // Positive, as a serial number must be.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`;
  // A day back, for clients whose clock is behind.
  certificate.validity.notBefore = new Date(now.getTime() - 24 * 60 * 60 * 1000);
  certificate.validity.notAfter = new Date(now);
  certificate.validity.notAfter.setFullYear(now.getFullYear() + YEARS);
  certificate.setSubject(subject);
  certificate.setIssuer(issuer);
  return certificate;
}

function toPem(certificate: forge.pki.Certificate, keys: forge.pki.rsa.KeyPair): Certified {
  return {
    cert: forge.pki.certificateToPem(certificate).replaceAll('\r', ''),
    key: forge.pki.privateKeyToPem(keys.privateKey).replaceAll('\r', ''),
  };
}
