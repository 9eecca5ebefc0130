import type { Domain } from '../domain/domain.js';
import { UsersHandle } from './accounts.js';
import type { Gate } from './gate.js';
import type { HarnessParts } from './harness.js';
import type {
  ClockOfHub,
  EndpointsOfHub,
  FaultRules,
  Hub,
  Randomness,
  Requests,
} from './hub-handle.js';
import { ImagesHandle } from './images.js';
import { RepositoriesHandle } from './repositories.js';

/*
 * What tests are given: objects with the functions of hub-handle.ts and nothing else, so that
 * neither an editor nor console.log shows the inside.
 */

/** Users, repositories and images, without HTTP. */
export type Handles = Pick<Hub, 'users' | 'repositories' | 'images'>;

/** The same without a gate before them. */
export interface BareHandles {
  readonly users: UsersHandle;
  readonly repositories: RepositoriesHandle;
  readonly images: ImagesHandle;
}

export function bareHandles(domain: Domain): BareHandles {
  return {
    users: new UsersHandle(domain.accounts),
    repositories: new RepositoriesHandle(domain),
    images: new ImagesHandle(domain),
  };
}

/** Lets every change wait for a reset that is under way, and a reset for every change. */
export function gatedHandles({ users, repositories, images }: BareHandles, gate: Gate): Handles {
  return {
    users: {
      create: (user) => gate.enter(() => users.create(user)),
      get: (username) => users.get(username),
      list: () => users.list(),
      activate: (username) => gate.enter(() => users.activate(username)),
      deactivate: (username) => gate.enter(() => users.deactivate(username)),
      delete: (username) => gate.enter(() => users.delete(username)),
    },
    repositories: {
      create: (repository) => gate.enter(() => repositories.create(repository)),
      get: (name) => repositories.get(name),
      list: () => repositories.list(),
      delete: (name) => gate.enter(() => repositories.delete(name)),
    },
    images: {
      create: (image) => gate.enter(() => images.create(image)),
      import: (path, named) => gate.enter(() => images.import(path, named)),
      get: (id) => images.get(id),
      find: (reference) => images.find(reference),
      list: () => images.list(),
      delete: (id) => gate.enter(() => images.delete(id)),
    },
  };
}

/** What a test may do to the parts of a harness. */
export function partHandles({ journal, faults, clock, random }: HarnessParts): {
  readonly requests: Requests;
  readonly faults: FaultRules;
  readonly clock: ClockOfHub;
  readonly random: Randomness;
} {
  return {
    requests: {
      list: (filter) => journal.list(filter),
      waitFor: (wanted, options) => journal.waitFor(wanted, options),
      page: (filter, limit) => journal.page(filter, limit),
      get size() {
        return journal.size;
      },
    },
    faults: {
      add: (rule) => faults.add(rule),
      list: () => faults.list(),
      unhit: () => faults.unhit(),
      clear: (name) => faults.clear(name),
    },
    clock: {
      now: () => clock.now(),
      get isAltered() {
        return clock.isAltered;
      },
      get isFrozen() {
        return clock.isFrozen;
      },
      freeze: (at) => clock.freeze(at),
      set: (to) => clock.set(to),
      advance: (by) => clock.advance(by),
      reset: () => clock.reset(),
    },
    random: {
      seed: (seed) => random.seed(seed),
      get currentSeed() {
        return random.currentSeed;
      },
    },
  };
}

export function endpointsHandle(endpoints: EndpointsOfHub): EndpointsOfHub {
  return {
    list: () => endpoints.list(),
    set: (list) => endpoints.set(list),
    reset: () => endpoints.reset(),
  };
}
