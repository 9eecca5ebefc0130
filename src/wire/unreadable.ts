/** What can come over a connection other than a request, or is refused before it is one. */
export const UNREADABLE_KINDS = [
  /** TLS on a port of plain http, as dockers try it first. */
  'tls on plain http',
  'plain http on tls',
  /** Nothing newer than TLS 1.1 was offered, or no cipher of today. */
  'old tls',
  /** The client hung up because it does not trust the certificate. */
  'certificate not trusted',
  'failed handshake',
  /** An address with characters that have to be escaped. */
  'unescaped address',
  'long headers',
  'slow headers',
  /** The connection ended within the headers. */
  'half a request',
  'invalid header',
  /** The headers were a request, what came after them was not their body. */
  'invalid body',
  /** What it is, or where it ends, could be read in two ways (src/server/framing.ts). */
  'request in doubt',
  /** The hub was taken for a proxy. */
  'proxy',
  'too many connections',
  'not http',
] as const;

export type UnreadableKind = (typeof UNREADABLE_KINDS)[number];

/** Something that came and was not a request, as the journal, the log and the metrics are told. */
export interface Unreadable {
  readonly kind: UnreadableKind;
  /** Who sent it. */
  readonly address: string;
  /** Milliseconds since 1970 by the system's clock. */
  readonly time: number;
  /** What was answered; 0 when the connection was cut without a word. */
  readonly status: number;
  /** As far as a request line could be read, else empty. */
  readonly method: string;
  readonly target: string;
}

/** Is told of everything that was not a request; must not throw. */
export type UnreadableListener = (unreadable: Unreadable) => void;
