import type { Shown } from '../journal/journal.js';
import type { JournalRecord, Who } from '../journal/journal-record.js';
import { isRefused } from '../journal/sentences.js';
import { partsOf, type Step } from '../journal/step.js';
import { nameRegistered, v2TargetOf } from '../journal/step-facts.js';
import {
  accountAsking,
  beginningOf,
  findsNoV2,
  isQuestion,
  manifestOf,
  type ScopeAsked,
  scopesAsked,
} from '../journal/v2-facts.js';

/** Where an arrow of the live page begins or ends. The token service of v2 stands where the index stood. */
export const LANES = ['docker', 'index', 'registry'] as const;

export type Lane = (typeof LANES)[number];

/** What the live page, its folding and its filters know of a step, besides its words. */
export interface LiveStep {
  readonly number: number;
  /** Milliseconds since 1970, when it came and when it was answered. */
  readonly began: number;
  readonly ended: number;
  /** One docker, as far as that can be told: its address and what it calls itself. */
  readonly client: string;
  /** The id of the operation's row; undefined where there is none. */
  readonly row: string | undefined;
  /** Who is asked. */
  readonly lane: Lane;
  readonly who: Who;
  /** Who acts, or says so; undefined where that is not known. */
  readonly user: string | undefined;
  /** `ns/repo`, if it is about one. */
  readonly repository: string | undefined;
  /** Other repositories that it names: another that a token is for, or that a blob is taken from. */
  readonly others: readonly string[];
  readonly tag: string | undefined;
  readonly status: number;
  readonly refused: boolean;
  /** The connection was not one of HTTP: a docker tries TLS first. */
  readonly hello: boolean;
  /** A step of v2, by somebody who gets v2. */
  readonly v2: V2Step | undefined;
}

/** What acts and pages know of a step of v2 besides. */
export interface V2Step {
  /** A HEAD, which asks whether something is here. */
  readonly isQuestion: boolean;
  /** What a token is asked for: `pull`, `push`; empty for a login, and for what is not about tokens. */
  readonly actions: readonly string[];
}

/** What is known of a step. */
export function liveStepOf({ record, step }: Shown): LiveStep {
  const began = Date.parse(record.time);
  const common = {
    number: record.number,
    began,
    ended: began + record.duration,
    who: record.who,
    status: record.status,
  };
  if (step === undefined) return { ...common, ...ofUnreadable(record) };
  const row = step.operation?.row;
  return {
    ...common,
    row,
    client: `${record.address} ${familyOf(step.userAgent)}`,
    lane: laneOf(step),
    user: userOf(step),
    repository: repositoryOf(step),
    others: othersOf(step),
    tag: tagOf(step),
    refused: isRefused(step),
    hello: false,
    v2: v2Of(step),
  };
}

function ofUnreadable({ address, unreadable }: JournalRecord) {
  // A docker says hello in TLS before it speaks http (clients.md, "Probing a host").
  const hello = unreadable === 'tls on plain http';
  return {
    row: undefined,
    client: `${address} ${hello ? DOCKER : ''}`,
    lane: 'index',
    user: undefined,
    repository: undefined,
    others: [],
    v2: undefined,
    tag: undefined,
    refused: !hello,
    hello,
  } as const;
}

const DOCKER = 'docker';

/** What a client is, in any version: before 1.7 a docker calls itself Go's own client at times. */
function familyOf(userAgent: string): string {
  // docker 28 has its tokens fetched by containerd (v2.md §1).
  if (/^(?:docker\/|Go[ -]|containerd\/)/.test(userAgent)) return DOCKER;
  return (userAgent.split(/[/ ]/)[0] ?? '').slice(0, 40);
}

function laneOf({ voice, operation }: Step): Lane {
  if (isTokenRow(operation?.row)) return 'index';
  return voice === 'registry' || voice === 'v2' ? 'registry' : 'index';
}

function userOf(step: Step): string | undefined {
  const { who, operation } = step;
  if ('user' in who) return who.user;
  // The repository's own name space: all who may read it may do this.
  if (who.by === 'token') return step.holder;
  if (isTokenRow(operation?.row)) return accountAsking(step);
  return operation?.row === 'register' ? nameRegistered(step) : who.claimed;
}

/** The repository that a step is about: the one in its path, or its token's. */
function repositoryOf(step: Step): string | undefined {
  const { params, who, path, operation } = step;
  if (params.repository !== undefined) return partsOf(step).repository;
  if (who.by === 'token') return who.repository;
  if (isTokenRow(operation?.row)) return mainOf(scopesAsked(step))?.repository;
  return /V2Path$/.test(operation?.row ?? '') ? v2TargetOf(path)?.repository : undefined;
}

/** Whether a row is that of the token service. */
export function isTokenRow(row: string | undefined): boolean {
  return row === 'getTokenV2' || row === 'postTokenV2';
}

/** A push asks for a token for what it pushes, and for what it may take blobs from. */
function mainOf(scopes: readonly ScopeAsked[]): ScopeAsked | undefined {
  const main = scopes.find(({ actions }) => !actions.every((each) => each === 'pull')) ?? scopes[0];
  return main && { ...main, repository: wholeName(main.repository) };
}

function othersOf(step: Step): string[] {
  if (isTokenRow(step.operation?.row)) {
    return scopesAsked(step).map(({ repository }) => wholeName(repository));
  }
  if (step.operation?.row !== 'beginUpload') return [];
  const beginning = beginningOf(step);
  return beginning.kind === 'mount' && beginning.from !== undefined
    ? [wholeName(beginning.from)]
    : [];
}

/** `library/x` for `x`. */
function wholeName(name: string): string {
  return name.includes('/') ? name : `library/${name}`;
}

function tagOf(step: Step): string | undefined {
  if (step.params.tag !== undefined) return partsOf(step).tag;
  return step.params.reference === undefined ? undefined : manifestOf(step).tag;
}

function v2Of(step: Step): V2Step | undefined {
  if (step.voice !== 'v2' || findsNoV2(step)) return undefined;
  const actions = isTokenRow(step.operation?.row) ? (mainOf(scopesAsked(step))?.actions ?? []) : [];
  return { isQuestion: isQuestion(step), actions };
}
