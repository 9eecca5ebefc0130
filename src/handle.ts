import type { Domain } from './domain/domain.js';
import type { Control } from './harness/control.js';
import {
  type BareHandles,
  bareHandles,
  endpointsHandle,
  gatedHandles,
  partHandles,
} from './harness/handles.js';
import type { Harness } from './harness/harness.js';
import type { Hub } from './harness/hub-handle.js';
import { plantSeed, readSeed, type SeedTarget } from './harness/seed.js';
import type { Listener } from './server/server.js';

/** What is done to a hub, over its rules and its harness. */
export function createControl(
  domain: Domain,
  harness: Harness,
  { endpoints, findArchive }: Pick<Control, 'endpoints' | 'findArchive'>,
): Control {
  const bare = bareHandles(domain);
  const { parts, gate } = harness;
  const { data } = parts;
  return {
    ...gatedHandles(bare, gate),
    harness,
    endpoints,
    findArchive,
    seed: (seed, { baseline = false } = {}) =>
      gate.enter(async () => {
        await plantSeed(seedTarget(bare), data, seed);
        if (baseline) await data.markBaseline();
      }),
    plantAtStart: async (seed, owners) => {
      // Random values are the same in every hub with this seed.
      parts.random.seed('the seed of the start');
      await plantSeed(seedTarget(bare), data, seed, { known: 'keep', owners });
      parts.random.reset();
    },
  };
}

/** How a seed gets in: by the same handles as a test's own things. */
function seedTarget({ users, repositories, images }: BareHandles): SeedTarget {
  return {
    hasUser: (username) => users.get(username) !== undefined,
    hasRepository: (name) => repositories.get(name) !== undefined,
    createUser: (user) => users.create(user),
    createRepository: (repository) => repositories.create(repository),
    createImage: (image) => images.create(image),
    importArchive: (path, repository) => images.import(path, { repository }),
  };
}

/** Puts the front door together. */
export function createHub(parts: {
  readonly listener: Listener;
  readonly control: Control;
  readonly close: () => Promise<void>;
}): Hub {
  const { listener, control } = parts;
  const { harness, users, repositories, images, endpoints } = control;
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    // First, or the listener would wait for requests that wait here.
    harness.end();
    try {
      await listener.close();
      await harness.close();
    } finally {
      // The data directory is given back even after a failure.
      await parts.close();
    }
  };
  const close = (): Promise<void> => {
    closing ??= end();
    return closing;
  };
  const hub: Hub = {
    url: listener.url,
    port: listener.port,
    close,
    [Symbol.asyncDispose]: close,
    unref: () => {
      listener.unref();
      return hub;
    },
    reset: (part) => harness.reset(part),
    snapshot: (name) => harness.snapshot(name),
    restore: (name) => harness.restore(name),
    dropSnapshot: (name) => harness.dropSnapshot(name),
    get snapshots() {
      return harness.snapshots;
    },
    seed: async (seed, options) => control.seed(readSeed(seed), options),
    users,
    repositories,
    images,
    endpoints: endpointsHandle(endpoints),
    ...partHandles(harness.parts),
  };
  return hub;
}
