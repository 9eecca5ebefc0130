import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { isEndpoint } from '../input/endpoint.js';
import { InvalidInput } from '../input/invalid-input.js';
import { readFault } from '../storage/files/read-fault.js';
import type { Login, Pem } from './settings.js';

/*
 * Options that can be given as one text: the flag, the variable and the field of startHub read it the
 * same way.
 */

export type { Login, Pem };

/** Reads `NAME:PASSWORD`. Throws an InvalidInput about `field`, in which the text itself is not said. */
export function parseLogin(text: string, field = ''): Login {
  const colon = text.indexOf(':');
  if (colon < 1) throw new InvalidInput(field, 'it must be NAME:PASSWORD');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Reads `HOST[:PORT],…`. Throws an InvalidInput. */
export function parseEndpoints(text: string): string[] {
  const endpoints = text.split(',').map((each) => each.trim());
  if (endpoints.every(isEndpoint)) return endpoints;
  throw new InvalidInput('', 'It must be a list like HOST[:PORT],HOST[:PORT].');
}

/** Addresses that begin with the same `prefix` bits. */
export interface NetworkText {
  readonly address: string;
  readonly prefix: number;
}

/** Reads `ADDRESS[/PREFIX],…`. Throws an InvalidInput. */
export function parseNetworks(text: string): NetworkText[] {
  return text.split(',').map((each) => parseNetwork(each.trim()));
}

function parseNetwork(text: string): NetworkText {
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  const longest = family === 6 ? 128 : 32;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest);
  if (family !== 0 && isPrefix && more.length === 0 && !address.includes('%')) {
    return { address, prefix: Number(prefix ?? longest) };
  }
  throw new InvalidInput('', 'It must be a list like ADDRESS,ADDRESS/PREFIX.');
}

/** Reads a certificate and its key from their files; undefined without any. Throws an InvalidInput. */
export function readTlsFiles(cert: string | undefined, key: string | undefined): Pem | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new InvalidInput('--tls-cert', 'it goes together with --tls-key');
  }
  const pem = { cert: readPem('--tls-cert', cert), key: readPem('--tls-key', key) };
  requirePair(pem);
  return pem;
}

/** Otherwise only a client that connects would find out that the key belongs to another certificate. */
function requirePair(pem: Pem): void {
  const { cert, key } = bytesOf(pem);
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
  } catch (error) {
    const reason = (error as Error).message.replace(/^error:[0-9A-F]+:/, '');
    throw new InvalidInput('--tls-cert', `no PEM certificate, or --tls-key no PEM key: ${reason}`);
  }
  throw new InvalidInput('--tls-cert', 'its key is not the one of --tls-key');
}

function readPem(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InvalidInput(flag, `${path}: ${readFault(error)}`);
  }
}

/** A certificate and its key in bytes. */
export function bytesOf({ cert, key }: Pem): { readonly cert: Buffer; readonly key: Buffer } {
  const bytes = (text: string | Uint8Array): Buffer =>
    typeof text === 'string' ? Buffer.from(text) : Buffer.from(text);
  return { cert: bytes(cert), key: bytes(key) };
}
