import type { Handler } from '../src/wire/context.js';
import {
  activateUser,
  deactivateUser,
  deleteImage,
  deleteRepository as deleteOwnRepository,
  deleteUser,
  getImage,
  getImages as getOwnImages,
  getRepositories,
  getRepository,
  getUser,
  getUsers,
  postImage,
  postRepository,
  postUser,
} from './control/content.js';
import { getContents } from './control/contents.js';
import { withoutQuery } from './control/input.js';
import {
  deleteFault,
  deleteFaults,
  getClock,
  getFaults,
  getUnhitFaults,
  moveClock,
  postFault,
  postRandom,
} from './control/misbehaviour.js';
import { deleteRequests, getRequests, waitForRequest } from './control/requests.js';
import {
  deleteEndpoints,
  deleteSnapshot,
  getEndpoints,
  getHealth,
  getSnapshots,
  postReset,
  postSeed,
  postSnapshot,
  putEndpoints,
  restoreSnapshot,
} from './control/state.js';
import type { Method, Route, RouteVoice } from './route.js';
import { putChecksum, putImageJson, putLayer } from './v1/image-uploads.js';
import { getAncestry, getFiles, getImageJson, getLayer } from './v1/images.js';
import {
  deleteRepository,
  getProperties,
  putProperties,
  putRepository,
} from './v1/repositories.js';
import {
  deleteImages,
  getImages,
  getLayerAccess,
  putAuth,
  putImages,
} from './v1/repository-images.js';
import { search } from './v1/search.js';
import { getMetrics, getRoot, getStatus, getV1, getV2, notV2, openapi, ping } from './v1/status.js';
import {
  deleteTag,
  deleteTags,
  getRepositoryJson,
  getTag,
  getTagJson,
  getTags,
  putTag,
} from './v1/tags.js';
import { createUser, login, updateUser } from './v1/users.js';

/**
 * The table of contents: every path of the API. The order counts where a path fits two patterns: the
 * parts of a repository come before the repository, and `foo/images` without a slash at its end is a
 * part of `library/foo`, with one it is the repository `images` of `foo` (design: "Trailing slashes
 * matter").
 */
export const routes: readonly Route[] = [
  route('GET', '/', 'index', getRoot),
  route('GET', '/_status{/}', 'index', getStatus),
  route('GET', '/metrics{/}', 'index', getMetrics),
  route('GET', '/openapi.yaml{/}', 'index', openapi),
  route('GET', '/v1', 'index', getV1),
  route('GET', '/v1/', 'index', getV1),
  route('GET', '/v1/_ping{/}', 'registry', ping),
  route('GET', '/_ping{/}', 'registry', ping),
  route('GET', '/v2/', 'index', getV2),
  ...methods('/v2{/}', 'index', notV2),
  ...methods('/v2/*rest', 'index', notV2),

  route('GET', '/v1/users{/}', 'index', login),
  route('POST', '/v1/users{/}', 'index', createUser),
  route('PUT', '/v1/users/:username{/}', 'index', updateUser),

  route('GET', '/v1/search{/}', 'index', search),

  route('GET', '/v1/images/:id/json{/}', 'registry', getImageJson),
  route('PUT', '/v1/images/:id/json{/}', 'registry', putImageJson),
  route('GET', '/v1/images/:id/layer{/}', 'registry', getLayer),
  route('PUT', '/v1/images/:id/layer{/}', 'registry', putLayer),
  route('PUT', '/v1/images/:id/checksum{/}', 'registry', putChecksum),
  route('GET', '/v1/images/:id/ancestry{/}', 'registry', getAncestry),
  route('GET', '/v1/images/:id/files{/}', 'registry', getFiles),

  ...part('GET', '/images', 'index', getImages),
  ...part('PUT', '/images', 'index', putImages),
  ...part('DELETE', '/images', 'index', deleteImages),
  ...part('PUT', '/auth', 'index', putAuth),
  ...part('GET', '/tags', 'registry', getTags),
  ...part('DELETE', '/tags', 'registry', deleteTags),
  ...part('GET', '/json', 'registry', getRepositoryJson),
  ...part('GET', '/properties', 'registry', getProperties),
  ...part('PUT', '/properties', 'registry', putProperties),
  ...part('GET', '/tags/:tag/json', 'registry', getTagJson),
  ...part('GET', '/layer/:id/access', 'index', getLayerAccess),
  ...part('GET', '/tags/:tag', 'registry', getTag),
  ...part('PUT', '/tags/:tag', 'registry', putTag),
  ...part('DELETE', '/tags/:tag', 'registry', deleteTag),

  ...part('PUT', '', 'index', putRepository),
  ...part('DELETE', '', 'by credentials', deleteRepository),
];

