import type { Handler } from '../src/wire/context.js';
import type { RouteVoice, SecretPlace } from '../src/wire/operation.js';
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
import { withQuery } from './control/query.js';
import { deleteRequests, getRequests, waitForRequest } from './control/requests.js';
import { controlShapes } from './control/shapes.js';
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
import type { Method, Route } from './route.js';
import { getMetrics, getRoot, getStatus, getV1, openapi } from './v1/about.js';
import { putChecksum, putImageJson, putLayer } from './v1/image-uploads.js';
import { getAncestry, getFiles, getImageJson, getLayer } from './v1/images.js';
import { ping } from './v1/ping.js';
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
import { deleteBlob, getBlob } from './v2/blobs.js';
import { getCatalog, getTagsList } from './v2/lists.js';
import { deleteManifest, getManifest, getReferrers, putManifest } from './v2/manifests.js';
import { getV2, refuseV2 } from './v2/ping.js';
import { probeWithoutV2 } from './v2/probe.js';
import { getToken, postToken } from './v2/token.js';
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './v2/uploads.js';
import { forV2 } from './v2/visit.js';
import { getRootFor } from './web/index.js';

export { webRoutes } from './web/index.js';

/** People write logins into every part of such a request: `/v1/users/name:password`, `?password=…`, `#…`. */
const LOGINS: readonly SecretPlace[] = ['path', 'query', 'body'];

/** Who asks for a token of v2 shows a password, and is answered with the token. */
const TOKENS: readonly SecretPlace[] = ['query', 'body', 'answer'];

/**
 * The table of contents: every path of the API. A row says its method, path, operationId in openapi.yaml, voice and
 * handler, and where secrets may stand in the request. The handler's import says in which file it is. The order
 * counts where a path fits two patterns: the
 * parts of a repository come before the repository, and `foo/images` without a slash at its end is a
 * part of `library/foo`, with one it is the repository `images` of `foo` (architecture.md,
 * "Trailing slashes").
 */
