/// <reference lib="esnext.disposable" preserve="true" />
import type { Hub } from './harness/hub-handle.js';
import { startHub as start } from './hub.js';
import type { HubOptions } from './hub-options.js';

/*
 * What a program sees of this package. Its types lead to nothing but the few files named here, which need no
 * other package, so that a compiler has to read neither Koa's types nor zod's.
 */

export type { Fault, FaultAction, FaultMatch, FaultRule } from './harness/fault-rule.js';
export type {
  ClockOfHub,
  EndpointsOfHub,
  FaultRules,
  Hub,
  Images,
  Randomness,
  RepositoriesOfHub,
  Requests,
  Users,
} from './harness/hub-handle.js';
export type {
  Image,
  ImageConfig,
  ImageContent,
  LayerContent,
  LayerFile,
  NewImage,
} from './harness/image-content.js';
export type { Part } from './harness/part.js';
export type {
  NewRepository,
  NewUser,
  Repository,
  Seed,
  SeedOptions,
  User,
} from './harness/seed-content.js';
export type { HubOptions } from './hub-options.js';
export { InvalidInput } from './input/invalid.js';
export {
  type JournalRecord,
  NotSeen,
  type RecordFilter,
} from './journal/journal-record.js';
export { StorageError } from './storage/errors.js';

/**
 * Starts a hub; it answers when this resolves. Two in one process share nothing. Throws a StorageError, an error
 * of the system when it can't listen, an Error for a bad admin account, or an InvalidInput for any other
 * option that is wrong.
 */
export const startHub: (options?: HubOptions) => Promise<Hub> = start;
