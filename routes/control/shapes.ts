import { z } from 'zod';
import { newUser } from '../../src/harness/accounts.js';
import { faultRule } from '../../src/harness/fault-rules.js';
import { PARTS, SNAPSHOT_NAME } from '../../src/harness/harness.js';
import { newImage } from '../../src/harness/image-shapes.js';
import { newRepository } from '../../src/harness/repositories.js';
import { seedShape } from '../../src/harness/seed.js';
import { fault, image, repository, user } from '../../src/harness/view-shapes.js';
import { journalRecord, notSeen, recordPage } from '../../src/journal/record-shapes.js';
import { boolean, type QueryShape, text, time, wholeNumber } from './query.js';

/*
 * The shapes of everything that goes over /_hub, in and out. A test compares each with openapi.yaml, field by
 * field.
 */

const count = z.int().min(0);

export const contents = z.strictObject({
  version: z.string(),
  requests: z.array(z.string().regex(/^[A-Z]+ \/_hub\//)).min(1),
  contract: z.string(),
});

export const health = z.strictObject({
  status: z.literal('ready'),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
});

const part = z.enum(PARTS);
export const resetRequest = z.strictObject({ part: part.optional() });
export const resetParts = z.strictObject({ reset: z.array(part).min(1) });

/** The harness says what a wrong name is. */
export const snapshotName = z.strictObject({
  name: z.string().meta({ pattern: SNAPSHOT_NAME.source }),
});
export const snapshotList = z.strictObject({
  snapshots: z.array(z.string()),
  bound: z.int().min(1),
});

export const seedQuery = { baseline: boolean(false) };
export const seedPlanted = z.strictObject({
  users: count,
  repositories: count,
  baseline: z.boolean(),
});

const moment = z.union([z.string(), z.number()], 'expected a time, as ISO 8601 text or a number');
const MOVES = ['freeze', 'set', 'advance', 'reset'] as const;

export const clockMove = z
  .strictObject({
    freeze: z
      .union([z.literal(true), z.string(), z.number()], 'expected true or a time')
      .optional(),
    set: moment.optional(),
    advance: z.number().optional(),
    reset: z.literal(true).optional(),
  })
  .refine(
    (body) => MOVES.filter((move) => body[move] !== undefined).length === 1,
    `expected exactly one of ${MOVES.join(', ')}`,
  )
  .meta({ minProperties: 1, maxProperties: 1 });

export const clock = z.strictObject({
  now: z.string().meta({ format: 'date-time' }),
  milliseconds: count,
  frozen: z.boolean(),
  altered: z.boolean(),
});

export const randomRequest = z.strictObject({
  seed: z.union([z.string(), z.number()], 'expected a text or a number'),
});
export const randomSeed = z.strictObject({ seed: z.string() });

/** `Endpoints` checks that each is `host[:port]`. */
export const endpointsShape = z.strictObject({
  endpoints: z.array(z.string().meta({ minLength: 1 })).max(100),
});

const filters = {
  method: text,
  path: text,
  operation: text,
  user: text,
  status: wholeNumber(0, 599),
  since: time,
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER),
};

/** How many records a page has. */
export const USUAL_LIMIT = 100;
/** Milliseconds. */
export const USUAL_WAIT = 5000;
export const recordsQuery = { ...filters, limit: wholeNumber(1, 1000, USUAL_LIMIT) };
export const waitQuery = { ...filters, timeout: wholeNumber(0, 60_000, USUAL_WAIT) };

export const controlError = z.strictObject({
  error: z.string().min(3),
  field: z.string().min(1).optional(),
});

/** What an operation is sent, and what it answers when all is well. */
interface OperationShapes {
  /** The parameters of the query; without it there are none, and one that is sent is refused. */
  readonly query?: QueryShape;
  readonly request?: z.ZodType;
  /** By status; an operation without any answers 204. */
  readonly answers?: Readonly<Record<number, z.ZodType>>;
}

const list = <Name extends string>(name: Name, of: z.ZodType) =>
  z.strictObject({ [name]: z.array(of) });

/** By the operation ids of openapi.yaml. */
export const controlShapes: Readonly<Record<string, OperationShapes>> = {
  getContents: { answers: { 200: contents } },
  getHealth: { answers: { 200: health } },
  reset: { request: resetRequest, answers: { 200: resetParts } },
  plantSeed: { query: seedQuery, request: seedShape, answers: { 200: seedPlanted } },
  getSnapshots: { answers: { 200: snapshotList } },
  takeSnapshot: { request: snapshotName, answers: { 201: snapshotName } },
  restoreSnapshot: { answers: { 200: snapshotName } },
  dropSnapshot: {},
  getRequests: { query: recordsQuery, answers: { 200: recordPage } },
  forgetRequests: {},
  waitForRequest: { query: waitQuery, answers: { 200: journalRecord, 404: notSeen } },
  getFaults: { answers: { 200: list('faults', fault) } },
  addFault: { request: faultRule, answers: { 201: fault } },
  clearFaults: {},
  getUnhitFaults: { answers: { 200: list('faults', fault) } },
  clearFault: {},
  getClock: { answers: { 200: clock } },
  setClock: { request: clockMove, answers: { 200: clock } },
  moveClock: { request: clockMove, answers: { 200: clock } },
  seedRandom: { request: randomRequest, answers: { 200: randomSeed } },
  getEndpoints: { answers: { 200: endpointsShape } },
  setEndpoints: { request: endpointsShape, answers: { 200: endpointsShape } },
  resetEndpoints: {},
  getUsers: { answers: { 200: list('users', user) } },
  createUser: { request: newUser, answers: { 201: user } },
  getUser: { answers: { 200: user } },
  deleteUser: {},
  activateUser: { answers: { 200: user } },
  deactivateUser: { answers: { 200: user } },
  getRepositories: { answers: { 200: list('repositories', repository) } },
  makeRepository: { request: newRepository, answers: { 201: repository } },
  showRepository: { answers: { 200: repository } },
  removeRepository: {},
  showLibraryRepository: { answers: { 200: repository } },
  removeLibraryRepository: {},
  listAllImages: { answers: { 200: list('images', image) } },
  createImage: { request: newImage, answers: { 201: image } },
  showImage: { answers: { 200: image } },
  removeImage: {},
};