/** The hub's own control, for tests in any language; only where it is turned on. */
export const controlRoutes: readonly Route[] = [
  control('GET', '/_hub{/}', (ctx) => getContents(ctx, controlRoutes)),
  control('GET', '/_hub/health{/}', getHealth),
  control('POST', '/_hub/reset{/}', postReset),
  route('POST', '/_hub/seed{/}', 'control', postSeed),

  control('GET', '/_hub/snapshots{/}', getSnapshots),
  control('POST', '/_hub/snapshots{/}', postSnapshot),
  control('POST', '/_hub/snapshots/:name/restore{/}', restoreSnapshot),
  control('DELETE', '/_hub/snapshots/:name{/}', deleteSnapshot),

  route('GET', '/_hub/requests{/}', 'control', getRequests),
  control('DELETE', '/_hub/requests{/}', deleteRequests),
  route('GET', '/_hub/requests/wait{/}', 'control', waitForRequest),

  control('GET', '/_hub/faults{/}', getFaults),
  control('POST', '/_hub/faults{/}', postFault),
  control('DELETE', '/_hub/faults{/}', deleteFaults),
  control('GET', '/_hub/faults/unhit{/}', getUnhitFaults),
  control('DELETE', '/_hub/faults/:name{/}', deleteFault),

  control('GET', '/_hub/clock{/}', getClock),
  control('PUT', '/_hub/clock{/}', moveClock),
  control('POST', '/_hub/clock{/}', moveClock),
  control('POST', '/_hub/random{/}', postRandom),

  control('GET', '/_hub/endpoints{/}', getEndpoints),
  control('PUT', '/_hub/endpoints{/}', putEndpoints),
  control('DELETE', '/_hub/endpoints{/}', deleteEndpoints),

  control('GET', '/_hub/users{/}', getUsers),
  control('POST', '/_hub/users{/}', postUser),
  control('GET', '/_hub/users/:username{/}', getUser),
  control('DELETE', '/_hub/users/:username{/}', deleteUser),
  control('POST', '/_hub/users/:username/activate{/}', activateUser),
  control('POST', '/_hub/users/:username/deactivate{/}', deactivateUser),

  control('GET', '/_hub/repositories{/}', getRepositories),
  control('POST', '/_hub/repositories{/}', postRepository),
  control('GET', '/_hub/repositories/:namespace/:repository{/}', getRepository),
  control('DELETE', '/_hub/repositories/:namespace/:repository{/}', deleteOwnRepository),
  control('GET', '/_hub/repositories/:repository{/}', getRepository),
  control('DELETE', '/_hub/repositories/:repository{/}', deleteOwnRepository),

  control('GET', '/_hub/images{/}', getOwnImages),
  control('POST', '/_hub/images{/}', postImage),
  control('GET', '/_hub/images/:id{/}', getImage),
  control('DELETE', '/_hub/images/:id{/}', deleteImage),
];

function route(method: Method, path: string, voice: RouteVoice, handler: Handler): Route {
  return { method, path, voice, handler };
}

function control(method: Method, path: string, handler: Handler): Route {
  return route(method, path, 'control', withoutQuery(handler));
}

function methods(path: string, voice: RouteVoice, handler: Handler): Route[] {
  const all: Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  return all.map((method) => route(method, path, voice, handler));
}

/**
 * A part of a repository, under its name with and without a namespace. What is put or deleted with a
 * slash at its end, such as /v1/repositories/foo/images/, is a repository and not a part of one.
 */
function part(method: Method, path: string, voice: RouteVoice, handler: Handler): Route[] {
  const isAmbiguous = method !== 'GET' && /^\/\w+$/.test(path);
  return [
    route(method, `/v1/repositories/:namespace/:repository${path}{/}`, voice, handler),
    route(method, `/v1/repositories/:repository${path}${isAmbiguous ? '' : '{/}'}`, voice, handler),
  ];
}
