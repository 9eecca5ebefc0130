import { plainTarget, spelledOut } from '../wire/target.js';
import type { Who } from './record.js';

/** What a sentence is made from. */
export interface Step {
  readonly method: string;
  readonly path: string;
  /** The route's pattern, or undefined where there was none. */
  readonly route: string | undefined;
  readonly status: number;
  readonly userAgent: string;
  readonly who: Who;
  /** The start of the request's body. */
  readonly requestBody: string;
}

/** What a step is, from whoever takes it: "asks whether …", "uploads …". */
type Deed = (step: Step, parts: Parts) => string;

/** What a path names. */
interface Parts {
  /** `ns/repo`, official ones as `library/repo`. */
  readonly repository: string;
  /** The first eight digits of an image id. */
  readonly image: string;
  readonly tag: string;
  readonly username: string;
}

/** The deeds by method and the end of the route's pattern; the longest end that fits is the one. */
const DEEDS: readonly (readonly [string, Deed])[] = [
  ['GET /_ping', () => 'asks whether a v1 registry is here'],
  ['GET /v2', () => 'asks whether a v2 registry is here'],
  [
    'POST /v1/users',
    ({ requestBody }) => `registers${nameIn(requestBody)}, as docker login does first`,
  ],
  ['GET /v1/users', () => 'asks whether its login is right, as docker login does second'],
  ['PUT /v1/users/:username', (_, { username }) => `changes the account ${username}`],
  ['GET /v1/search', () => 'searches, as docker search does'],
  ['GET /v1/images/:id/json', describeLookup],
  [
    'PUT /v1/images/:id/json',
    (_, { image }) => `begins the upload of image ${image} with its json`,
  ],
  ['GET /v1/images/:id/layer', (_, { image }) => `downloads the layer of image ${image}`],
  ['HEAD /v1/images/:id/layer', (_, { image }) => `asks how long the layer of image ${image} is`],
  ['PUT /v1/images/:id/layer', (_, { image }) => `uploads the layer of image ${image}`],
  [
    'PUT /v1/images/:id/checksum',
    (_, { image }) => `ends the upload of image ${image} with the checksum of what it sent`,
  ],
  [
    'GET /v1/images/:id/ancestry',
    (_, { image }) => `asks which images ${image} is built on, to pull them all`,
  ],
  ['GET /v1/images/:id/files', (_, { image }) => `asks which files are in the layer of ${image}`],
  [
    'GET /:repository/images',
    (_, { repository }) =>
      `asks for the images of ${repository}, and for a token to pull them with`,
  ],
  [
    'PUT /:repository/images',
    (_, { repository }) => `tells the index that the push of ${repository} is over`,
  ],
  [
    'DELETE /:repository/images',
    (_, { repository }) => `asks for a token to delete ${repository} with`,
  ],
  [
    'PUT /:repository/auth',
    (_, { repository }) => `asks, as a registry does, whether a token for ${repository} is good`,
  ],
  ['GET /:repository/tags', (_, { repository }) => `asks for the tags of ${repository}`],
  [
    'DELETE /:repository/tags',
    (_, { repository }) =>
      `deletes the tags of ${repository}; with a delete token all that the registry has of it`,
  ],
  ['GET /tags/:tag', (_, { repository, tag }) => `asks which image ${repository}:${tag} is`],
  [
    'PUT /tags/:tag',
    ({ requestBody }, { repository, tag }) =>
      `points the tag ${repository}:${tag} at image ${shortId(requestBody.replaceAll('"', ''))}`,
  ],
  ['DELETE /tags/:tag', (_, { repository, tag }) => `deletes the tag ${repository}:${tag}`],
  [
    'GET /tags/:tag/json',
    (_, { repository, tag }) => `asks what the machine was that pushed ${repository}:${tag}`,
  ],
  [
    'GET /:repository/json',
    (_, { repository }) => `asks what the machine was that pushed ${repository}`,
  ],
  ['GET /:repository/properties', (_, { repository }) => `asks whether ${repository} is private`],
  ['PUT /:repository/properties', (_, { repository }) => `sets who may see ${repository}`],
  [
    'GET /layer/:id/access',
    (_, { repository, image }) =>
      `asks, as a registry does, whether ${repository} may use image ${image}`,
  ],
  [
    'PUT /:repository',
    (_, { repository }) => `announces a push to ${repository} and asks for a token to push with`,
  ],
  ['DELETE /:repository', describeDeletion],
];