export const routes: readonly Route[] = [
  route('GET', '/', 'getRoot', 'by accept', getRootFor(getRoot)),
  route('GET', '/_status{/}', 'getStatus', 'index', getStatus),
  route('GET', '/metrics{/}', 'getMetrics', 'index', getMetrics),
  route('GET', '/openapi.yaml{/}', 'getContract', 'index', openapi),
  route('GET', '/v1{/}', 'getV1', 'index', getV1),
  route('HEAD', '/v1/_ping{/}', 'pingHead', 'registry', ping),
  route('GET', '/v1/_ping{/}', 'ping', 'registry', ping),
  route('HEAD', '/_ping{/}', 'pingWithoutVersionHead', 'registry', ping),
  route('GET', '/_ping{/}', 'pingWithoutVersion', 'registry', ping),
  route('GET', '/v2{/}', 'probeV2', 'v2', forV2(getV2, probeWithoutV2)),
  route('GET', '/v2/token{/}', 'getTokenV2', 'v2', forV2(getToken), TOKENS),
  route('POST', '/v2/token{/}', 'postTokenV2', 'v2', forV2(postToken), TOKENS),
  route('GET', '/v2/_catalog{/}', 'getCatalog', 'v2', forV2(getCatalog)),
  ...partV2('GET', '/manifests/:reference', 'getManifest', getManifest),
  ...partV2('PUT', '/manifests/:reference', 'putManifest', putManifest),
  ...partV2('DELETE', '/manifests/:reference', 'deleteManifest', deleteManifest),
  ...partV2('POST', '/blobs/uploads{/}', 'beginUpload', postUpload),
  ...partV2('GET', '/blobs/uploads/:upload', 'getUpload', getUpload),
  ...partV2('PATCH', '/blobs/uploads/:upload', 'addToUpload', patchUpload),
  ...partV2('PUT', '/blobs/uploads/:upload', 'endUpload', putUpload),
  ...partV2('DELETE', '/blobs/uploads/:upload', 'cancelUpload', deleteUpload),
  ...partV2('GET', '/blobs/:digest', 'getBlob', getBlob),
  ...partV2('DELETE', '/blobs/:digest', 'deleteBlob', deleteBlob),
  ...partV2('GET', '/tags/list', 'listTagsV2', getTagsList),
  ...partV2('GET', '/referrers/:digest', 'listReferrers', getReferrers),
  ...ofV2(['POST', 'PUT', 'PATCH', 'DELETE'], '/v2{/}', 'V2'),
  ...ofV2(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], '/v2/*rest', 'V2Path'),

  route('GET', '/v1/users{/}', 'logIn', 'index', login, LOGINS),
  route('POST', '/v1/users{/}', 'register', 'index', createUser, LOGINS),
  route('PUT', '/v1/users/:username{/}', 'updateUser', 'index', updateUser, LOGINS),

  route('GET', '/v1/search{/}', 'search', 'index', search),

  route('GET', '/v1/images/:id/json{/}', 'getImageJson', 'registry', getImageJson),
  route('PUT', '/v1/images/:id/json{/}', 'putImageJson', 'registry', putImageJson),
  route('HEAD', '/v1/images/:id/layer{/}', 'headLayer', 'registry', getLayer),
  route('GET', '/v1/images/:id/layer{/}', 'getLayer', 'registry', getLayer),
  route('PUT', '/v1/images/:id/layer{/}', 'putLayer', 'registry', putLayer),
  route('PUT', '/v1/images/:id/checksum{/}', 'putChecksum', 'registry', putChecksum),
  route('GET', '/v1/images/:id/ancestry{/}', 'getAncestry', 'registry', getAncestry),
  route('GET', '/v1/images/:id/files{/}', 'getFiles', 'registry', getFiles),

  ...part('GET', '/images', 'listImages', 'index', getImages),
  ...part('PUT', '/images', 'addImages', 'index', putImages),
  ...part('DELETE', '/images', 'deleteImages', 'index', deleteImages),
  ...part('PUT', '/auth', 'checkToken', 'index', putAuth),
  ...part('GET', '/tags', 'listTags', 'registry', getTags),
  ...part('DELETE', '/tags', 'deleteTags', 'registry', deleteTags),
  ...part('GET', '/json', 'getRepositoryJson', 'registry', getRepositoryJson),
  ...part('GET', '/properties', 'getProperties', 'registry', getProperties),
  ...part('PUT', '/properties', 'setProperties', 'registry', putProperties),
  ...part('GET', '/tags/:tag/json', 'getTagJson', 'registry', getTagJson),
  ...part('GET', '/layer/:id/access', 'checkLayerAccess', 'index', getLayerAccess),
  ...part('GET', '/tags/:tag', 'getTag', 'registry', getTag),
  ...part('PUT', '/tags/:tag', 'putTag', 'registry', putTag),
  ...part('DELETE', '/tags/:tag', 'deleteTag', 'registry', deleteTag),

  ...part('PUT', '', 'createRepository', 'index', putRepository),
  ...part('DELETE', '', 'deleteRepository', 'by credentials', deleteRepository),
];

