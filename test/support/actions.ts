/* What can be asked of a hub, as a request for each action: the rows of the tables of permissions. */
import type { Sent } from './client.js';
import type { TestImage } from './images.js';

/** What a case acts on. */
export interface Target {
  readonly path: string;
  readonly image: TestImage;
  /** An image of the list that is yet to come. */
  readonly next: TestImage;
}

/** Each action: its request, and what has to be there before. */
export const ACTIONS: Readonly<Record<string, (target: Target) => readonly [string, Sent?]>> = {
  'list images': ({ path }) => [`GET ${path}/images`],
  'list tags': ({ path }) => [`GET ${path}/tags`],
  'get tag': ({ path }) => [`GET ${path}/tags/latest`],
  'get tag json': ({ path }) => [`GET ${path}/tags/latest/json`],
  'get json': ({ path }) => [`GET ${path}/json`],
  'get properties': ({ path }) => [`GET ${path}/properties`],
  'get access': ({ path, image }) => [`GET ${path}/layer/${image.id}/access`],
  'get image json': ({ image }) => [`GET /v1/images/${image.id}/json`],
  'get layer': ({ image }) => [`GET /v1/images/${image.id}/layer`],
  'head layer': ({ image }) => [`HEAD /v1/images/${image.id}/layer`],
  'get ancestry': ({ image }) => [`GET /v1/images/${image.id}/ancestry`],
  'get files': ({ image }) => [`GET /v1/images/${image.id}/files`],
  push: ({ path }) => [`PUT ${path}/`, { body: [] }],
  'put images': ({ path }) => [`PUT ${path}/images`, { body: [] }],
  'put image json': ({ next }) => [`PUT /v1/images/${next.id}/json`, { body: next.json }],
  'put layer': ({ next }) => [`PUT /v1/images/${next.id}/layer`, { body: next.layer }],
  'put checksum': ({ next }) => [
    `PUT /v1/images/${next.id}/checksum`,
    { headers: { 'X-Docker-Checksum-Payload': next.payload } },
  ],
  'put tag': ({ path, image }) => [`PUT ${path}/tags/v2`, { body: JSON.stringify(image.id) }],
  'put properties': ({ path }) => [`PUT ${path}/properties`, { body: { description: 'new' } }],
  'put auth': ({ path }) => [`PUT ${path}/auth`],
  'delete tag': ({ path }) => [`DELETE ${path}/tags/latest`],
  'delete images': ({ path }) => [`DELETE ${path}/images`],
  'delete tags': ({ path }) => [`DELETE ${path}/tags`],
  delete: ({ path }) => [`DELETE ${path}/`],
  'log in': () => ['GET /v1/users/'],
  search: () => ['GET /v1/search?q=open'],
  'change alice': ({ next }) => [
    'PUT /v1/users/alice/',
    { body: { email: `${next.id}@alice.example.com` } },
  ],
  'change dormant': ({ next }) => [
    'PUT /v1/users/dormant/',
    { body: { email: `${next.id}@dormant.example.com` } },
  ],
};
