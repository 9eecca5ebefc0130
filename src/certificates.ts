import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { OFFICIAL_NAMES } from './wire/official-names.js';

/** A certificate and its key, as PEM texts. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

const YEARS = 10;
const generate = promisify(generateKeyPair);

/**
 * A certificate authority of one's own, and a certificate by it for the official names, localhost and
 * 127.0.0.1. RSA with SHA-256: the Go of a docker of 2013 knows nothing newer.
 */
export async function makeCertificates(now: Date): Promise<{ ca: Certified; leaf: Certified }> {
  const caKeys = await rsaKeys();
  const caName = [{ name: 'commonName', value: 'hub-v1 local CA' }];
  const ca = newCertificate(caKeys.publicKey, now, caName, caName);
  ca.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
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
  ]);
  leaf.sign(caKeys.privateKey, forge.md.sha256.create());
  return { ca: toPem(ca, caKeys), leaf: toPem(leaf, leafKeys) };
}

/** DNS names are type 2 and addresses type 7 (RFC 5280 §4.2.1.6). */
function alternativeNames() {
  const names = [...OFFICIAL_NAMES, 'localhost'].map((value) => ({ type: 2, value }));
  return [...names, { type: 7, ip: '127.0.0.1' }];
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
