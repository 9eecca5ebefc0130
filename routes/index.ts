import type { Voice } from '../src/wire/context.js';
import { putChecksum, putImageJson, putLayer } from './image-uploads.js';
import { getAncestry, getFiles, getImageJson, getLayer } from './images.js';
import { deleteRepository, getProperties, putProperties, putRepository } from './repositories.js';
import {
  deleteImages,
  getImages,
  getLayerAccess,
  putAuth,
  putImages,
} from './repository-images.js';
import type { Handler, Method, Route } from './route.js';
import { search } from './search.js';
import { getRoot, getStatus, getV2, notV2, openapi, ping } from './status.js';
import {
  deleteTag,
  deleteTags,
  getRepositoryJson,
  getTag,
  getTagJson,
  getTags,
  putTag,
} from './tags.js';
import { createUser, login, updateUser } from './users.js';

/**
 * The table of contents: every path of the API. The order counts where a path fits two patterns: the
 * parts of a repository come before the repository, and `foo/images` without a slash at its end is a
 * part of `library/foo`, with one it is the repository `images` of `foo` (design: "Trailing slashes
 * matter").
 */
export const routes: readonly Route[] = [
  route('GET', '/', 'index', getRoot),
  route('GET', '/_status', 'index', getStatus),
  route('GET', '/openapi.yaml', 'index', openapi),
  route('GET', '/v1/_ping{/}', 'registry', ping),
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
  ...part('GET', '/tags/:tag', 'registry', getTag),
  ...part('PUT', '/tags/:tag', 'registry', putTag),
  ...part('DELETE', '/tags/:tag', 'registry', deleteTag),
  ...part('GET', '/tags/:tag/json', 'registry', getTagJson),
  ...part('GET', '/layer/:id/access', 'index', getLayerAccess),

  ...part('PUT', '', 'index', putRepository),
  ...part('DELETE', '', 'index', deleteRepository),
];

function route(method: Method, path: string, voice: Voice, handler: Handler): Route {
  return { method, path, voice, handler };
}

function methods(path: string, voice: Voice, handler: Handler): Route[] {
  const all: Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  return all.map((method) => route(method, path, voice, handler));
}

/**
 * A part of a repository, under its name with and without a namespace. What is put or deleted with a
 * slash at its end, such as /v1/repositories/foo/images/, is a repository and not a part of one.
 */
function part(method: Method, path: string, voice: Voice, handler: Handler): Route[] {
  const isAmbiguous = method !== 'GET' && /^\/\w+$/.test(path);
  return [
    route(method, `/v1/repositories/:namespace/:repository${path}{/}`, voice, handler),
    route(method, `/v1/repositories/:repository${path}${isAmbiguous ? '' : '{/}'}`, voice, handler),
  ];
}
