/*
 * Whole pushes, pulls and deletions in the order of docker, with some of the steps left out, doubled,
 * exchanged, garbled or cut off.
 */
import fc, { type Arbitrary } from 'fast-check';
import { PASSWORD, type PoolImage, REPOSITORIES, TAGS } from './cast.js';
import type { Header, WireRequest } from './client.js';
import { awkwardHeader, credentials } from './headers.js';
import { modernPushes } from './modern.js';
import { type Credential, type FuzzRequest, step } from './request.js';

/** What a push is of and by whom. */
interface Plan {
  readonly repository: string;
  readonly images: readonly PoolImage[];
  readonly tag: string;
  /** Which sums the pushing docker names. */
  readonly era: 'payload' | 'bare' | 'tarsum' | 'early tarsum';
  /** Whether the account comes with every request instead of a token. */
  readonly basicOnly: boolean;
  readonly ending: readonly ('pull' | 'hide' | 'delete' | 'other access')[];
}

/** Pushes and what follows them, as near to right as the edits leave them. */
export function pushes(pool: readonly PoolImage[]): Arbitrary<FuzzRequest[]> {
  return fc
    .tuple(fc.oneof(plans(pool).map(stepsOf), modernPushes), fc.array(edits, { maxLength: 3 }))
    .map(([steps, changes]) => changes.reduce((changed, change) => change(changed), steps));
}

function plans(pool: readonly PoolImage[]): Arbitrary<Plan> {
  const chain = fc.integer({ min: 1, max: 3 }).map((length) => pool.slice(0, length));
  const odd = fc.constantFrom(...pool.slice(3)).map((image) => [image]);
  return fc.record({
    repository: fc.constantFrom(...REPOSITORIES),
    images: fc.oneof(chain, odd),
    tag: fc.constantFrom(...TAGS),
    era: fc.constantFrom('payload', 'payload', 'bare', 'tarsum', 'early tarsum'),
    basicOnly: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
    ending: fc.array(fc.constantFrom('pull', 'pull', 'hide', 'delete', 'other access'), {
      maxLength: 3,
    }),
  });
}

function stepsOf(plan: Plan): FuzzRequest[] {
  const endings = { pull, hide, delete: deletion, 'other access': otherAccess };
  return [...push(plan), ...plan.ending.flatMap((kind) => endings[kind](plan))];
}

const WANT_TOKEN: Header = ['X-Docker-Token', 'true'];
const JSON_TYPE: Header = ['Content-Type', 'application/json'];

function push(plan: Plan): FuzzRequest[] {
  const { repository, images, tag } = plan;
  const owner = ownerOf(repository);
  const token = tokenOf(plan, 'write');
  const list = JSON.stringify(images.map(({ id }) => ({ id, Tag: tag })));
  const path = pathOf(repository);
  return [
    step('PUT', `${path}/`, owner, [WANT_TOKEN, JSON_TYPE], list),
    ...images.flatMap((image) => imageSteps(plan, image, token)),
    step('PUT', `${path}/tags/${tag}`, token, [JSON_TYPE], JSON.stringify(images.at(-1)?.id)),
    step('PUT', `${path}/images`, owner, [JSON_TYPE], '[]'),
  ];
}

function imageSteps({ era }: Plan, image: PoolImage, token: Credential): FuzzRequest[] {
  const { id, json, layer, payload, bareSum, tarsum } = image;
  const payloadSum: Header = ['X-Docker-Checksum-Payload', era === 'bare' ? bareSum : payload];
  const both: Header[] = [['X-Docker-Checksum', tarsum], payloadSum];
  const path = `/v1/images/${id}`;
  const sum = step(
    'PUT',
    `${path}/checksum`,
    token,
    era.endsWith('tarsum') ? both.slice(0, 1) : both,
  );
  return [
    step('GET', `${path}/json`, token),
    step('PUT', `${path}/json`, token, [JSON_TYPE], json),
    ...(era === 'early tarsum' ? [sum] : []),
    { ...step('PUT', `${path}/layer`, token, [], layer), chunked: true },
    sum,
  ];
}

function pull({ repository, images, tag }: Plan): FuzzRequest[] {
  const reader: Credential = { kind: 'token', repository, access: 'read', twist: 'none' };
  const top = images.at(-1)?.id;
  return [
    step('GET', `${pathOf(repository)}/images`, ownerOf(repository), [WANT_TOKEN]),
    step('GET', `${pathOf(repository)}/tags`, reader),
    step('GET', `${pathOf(repository)}/tags/${tag}`, reader),
    step('GET', `/v1/images/${top}/ancestry`, reader),
    ...images.flatMap(({ id }) => [
      step('GET', `/v1/images/${id}/json`, reader),
      step('HEAD', `/v1/images/${id}/layer`, reader),
      step('GET', `/v1/images/${id}/layer`, reader, [['Range', 'bytes=10-99999999']]),
      step('GET', `/v1/images/${id}/layer`, reader),
      step('GET', `/v1/images/${id}/files`, reader),
    ]),
  ];
}

