/*
 * What teaches on top of a hub: its requests drawn as they come, a docker that plays along, faults in plain words.
 *
 *   live-step.ts   what a page knows of a request        acts.ts        requests folded into what a person typed
 *   visibility.ts  who sees it                           talk.ts        what the two servers of 2014 said to each other
 *   curl.ts        the same by hand                      printed.ts     what docker prints at it
 *   curl-v2.ts     the same over v2                      curl-parts.ts  what its lines are put together from
 *   rules.ts       the rule behind it, and its source    switches.ts    faults to turn on
 *   play.ts        a docker at walking pace              players.ts     those that go on
 */
import { LRUCache } from 'lru-cache';
import type { Domain } from '../domain/domain.js';
import type { Faults } from '../harness/faults.js';
import type { Journal, Shown } from '../journal/journal.js';
import { type Act, ActFolder } from './acts.js';
import { type LiveStep, liveStepOf } from './live-step.js';
import { Players } from './players.js';
import { Room } from './room.js';
import { findRepository, type Sight, sightOf, type Viewer } from './visibility.js';

/** What a sandbox is made of. */
export interface SandboxParts {
  readonly domain: Domain;
  readonly journal: Journal;
  readonly faults: Faults;
  /** Aborted when the hub is closed. */
  readonly ended: AbortSignal;
}

/** Which steps are wanted; a field left out wants all. */
export interface LiveFilter {
  readonly user?: string | undefined;
  readonly kind?: string | undefined;
  readonly refusedOnly?: boolean;
}

/** A step that somebody may see. */
export interface SeenStep {
  readonly shown: Shown;
  readonly live: LiveStep;
  readonly sight: Exclude<Sight, 'none'>;
}

/** A step in its act. */
export interface Placed {
  readonly seen: SeenStep;
  readonly act: Act;
}

/** How many of the newest requests a page looks through. */
const LOOKED_THROUGH = 500;
/** The same for a page with one line for each person. */
const LOOKED_THROUGH_FOR_ALL = 5000;
/** Streams at once, in all and from one address. */
const MOST_STREAMS = 200;
const MOST_OF_ONE = 30;

/** The teaching side of one hub. */
export class Sandbox {
  readonly journal: Journal;
  readonly faults: Faults;
  readonly players: Players;
  /** Those who look on by a stream. */
  readonly streams = new Room(MOST_STREAMS, MOST_OF_ONE);
  readonly #domain: Domain;
  readonly #steps = new LRUCache<Shown, LiveStep>({ max: LOOKED_THROUGH });

  constructor({ domain, journal, faults, ended }: SandboxParts) {
    this.journal = journal;
    this.faults = faults;
    this.#domain = domain;
    this.players = new Players({ domain, ended });
  }

  /** A step as somebody sees it; undefined where they may not. */
  see(shown: Shown, viewer: Viewer): SeenStep | undefined {
    const live = this.#steps.get(shown) ?? liveStepOf(shown);
    this.#steps.set(shown, live);
    const sight = sightOf(live, viewer, this.#domain);
    return sight === 'none' ? undefined : { shown, live, sight };
  }

  /** Whether anybody may read a repository, `ns/repo`. */
  isPublic(repository: string): boolean {
    return findRepository(repository, this.#domain)?.access === 'public';
  }

  /** The newest steps that somebody may see, each in its act, and the folder that goes on with them. */
  newest(viewer: Viewer): { readonly placed: readonly Placed[]; readonly folder: ActFolder } {
    const folder = new ActFolder();
    const placed: Placed[] = [];
    for (const shown of this.journal.newest(LOOKED_THROUGH)) {
      const seen = this.see(shown, viewer);
      if (seen !== undefined) placed.push({ seen, act: folder.take(seen.live) });
    }
    return { placed, folder };
  }

  /** The newest step of each of these people, of those that are remembered. */
  latestOf(people: ReadonlySet<string>): ReadonlyMap<string, Shown> {
    const latest = new Map<string, Shown>();
    for (const shown of this.journal.newest(LOOKED_THROUGH_FOR_ALL)) {
      const { user } = liveStepOf(shown);
      if (user !== undefined && people.has(user)) latest.set(user, shown);
    }
    return latest;
  }
}

/** Whether a filter wants a step. What an act is becomes clear late, so one that is only beginning is shown too. */
export function isWanted({ seen, act }: Placed, filter: LiveFilter): boolean {
  const { user, kind, refusedOnly = false } = filter;
  if (user !== undefined && (seen.live.user ?? act.user) !== user) return false;
  if (kind !== undefined && act.kind !== kind && act.kind !== 'hello') return false;
  return !refusedOnly || seen.live.refused;
}