/** Tells steps in plain sentences; remembers which deed a route is, since it tells the same ones often. */
export class Narrator {
  readonly #deeds = new Map<string, Deed | undefined>();

  /** One plain sentence that tells what a step is in the protocol, as a teacher would. */
  tell(step: Step): string {
    const deed = this.#deedOf(step);
    const what = deed === undefined ? describeOther(step) : deed(step, partsOf(step));
    return `${subject(step.userAgent)} ${what}${means(step.who)}: ${outcome(step)}`;
  }

  #deedOf({ method, route }: Step): Deed | undefined {
    if (route === undefined) return undefined;
    const key = `${method} ${route}`;
    if (!this.#deeds.has(key)) this.#deeds.set(key, findDeed(method, route));
    return this.#deeds.get(key);
  }
}

function findDeed(method: string, route: string): Deed | undefined {
  const pattern = route.replace('{/}', '').replace(/\/(?:\*rest)?$/, '');
  const fits = (key: string): boolean => {
    const [wanted = '', end = ''] = key.split(' ');
    return (wanted === method || (wanted === 'GET' && method === 'HEAD')) && pattern.endsWith(end);
  };
  const found = DEEDS.filter(([key]) => fits(key)).sort(([a], [b]) => b.length - a.length);
  return found[0]?.[1];
}

function partsOf({ path, route = '' }: Step): Parts {
  const names = route.replace('{/}', '').split('/');
  const values = spelledOut(plainTarget(path)).split('/');
  const part = (name: string): string => {
    const place = names.indexOf(name);
    return place === -1 ? '' : (values[place] ?? '');
  };
  return {
    repository: `${part(':namespace') || 'library'}/${part(':repository')}`,
    image: shortId(part(':id')),
    tag: part(':tag'),
    username: part(':username'),
  };
}

/** An image by its first eight digits, as scripts and people of the time did. */
function shortId(id: string): string {
  return id.slice(0, 8);
}

function nameIn(body: string): string {
  const [, value = ''] = body.split('"username"', 2);
  const name = /^\s*:\s*"(\w{1,30})"/.exec(value)?.[1];
  return name === undefined ? '' : ` ${name}`;
}

function describeLookup({ who }: Step, { image }: Parts): string {
  return who.by === 'token' && who.access === 'write'
    ? `asks whether image ${image} is already here`
    : `fetches the json of image ${image}`;
}

/** What is no step of the protocol. */
function describeOther({ method, path, route }: Step): string {
  if (path.startsWith('/_hub/')) return `steers the hub by ${method} ${path}`;
  return route === undefined
    ? `asks for ${path}, which is no path of v1`
    : `asks the hub about itself by ${path}`;
}

function describeDeletion({ who, status }: Step, { repository }: Parts): string {
  if (who.by === 'token') return `lets the registry delete ${repository}`;
  return status === 202
    ? `asks the index to delete ${repository}, and for a token to do it with at the registry`
    : `tells the index that ${repository} is deleted`;
}

function subject(userAgent: string): string {
  // Its probes carry the name of Go's own client before 1.7 (clients.md, Login).
  if (/^(?:docker\/|Go[ -])/.test(userAgent)) return 'docker';
  if (userAgent.startsWith('containers/')) return 'podman';
  const [product = ''] = userAgent.split(/[/ ]/);
  return /^[\w.-]{1,30}$/.test(product) ? product : 'somebody';
}

function means(who: Who): string {
  if (who.by === 'token') return `, with its ${who.access} token`;
  return who.by === 'basic' ? `, as ${who.user}` : '';
}

/** What the status means to whoever asked. */
const OUTCOMES: Readonly<Record<number, string>> = {
  0: 'the connection was gone before an answer',
  200: 'yes',
  201: 'made',
  202: 'accepted, the next step is the registry',
  204: 'done',
  206: 'a part of it',
  304: 'nothing has changed',
  400: 'refused, something in it is wrong',
  401: 'refused, the login or token is missing or wrong',
  403: 'refused, this is not allowed',
  404: 'there is no such thing',
  405: 'refused, this path does not know the method',
  409: 'it is here already',
  413: 'refused, it is too large',
  416: 'there is no such part',
  429: 'refused for now, too many tries',
};

function outcome({ status, method }: Step): string {
  if (status === 200 && method === 'PUT') return 'done';
  return OUTCOMES[status] ?? `answered ${status}`;
}
