/*
 * How much the hub puts up with. Each is a field of HubOptions, a flag and a variable in the
 * environment; times are seconds, of which a field may have fractions.
 */

/** What a connection may do and how long. */
export interface ConnectionLimits {
  /** Seconds within which a request's line and headers must be there; 30. */
  readonly headersTimeout: number;
  /** Seconds without a single byte after which a connection is cut; 120. */
  readonly idleTimeout: number;
  /** Seconds that a connection may stay open between two requests; 65, more than proxies keep theirs. */
  readonly keepAliveTimeout: number;
  /** The longest headers of a request, in bytes; 16 KiB. */
  readonly maxHeaders: number;
  /** How many connections may be open at once; 10,000. What comes beyond is closed at once. */
  readonly maxConnections: number;
}

/** What a body may be and how long it may take. */
export interface BodyLimits {
  /** Seconds within which a JSON body must be there, and for which an unwanted body is taken; 60. */
  readonly bodyTimeout: number;
  /** The longest JSON body accepted, in bytes; 1 MiB. */
  readonly maxJson: number;
  /** The longest layer accepted, in bytes; 10 GiB. It may take as long as it needs. */
  readonly maxLayer: number;
  /** How many files of a layer are looked through, for `…/files` and for tarsums; 1,000,000. */
  readonly maxFiles: number;
}

/** How often and how many at a time may try passwords. */
export interface LoginLimits {
  /** Wrong passwords for one account from one address before it has to wait; 20, and 0 for no limit. */
  readonly loginLimit: number;
  /** Seconds for which wrong passwords count, and at most the wait; 60. */
  readonly loginWindow: number;
  /** How many passwords may wait to be hashed or compared; 100. */
  readonly loginQueue: number;
}

export type Limits = ConnectionLimits & BodyLimits & LoginLimits;
