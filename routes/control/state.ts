import { errors } from '../../src/domain/errors.js';
import { MOST_SNAPSHOTS, PARTS } from '../../src/harness/harness.js';
import { readSeedText } from '../../src/harness/seed.js';
import type { SeedFormat } from '../../src/harness/seed-text.js';
import { version } from '../../src/version.js';
import { answerPlain } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { controlOf, readShape, readText } from './input.js';
import { readQuery } from './query.js';
import { endpointsShape, resetRequest, seedQuery, snapshotName } from './shapes.js';

/** GET /_hub/health: the hub listens only once it is ready, seed and all. */
export function getHealth(ctx: HubContext): void {
  answerPlain(ctx, 200, { status: 'ready', version });
}

/** POST /_hub/reset: back to the start, as a whole or one part of it. */
export async function postReset(ctx: HubContext): Promise<void> {
  const { part } = await readShape(ctx, resetRequest);
  await controlOf(ctx).harness.reset(part);
  answerPlain(ctx, 200, { reset: part === undefined ? PARTS : [part] });
}

/** GET /_hub/snapshots: their names, and how many there can be. */
export function getSnapshots(ctx: HubContext): void {
  const { snapshots } = controlOf(ctx).harness;
  answerPlain(ctx, 200, { snapshots, bound: MOST_SNAPSHOTS });
}

/** POST /_hub/snapshots: remembers everything under a name. */
export async function postSnapshot(ctx: HubContext): Promise<void> {
  const { name } = await readShape(ctx, snapshotName);
  await controlOf(ctx).harness.snapshot(name);
  answerPlain(ctx, 201, { name });
}

/** POST /_hub/snapshots/(name)/restore: puts everything back. */
export async function restoreSnapshot(ctx: HubContext): Promise<void> {
  const { name = '' } = ctx.params;
  await controlOf(ctx).harness.restore(name);
  answerPlain(ctx, 200, { name });
}

/** DELETE /_hub/snapshots/(name) */
export async function deleteSnapshot(ctx: HubContext): Promise<void> {
  const isGone = await controlOf(ctx).harness.dropSnapshot(ctx.params.name ?? '');
  if (!isGone) throw errors.unknownPath();
  ctx.status = 204;
}

/** POST /_hub/seed: adds to what is there; `?baseline=true` makes the result what a reset goes back to. */
export async function postSeed(ctx: HubContext): Promise<void> {
  const { baseline = false } = readQuery(ctx, seedQuery);
  const control = controlOf(ctx);
  const seed = readSeedText(await readText(ctx), seedFormat(ctx), control.findArchive);
  await control.seed(seed, { baseline });
  const { users = [], repositories = [] } = seed.seed;
  answerPlain(ctx, 200, { users: users.length, repositories: repositories.length, baseline });
}

/** What the body is said to be; JSON, unless it is YAML. */
function seedFormat(ctx: HubContext): SeedFormat {
  return ctx.is(YAML_TYPES) === false ? 'json' : 'yaml';
}

/** As it is called since RFC 9512, and was before. */
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

/** GET /_hub/endpoints: what X-Docker-Endpoints says; nothing: the host that was asked. */
export function getEndpoints(ctx: HubContext): void {
  answerPlain(ctx, 200, { endpoints: controlOf(ctx).endpoints.list() });
}

/** PUT /_hub/endpoints: for a hub whose outer address is known only after its start. */
export async function putEndpoints(ctx: HubContext): Promise<void> {
  const { endpoints } = await readShape(ctx, endpointsShape);
  controlOf(ctx).endpoints.set(endpoints);
  getEndpoints(ctx);
}

/** DELETE /_hub/endpoints: back to what the hub was started with. */
export function deleteEndpoints(ctx: HubContext): void {
  controlOf(ctx).endpoints.reset();
  ctx.status = 204;
}
