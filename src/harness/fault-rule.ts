/*
 * What a fault rule can say. Nothing here needs another package, so that the types of startHub are whole
 * by themselves.
 */

/** Text, or bytes in base64. */
export type Content = string | { readonly base64: string };

/**
 * Which requests a rule is about; a field left out matches every request. Without `path` or `operation`, a rule is about
 * what clients ask, and not about the hub's own `/_status`, `/metrics` and `/openapi.yaml`; no rule is
 * about `/_hub`.
 */
export interface FaultMatch {
  readonly method?: string;
  /**
   * An operationId of openapi.yaml, or several; that of `/v1/repositories/{namespace}/{repository}…` is also about the
   * short path of library.
   */
  readonly operation?: string | readonly string[];
  /** A whole path without its query, or one with `*` for anything. */
  readonly path?: string;
  /** The account named in the credentials or whose token of v2 it is, or the owner of the token's repository. */
  readonly user?: string;
  /** A part of the User-Agent. */
  readonly userAgent?: string;
  /** Parameters and what they must say, with `*` for anything; null: they must not be there. */
  readonly query?: Readonly<Record<string, string | null>>;
  /** Headers, in the same way. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** A part of the body's first 16 KiB, as it came. */
  readonly body?: string;
}

/** An error, or any other answer from 200 on, in the Hub's own words for it and in the voice of the path. */
interface StatusInWords {
  readonly status: number;
  /** Seconds. */
  readonly retryAfter?: number;
  /** Other words. */
  readonly message?: string;
}

/** An answer with this body, `text/plain` unless `headers` says otherwise. */
interface StatusWithBody {
  readonly status: number;
  readonly retryAfter?: number;
  readonly body: Content;
}

/** What becomes of an answer that can have its headers changed too. */
type Answer =
  | StatusInWords
  | StatusWithBody
  /** Milliseconds before each chunk of the answer's body. */
  | { readonly chunkDelay: number; readonly chunkSize?: number }
  /** The connection is reset in the middle of the answer's body. */
  | { readonly reset: 'middle' }
  /** The body ends after so many bytes, short of its Content-Length. */
  | { readonly cutAfter: number }
  /** The byte at this place of the body is turned into another. */
  | { readonly corruptByte: number }
  /** Answered with a redirect to another host or address; docker follows it with PUT itself. */
  | { readonly redirect: string }
  /** As if the token had expired on the way. */
  | { readonly expiredToken: true }
  /** As if the disk were full. */
  | { readonly diskFull: true };

/** What keeps an answer from coming. */
type Silence =
  /** The connection is reset before the answer. */
  | { readonly reset: 'before' }
  /**
   * So many bytes of the request's body are taken, then none any more, and there is no answer; the
   * connection is cut after ten minutes. A shorter body goes its usual way.
   */
  | { readonly stallAfter: number };

interface Delay {
  /** Milliseconds before the request is looked at. */
  readonly delay: number;
}

interface Headers {
  /** Headers of the answer and what they say instead; null takes one away. */
  readonly headers: Readonly<Record<string, string | null>>;
}

/** The names of the fields that any of several types has. */
type Fields<T> = T extends unknown ? keyof T : never;
/** One of several types, without a field of the others. */
type OneOf<T, Name extends PropertyKey = Fields<T>> = T extends unknown
  ? T & { readonly [Other in Exclude<Name, keyof T>]?: never }
  : never;

/** What happens instead of, or to, the answer: one thing, after a delay and with other headers if wanted. */
export type FaultAction = OneOf<
  | (Answer & Partial<Delay & Headers>)
  | (Silence & Partial<Delay>)
  | (Delay & Partial<Headers>)
  | Headers
>;

/** A fault to come: never by chance, always counted. */
export interface FaultRule {
  /** A name to find it by; one is made up when it is left out. */
  readonly name?: string;
  readonly match?: FaultMatch;
  /** How many matching requests pass before it acts; 0. */
  readonly after?: number;
  /** How many times it acts; without end. */
  readonly times?: number;
  readonly then: FaultAction;
}

/** A rule, and what became of it. What can be a password or a token in it is shown as `***`. */
export interface Fault extends FaultRule {
  /** What the journal calls it. */
  readonly name: string;
  /** Requests that matched, and those among them that it acted on. */
  readonly matched: number;
  readonly acted: number;
}
