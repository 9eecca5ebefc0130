import type { PathParams } from '../wire/context.js';
import type { Operation, Voice } from '../wire/operation.js';
import type { Who } from './record.js';
import { visible } from './visible-text.js';

/** What a sentence is made from. */
export interface Step {
  readonly method: string;
  readonly path: string;
  /** Without its secrets. */
  readonly query: string;
  /** What it was meant for; undefined where no route fits. */
  readonly operation: Operation | undefined;
  readonly voice: Voice;
  /** The parts of its path, without secrets. */
  readonly params: PathParams;
  readonly status: number;
  /** False when the connection was gone before the answer was out. */
  readonly complete: boolean;
  readonly userAgent: string;
  readonly who: Who;
  /** Who used a token: the account that it was given to. A token says only what it is for. */
  readonly holder?: string | undefined;
  /** True: it showed no login and no token. */
  readonly isBare?: boolean | undefined;
  /** Whether the client asked for a token by X-Docker-Token. */
  readonly asksToken: boolean;
  /** The name of the fault that acted. */
  readonly fault: string | undefined;
  /** The start of the request's body, and of the answer's. */
  readonly requestBody: string;
  readonly reply: string;
}

/** What a path names. */
export interface Parts {
  /** `ns/repo`, official ones as `library/repo`. */
  readonly repository: string;
  /** The first eight digits of an image id. */
  readonly image: string;
  readonly tag: string;
  readonly username: string;
}

export function partsOf({ params }: Step): Parts {
  const part = (name: string): string => brief(visible(params[name] ?? ''));
  return {
    repository: `${part('namespace') || 'library'}/${part('repository')}`,
    image: shortId(part('id')),
    tag: part('tag'),
    username: part('username'),
  };
}

/** An image by its first eight digits, as scripts and people of the time did. */
export function shortId(id: string): string {
  return /^[0-9a-f]{8}/.test(id) ? id.slice(0, 8) : quoted(id);
}

/** Characters of a name or a text that a sentence takes in. */
const LONGEST = 100;

/** A name that anybody may have made up. */
export function brief(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Words that somebody said; those of the hub can be longer, and are whole. */
export function quoted(words: string): string {
  return `"${brief(words)}"`;
}

/** What an answer says: a JSON string, the field `error`, or the first of `errors`; empty where it says nothing in words. */
export function saidIn(reply: string): string {
  try {
    const said: unknown = JSON.parse(reply);
    if (typeof said === 'string') return said;
    if (typeof said !== 'object' || said === null) return '';
    if ('errors' in said && Array.isArray(said.errors)) return messageOf(said.errors[0]);
    return 'error' in said && typeof said.error === 'string' ? said.error : '';
  } catch {
    return '';
  }
}

function messageOf(entry: unknown): string {
  const isEntry = typeof entry === 'object' && entry !== null && 'message' in entry;
  return isEntry && typeof entry.message === 'string' ? entry.message : '';
}