/** The hub's own control, for tests in any language; only where it is turned on. */
export const controlRoutes: readonly Route[] = [
  control('GET', '/_hub{/}', 'getContents', (ctx) => getContents(ctx, controlRoutes)),
  control('GET', '/_hub/health{/}', 'getHealth', getHealth),
  control('POST', '/_hub/reset{/}', 'reset', postReset),
  control('POST', '/_hub/seed{/}', 'plantSeed', postSeed),

  control('GET', '/_hub/snapshots{/}', 'getSnapshots', getSnapshots),
  control('POST', '/_hub/snapshots{/}', 'takeSnapshot', postSnapshot),
  control('POST', '/_hub/snapshots/:name/restore{/}', 'restoreSnapshot', restoreSnapshot),
  control('DELETE', '/_hub/snapshots/:name{/}', 'dropSnapshot', deleteSnapshot),

  control('GET', '/_hub/requests{/}', 'getRequests', getRequests),
  control('DELETE', '/_hub/requests{/}', 'forgetRequests', deleteRequests),
  control('GET', '/_hub/requests/wait{/}', 'waitForRequest', waitForRequest),

  control('GET', '/_hub/faults{/}', 'getFaults', getFaults),
  control('POST', '/_hub/faults{/}', 'addFault', postFault),
  control('DELETE', '/_hub/faults{/}', 'clearFaults', deleteFaults),
  control('GET', '/_hub/faults/unhit{/}', 'getUnhitFaults', getUnhitFaults),
  control('DELETE', '/_hub/faults/:name{/}', 'clearFault', deleteFault),

  control('GET', '/_hub/clock{/}', 'getClock', getClock),
  control('PUT', '/_hub/clock{/}', 'setClock', moveClock),
  control('POST', '/_hub/clock{/}', 'moveClock', moveClock),
  control('POST', '/_hub/random{/}', 'seedRandom', postRandom),

  control('GET', '/_hub/endpoints{/}', 'getEndpoints', getEndpoints),
  control('PUT', '/_hub/endpoints{/}', 'setEndpoints', putEndpoints),
  control('DELETE', '/_hub/endpoints{/}', 'resetEndpoints', deleteEndpoints),

  control('GET', '/_hub/users{/}', 'getUsers', getUsers),
  control('POST', '/_hub/users{/}', 'createUser', postUser),
  control('GET', '/_hub/users/:username{/}', 'getUser', getUser),
  control('DELETE', '/_hub/users/:username{/}', 'deleteUser', deleteUser),
  control('POST', '/_hub/users/:username/activate{/}', 'activateUser', activateUser),
  control('POST', '/_hub/users/:username/deactivate{/}', 'deactivateUser', deactivateUser),

  control('GET', '/_hub/repositories{/}', 'getRepositories', getRepositories),
  control('POST', '/_hub/repositories{/}', 'makeRepository', postRepository),
  ...withLibrary(
    control('GET', '/_hub/repositories/:namespace/:repository{/}', 'showRepository', getRepository),
  ),
  ...withLibrary(
    control(
      'DELETE',
      '/_hub/repositories/:namespace/:repository{/}',
      'removeRepository',
      deleteOwnRepository,
    ),
  ),

  control('GET', '/_hub/images{/}', 'listAllImages', getOwnImages),
  control('POST', '/_hub/images{/}', 'createImage', postImage),
  control('GET', '/_hub/images/:id{/}', 'showImage', getImage),
  control('DELETE', '/_hub/images/:id{/}', 'removeImage', deleteImage),
];

/** The operations of the two dialects, those of `/_hub` not among them. */
export const operationIds: ReadonlySet<string> = new Set(
  routes.flatMap(({ id, row }) => [id, row]),
);

function route(
  method: Method,
  path: string,
  id: string,
  voice: RouteVoice,
  handler: Handler,
  secrets: readonly SecretPlace[] = [],
): Route {
  return { method, path, id, row: id, voice, handler, secrets };
}

/** A route of the control; its shapes say which parameters it has. What tests send has passwords in it. */
function control(method: Method, path: string, id: string, handler: Handler): Route {
  const { query = {} } = controlShapes[id] ?? {};
  return route(method, path, id, 'control', withQuery(query, handler), ['body']);
}

/** A part of a repository of v2, under its name with and without a namespace. */
function partV2(method: Method, path: string, id: string, handler: Handler): Route[] {
  const slash = path.endsWith('{/}') ? '{/}' : '';
  const whole = `/v2/:namespace/:repository${path}`;
  return withLibrary(route(method, whole, id, 'v2', forV2(handler)), slash);
}

/** What v2 does not have: `postV2`, `putV2Path`. */
function ofV2(methods: readonly Method[], path: string, name: string): Route[] {
  return methods.map((method) =>
    route(method, path, `${method.toLowerCase()}${name}`, 'v2', forV2(refuseV2)),
  );
}

/**
 * A part of a repository, under its name with and without a namespace. What is put or deleted with a
 * slash at its end, such as /v1/repositories/foo/images/, is a repository and not a part of one.
 */
function part(
  method: Method,
  path: string,
  id: string,
  voice: RouteVoice,
  handler: Handler,
): Route[] {
  const whole = `/v1/repositories/:namespace/:repository${path}{/}`;
  const isAmbiguous = method !== 'GET' && /^\/\w+$/.test(path);
  return withLibrary(route(method, whole, id, voice, handler), isAmbiguous ? '' : '{/}');
}

/**
 * A route and the same for `library`, whose namespace may be left out, with an id of its own: `listImages` and
 * `listLibraryImages`. `slash` is what may end the short path.
 */
function withLibrary(row: Route, slash = '{/}'): Route[] {
  const path = row.path.replace('/:namespace', '').replace('{/}', slash);
  return [row, { ...row, path, id: row.id.replace(/[A-Z]/, 'Library$&') }];
}
