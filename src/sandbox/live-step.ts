import type { Shown } from '../journal/journal.js';
import type { JournalRecord, Who } from '../journal/journal-record.js';
import { isRefused } from '../journal/sentences.js';
import { partsOf, type Step } from '../journal/step.js';
import { nameRegistered, v2TargetOf } from '../journal/step-facts.js';

/** Where an arrow of the live page begins or ends. A second dialect of the registry would be one more. */
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
  /** `ns/repo`; undefined where it is about none. */
  readonly repository: string | undefined;
  readonly tag: string | undefined;
  readonly status: number;
  readonly refused: boolean;
  /** The connection was not one of HTTP: a docker tries TLS first. */
  readonly hello: boolean;
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
    tag: step.params.tag === undefined ? undefined : partsOf(step).tag,
    refused: isRefused(step),
    hello: false,
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
    tag: undefined,
    refused: !hello,
    hello,
  } as const;
}

const DOCKER = 'docker';

/** What a client is, in any version: before 1.7 a docker calls itself Go's own client at times. */
function familyOf(userAgent: string): string {
  if (/^(?:docker\/|Go[ -])/.test(userAgent)) return DOCKER;
  return (userAgent.split(/[/ ]/)[0] ?? '').slice(0, 40);
}

function laneOf({ voice, operation }: Step): Lane {
  if (/V2(?:Path)?$/.test(operation?.row ?? '')) return 'registry';
  return voice === 'registry' ? 'registry' : 'index';
}

function userOf(step: Step): string | undefined {
  const { who, operation } = step;
  if ('user' in who) return who.user;
  // Its name space is that of the repository, which anybody may read who may.
  if (who.by === 'token') return step.holder;
  return operation?.row === 'register' ? nameRegistered(step) : who.claimed;
}

/** The repository that a step is about: the one in its path, or its token's. */
function repositoryOf(step: Step): string | undefined {
  const { params, who, path, operation } = step;
  if (params.repository !== undefined) return partsOf(step).repository;
  if (who.by === 'token') return who.repository;
  return /V2Path$/.test(operation?.row ?? '') ? v2TargetOf(path)?.repository : undefined;
}
