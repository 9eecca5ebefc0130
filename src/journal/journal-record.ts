import type { Time } from '../input/time.js';
import type { UnreadableKind } from '../wire/unreadable.js';

/*
 * What the journal says and is asked. Nothing here needs another package, so that the types of startHub are
 * whole by themselves.
 */

/** Who made a request, and how that was shown. */
export type Who =
  /** Nobody; `claimed` is who the credentials named, right or wrong. */
  | { readonly by: 'none'; readonly claimed?: string }
  | { readonly by: 'basic'; readonly user: string }
  /** Somebody in a browser, by the cookie of their login. */
  | { readonly by: 'session'; readonly user: string }
  /** By a token of v2, which is somebody's; nobody's token is nobody's. */
  | { readonly by: 'bearer'; readonly user: string }
  | { readonly by: 'token'; readonly repository: string; readonly access: string };

/** A body as the journal shows it: its start as text, or base64 where it is none. */
export interface RecordedBody {
  /** Length in bytes. */
  readonly size: number;
  readonly text?: string;
  readonly base64?: string;
  /** True when `text` or `base64` is only the start. */
  readonly cut?: boolean;
  /** Of a layer: the sum that the registry computed of it. */
  readonly digest?: string;
}

/** One request and its answer, as the journal and the log show it. Passwords and tokens are masked. */
export interface JournalRecord {
  readonly id: string;
  /** Counts up from 1 within a journal. */
  readonly number: number;
  /** ISO 8601, by the system's clock. */
  readonly time: string;
  /** The address that it came from. */
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: RecordedBody;
  /** 0 when the connection was gone before any answer. */
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string | readonly string[]>>;
  readonly responseBody: RecordedBody;
  /** Milliseconds until the answer was out. */
  readonly duration: number;
  /** False when the client was gone, or was cut off, before the answer was out. */
  readonly complete: boolean;
  readonly who: Who;
  /** The operationId of openapi.yaml; left out where no route fits. */
  readonly operation?: string;
  /** The name of the fault that acted. */
  readonly fault?: string;
  /** Of something that was not a request, or was refused before it was one: why. */
  readonly unreadable?: UnreadableKind;
  /** What this step is in the protocol, in one sentence. */
  readonly sentence: string;
}

/** Which records are wanted; a field left out wants all. */
export interface RecordFilter {
  readonly method?: string;
  /** A whole path, or one with `*` for anything. */
  readonly path?: string;
  /** An operationId of openapi.yaml, as records have it. */
  readonly operation?: string;
  /** The account that made the request or was named, or whose repository a token named. */
  readonly user?: string;
  readonly status?: number;
  /** Records of this moment or later, by the system's clock. */
  readonly since?: Time;
  /** Records with a higher number. */
  readonly after?: number;
}

/** How many records there are, how many the bound has cost, and the bound. */
export interface JournalSize {
  readonly kept: number;
  readonly dropped: number;
  readonly bound: number;
}

/** How long to wait for a record, in milliseconds, and what ends the wait before. */
export interface WaitOptions {
  readonly timeout?: number;
  readonly signal?: Abortable;
}

/** An AbortSignal, as far as it is needed: not every compiler knows its name. */
export interface Abortable {
  readonly aborted: boolean;
  addEventListener(event: 'abort', listener: () => void): void;
  removeEventListener(event: 'abort', listener: () => void): void;
}

/** A wait ended without the record; the message says what was seen instead. */
export class NotSeen extends Error {
  override readonly name = 'NotSeen';
  /** The newest requests, such as `GET /v1/_ping 200`. */
  readonly seen: readonly string[];

  constructor(reason: string, seen: readonly string[]) {
    const instead = seen.length === 0 ? 'nothing' : `\n  ${seen.join('\n  ')}`;
    super(`${reason}; seen instead: ${instead}`);
    this.seen = seen;
  }
}

/** Some records, and where to go on. */
export interface RecordPage {
  readonly records: readonly JournalRecord[];
  /** What to ask for as `after` to get the rest; undefined when this is all. */
  readonly next: number | undefined;
}