function hide({ repository }: Plan): FuzzRequest[] {
  const path = `${pathOf(repository)}/properties`;
  const body = JSON.stringify({ access: 'private', description: 'ünseen' });
  return [
    step('PUT', path, ownerOf(repository), [JSON_TYPE], body),
    step('GET', path, ownerOf(repository)),
    step('GET', path, { kind: 'none' }),
  ];
}

function deletion({ repository }: Plan): FuzzRequest[] {
  const token: Credential = { kind: 'token', repository, access: 'delete', twist: 'none' };
  const path = pathOf(repository);
  return [
    step('DELETE', `${path}/`, ownerOf(repository), [WANT_TOKEN]),
    step('DELETE', `${path}/`, token),
    step('PUT', `${path}/auth`, token),
    step('DELETE', `${path}/`, ownerOf(repository)),
  ];
}

function otherAccess({ repository, tag, images }: Plan): FuzzRequest[] {
  const token: Credential = { kind: 'token', repository, access: 'delete', twist: 'none' };
  const path = pathOf(repository);
  return [
    step('DELETE', `${path}/images`, ownerOf(repository), [WANT_TOKEN]),
    step('DELETE', `${path}/tags/${tag}`, token),
    step('GET', `${path}/layer/${images[0]?.id}/access`, ownerOf(repository)),
    step('GET', `/v1/search?q=${repository.split('/')[1]}`, { kind: 'none' }),
  ];
}

function pathOf(repository: string): string {
  return `/v1/repositories/${repository}`;
}

/** The account that may push there; the admin, where nobody else may. */
function ownerOf(repository: string): Credential {
  const [namespace = ''] = repository.split('/');
  const username = ['alice', 'bobby', 'frozen'].includes(namespace) ? namespace : 'warden';
  return { kind: 'basic', username, password: PASSWORD };
}

function tokenOf({ repository, basicOnly }: Plan, access: string): Credential {
  return basicOnly ? ownerOf(repository) : { kind: 'token', repository, access, twist: 'none' };
}

type Edit = (steps: FuzzRequest[]) => FuzzRequest[];

const place = fc.nat({ max: 40 });

/** What can go wrong in a sequence. */
const edits: Arbitrary<Edit> = fc.oneof(
  place.map(
    (at): Edit =>
      (steps) =>
        steps.toSpliced(at % steps.length, 1),
  ),
  place.map(
    (at): Edit =>
      (steps) =>
        change(steps, at, (one) => [one, one]),
  ),
  fc.tuple(place, place).map(
    ([from, to]): Edit =>
      (steps) =>
        move(steps, from, to),
  ),
  fc.tuple(place, credentials).map(
    ([at, auth]): Edit =>
      (steps) =>
        change(steps, at, (one) => [{ ...one, auth }]),
  ),
  fc.tuple(place, fc.nat({ max: 3000 })).map(
    ([at, cutAt]): Edit =>
      (steps) =>
        change(steps, at, (one) => [{ ...one, cutAt }, one]),
  ),
  fc.tuple(place, fc.nat()).map(
    ([at, byte]): Edit =>
      (steps) =>
        change(steps, at, (one) => [flipped(one, byte), one]),
  ),
  place.map(
    (at): Edit =>
      (steps) =>
        change(steps, at, (one) => [{ ...one, body: [] }]),
  ),
  fc.tuple(place, awkwardHeader()).map(
    ([at, header]): Edit =>
      (steps) =>
        change(steps, at, (one) => [{ ...one, headers: [...one.headers, header] }, one]),
  ),
);

function change(
  steps: readonly FuzzRequest[],
  at: number,
  how: (step: FuzzRequest) => FuzzRequest[],
): FuzzRequest[] {
  const index = at % Math.max(1, steps.length);
  return steps.flatMap((each, position) => (position === index ? how(each) : [each]));
}

function move(steps: readonly FuzzRequest[], from: number, to: number): FuzzRequest[] {
  const [moved, ...rest] = [steps[from % Math.max(1, steps.length)], ...steps];
  if (moved === undefined) return [...steps];
  const others = rest.filter((each) => each !== moved);
  return others.toSpliced(to % steps.length, 0, moved);
}

/** The request with one bit of its body wrong. */
function flipped(request: FuzzRequest, at: number): FuzzRequest {
  const bytes = Buffer.concat(request.body ?? []);
  if (bytes.length === 0) return request;
  const place = at % bytes.length;
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  return { ...request, body: [bytes] } satisfies WireRequest;
}
