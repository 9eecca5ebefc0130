import type { Socket } from 'node:net';
import type { UnreadableKind } from '../wire/unreadable.js';
import type { BrokenRequest } from './refusals.js';

/** What a TLS ClientHello begins with; dockers send one to every port before plain HTTP. */
const TLS_HANDSHAKE = 0x16;

/** Node's and OpenSSL's codes for what can be told apart. */
const KINDS: Readonly<Record<string, UnreadableKind>> = {
  HPE_HEADER_OVERFLOW: 'long headers',
  ERR_HTTP_REQUEST_TIMEOUT: 'slow headers',
  HPE_INVALID_EOF_STATE: 'half a request',
  HPE_INVALID_URL: 'unescaped address',
  ERR_SSL_HTTP_REQUEST: 'plain http on tls',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'old tls',
  ERR_SSL_VERSION_TOO_LOW: 'old tls',
  ERR_SSL_NO_SHARED_CIPHER: 'old tls',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'certificate not trusted',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'certificate not trusted',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'certificate not trusted',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'certificate not trusted',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'failed handshake',
};

/** Faults of a line of the headers, rather than of the line of the request. */
const HEADER = ['HEADER', 'CONTENT_LENGTH', 'TRANSFER_ENCODING', 'LF_EXPECTED', 'CR_EXPECTED'];

/**
 * What it was that could not be read; undefined for a connection that only ended, with nothing asked on it.
 * `isInBody` says that the headers of a request were read before.
 */
export function kindOf(
  { code = '', rawPacket }: BrokenRequest,
  isInBody: boolean,
  { bytesRead }: Socket,
): UnreadableKind | undefined {
  const known = KINDS[code];
  // Nothing was asked, or what broke off is told of as a request that got no answer.
  if (code === 'ECONNRESET' || code === 'EPIPE') return undefined;
  if (known === 'slow headers' && bytesRead === 0) return undefined;
  if (isInBody) return 'invalid body';
  if (known !== undefined) return known;
  if (/^(?:ERR_SSL_|ERR_TLS_)/.test(code)) return 'failed handshake';
  if (rawPacket?.[0] === TLS_HANDSHAKE) return 'tls on plain http';
  return HEADER.some((word) => code.includes(word)) ? 'invalid header' : 'not http';
}
