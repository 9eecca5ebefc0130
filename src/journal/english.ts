import type { UnreadableKind } from '../wire/unreadable.js';
import { V2_ENGLISH, V2_PATH_ENDS } from './english-v2.js';
import type { Who } from './journal-record.js';
import { brief, quoted, type Step, saidIn, shortId } from './step.js';
import {
  imagePointedAt,
  isPushLookup,
  nameRegistered,
  numberFound,
  v2TargetOf,
  wordsSought,
} from './step-facts.js';
import { is, type Telling } from './telling.js';

/*
 * What the journal says in English: of each operation what is done, and how it ended where that is not
 * plain from the status. Every other language has the same keys (wording.ts).
 */

const LOOKUP = {
  deed: (step, { image }) =>
    isPushLookup(step)
      ? `asks whether image ${image} is already here`
      : `fetches the json of image ${image}`,
  ends: {
    200: (step) => (isPushLookup(step) ? 'it is, so it need not be sent' : 'here it is'),
    400: (step) =>
      isPushLookup(step) && /being uploaded/.test(step.reply)
        ? 'not all of it is here yet, so it will be sent'
        : undefined,
    404: (step) => (isPushLookup(step) ? 'not here yet, so it will be sent' : undefined),
  },
} satisfies Telling;

const DELETION = {
  deed: ({ who, status }, { repository }) => {
    if (who.by === 'token') return `lets the registry delete ${repository}`;
    if (who.by === 'none') return `deletes ${repository}`;
    return status === 202
      ? `asks the index to delete ${repository}, and for a token to do it with at the registry`
      : `tells the index that ${repository} is deleted`;
  },
} satisfies Telling;

function searchDeed(step: Step): string {
  const words = wordsSought(step);
  return `searches for ${words === '' ? 'nothing in particular' : quoted(words)}, as docker search does`;
}

function found(step: Step): string | undefined {
  const number = numberFound(step);
  return number === undefined ? undefined : `${number} found`;
}

const UPLOAD = { 200: is('done') } satisfies Telling['ends'];
const FETCH = { 200: is('here it is') } satisfies Telling['ends'];

const PING = {
  deed: is('asks whether a v1 registry is here'),
  ends: { 200: is('yes') },
} satisfies Telling;

const V2_PATH = {
  deed: ({ path, method }) => describeV2(method, path),
  ends: V2_PATH_ENDS,
} satisfies Telling;

/** By the id of the operation's row. */
const TELLINGS = {
  ping: PING,
  pingHead: PING,
  pingWithoutVersion: PING,
  pingWithoutVersionHead: PING,
  ...V2_ENGLISH,
  getV2Path: V2_PATH,
  postV2Path: V2_PATH,
  putV2Path: V2_PATH,
  patchV2Path: V2_PATH,
  deleteV2Path: V2_PATH,
  register: {
    deed: (step) => `registers${nameIn(step)}, as docker login does first`,
    ends: {
      201: is('made'),
      400: ({ reply }) =>
        reply.includes('already exists')
          ? `there is such an account, so docker logs in next (${quoted(saidIn(reply))})`
          : undefined,
    },
  },
  logIn: {
    deed: is('asks whether its login is right, as docker login does second'),
    ends: { 200: is('yes') },
  },
  updateUser: { deed: (_, { username }) => `changes the account ${username}` },
  search: { deed: searchDeed, ends: { 200: found } },
  getImageJson: LOOKUP,
  putImageJson: {
    deed: (_, { image }) => `begins the upload of image ${image} with its json`,
    ends: UPLOAD,
  },
  getLayer: {
    deed: (_, { image }) => `downloads the layer of image ${image}`,
    ends: FETCH,
  },
  headLayer: {
    deed: (_, { image }) => `asks how long the layer of image ${image} is`,
    ends: { 200: is('answered') },
  },
  putLayer: {
    deed: (_, { image }) => `uploads the layer of image ${image}`,
    ends: UPLOAD,
  },
  putChecksum: {
    deed: (_, { image }) => `ends the upload of image ${image} with the checksum of what it sent`,
    ends: UPLOAD,
  },
  getAncestry: {
    deed: (_, { image }) => `asks which images ${image} is built on, to pull them all`,
    ends: FETCH,
  },
  getFiles: {
    deed: (_, { image }) => `asks which files are in the layer of ${image}`,
    ends: FETCH,
  },
  listImages: {
    deed: ({ asksToken }, { repository }) =>
      `asks for the images of ${repository}${asksToken ? ', and for a token to pull them with' : ''}`,
    ends: { 200: is('here they are') },
  },
  addImages: {
    deed: (_, { repository }) => `tells the index that the push of ${repository} is over`,
  },
  deleteImages: {
    deed: (step, { repository }) =>
      step.asksToken
        ? `asks for a token to delete ${repository} with`
        : `asks whether it may delete ${repository}`,
  },
  checkToken: {
    deed: (_, { repository }) =>
      `asks, as a registry does, whether a token for ${repository} is good`,
    ends: { 200: is('it is') },
  },
  listTags: {
    deed: (_, { repository }) => `asks for the tags of ${repository}`,
    ends: { 200: is('here they are') },
  },
  deleteTags: {
    deed: ({ who }, { repository }) =>
      who.by === 'token'
        ? `deletes what the registry has of ${repository}`
        : `deletes the tags of ${repository}`,
  },
  getTag: {
    deed: (_, { repository, tag }) => `asks which image ${repository}:${tag} is`,
    ends: { 200: ({ reply }) => `image ${shortId(saidIn(reply))}` },
  },
  putTag: {
    deed: (step, { repository, tag }) => `points the tag ${repository}:${tag} at ${imageIn(step)}`,
  },
  deleteTag: {
    deed: (_, { repository, tag }) => `deletes the tag ${repository}:${tag}`,
    ends: { 200: is('done') },
  },
  getTagJson: {
    deed: (_, { repository, tag }) => `asks what the machine was that pushed ${repository}:${tag}`,
    ends: FETCH,
  },
  getRepositoryJson: {
    deed: (_, { repository }) => `asks what the machine was that pushed ${repository}`,
    ends: FETCH,
  },
  getProperties: {
    deed: (_, { repository }) => `asks whether ${repository} is private`,
    ends: { 200: is('answered') },
  },
  setProperties: { deed: (_, { repository }) => `sets who may see ${repository}` },
  checkLayerAccess: {
    deed: (_, { repository, image }) =>
      `asks, as a registry does, whether ${repository} may use image ${image}`,
    ends: { 200: ({ reply }) => (/true/.test(reply) ? 'yes' : 'no') },
  },
  createRepository: {
    deed: ({ asksToken }, { repository }) =>
      `announces a push to ${repository}${asksToken ? ' and asks for a token to push with' : ''}`,
  },
  deleteRepository: DELETION,
} satisfies Readonly<Record<string, Telling>>;

/** Requests that are not an operation. */
function describeOther({ method, path, operation, voice, status }: Step): string {
  const what = brief(path);
  if (method === 'OPTIONS' && status < 400) {
    return `asks, as a browser does, whether a page may use ${what}`;
  }
  if (voice === 'control') return `steers the hub by ${method} ${what}`;
  if (voice === 'web') {
    return method === 'POST' ? `sends the form of the page ${what}` : `looks at the page ${what}`;
  }
  if (operation !== undefined) return `asks the hub about itself by ${what}`;
  if (status === 405) return `sends ${brief(method)} to ${what}, which has other methods`;
  const verb = method === 'GET' || method === 'HEAD' ? 'asks for' : `sends ${brief(method)} to`;
  return status === 404 ? `${verb} ${what}, which is not a path of v1` : `${verb} ${what}`;
}

function imageIn(step: Step): string {
  const image = imagePointedAt(step);
  return image === undefined ? 'an image' : `image ${image}`;
}

function describeV2(method: string, path: string): string {
  const target = v2TargetOf(path);
  if (target === undefined) return `asks for ${brief(path)}, a path of a v2 registry`;
  const { kind, repository, name } = target;
  const isUpload = method !== 'GET' && method !== 'HEAD';
  if (kind === 'tags') return `asks a v2 registry for the tags of ${repository}`;
  if (kind === 'blob') {
    return isUpload
      ? `wants to upload a blob of ${repository} to a v2 registry`
      : `asks a v2 registry for a blob of ${repository}`;
  }
  return method === 'PUT'
    ? `wants to push ${name} to a v2 registry`
    : `asks a v2 registry for the manifest of ${name}`;
}

function nameIn(step: Step): string {
  const name = nameRegistered(step);
  return name === undefined ? '' : ` ${name}`;
}

/** How a request ended that has no words of its own. */
const OUTCOMES = {
  0: 'the connection was gone before an answer',
  200: 'done',
  201: 'made',
  202: 'accepted, the next step is the registry',
  204: 'done',
  206: 'a part of it',
  304: 'nothing has changed',
  400: 'refused, something in it is wrong',
  401: 'refused, the login or token is missing or wrong',
  403: 'refused, this is not allowed',
  404: 'there is no such thing',
  405: 'refused',
  409: 'it is here already',
  413: 'refused, it is too large',
  416: 'there is no such part',
  429: 'refused for now, too many tries',
} satisfies Readonly<Record<number, string>>;

/** How a refusal begins that has words of its own. */
function beginOf(status: number): string {
  if (status === 404) return 'not found';
  if (status === 429 || status === 503) return 'refused for now';
  return status >= 500 ? 'failed' : 'refused';
}

/** Things that came and were not a request, in plain words, and what helps. */
const UNREADABLE: Readonly<Record<UnreadableKind, string>> = {
  'tls on plain http':
    'speaks TLS (https), and this port speaks http: cut off, so that a docker goes on over http; others say http://',
  'plain http on tls': 'speaks http, and this port speaks TLS: it has to say https://',
  'old tls':
    'offers only TLS before 1.2, or only ciphers of that time: refused; hub-v1 serve --tls-legacy takes them',
  'certificate not trusted':
    'does not trust the certificate of this hub: it has to be given the CA, or told that the registry is insecure',
  'failed handshake': 'did not get through the TLS handshake',
  'unescaped address':
    'asks for an address with characters that have to be escaped, such as %E4%B8%AD for a Chinese letter: refused',
  'long headers': 'sends headers longer than --max-headers allows: refused',
  'slow headers': 'did not send the headers of its request in time: refused',
  'half a request': 'ended the connection within the headers of a request',
  'invalid header': 'sends headers that break the rules of HTTP: refused',
  'invalid body': 'sends a body that breaks the rules of HTTP: refused',
  'request in doubt':
    'sends a request that can be read in two ways, by its Host or its Transfer-Encoding: refused',
  proxy: 'takes the hub for a proxy, by CONNECT: refused; NO_PROXY keeps it from that',
  'too many connections': 'wants one connection more than --max-connections allows: cut off',
  'not http': 'sends what is not HTTP: refused',
};

function means(who: Who): string {
  if (who.by === 'token') return `, with its ${who.access} token`;
  if (who.by === 'bearer') return `, with a token of ${who.user}`;
  return 'user' in who ? `, as ${who.user}` : '';
}

/** All that is said in English. */
export const ENGLISH = {
  /** By the id of the operation's row. */
  tellings: TELLINGS,
  /** Requests that are not an operation. */
  other: describeOther,
  /** How a request ended that has no words of its own, by status. */
  outcomes: OUTCOMES,
  answered: (status: number) => `answered ${status}`,
  /** A refusal or failure in the answer's own words. */
  said: (status: number, words: string) => `${beginOf(status)}: "${words}"`,
  somebody: 'somebody',
  aGoProgram: 'a Go program',
  /** What was shown to be allowed: a login, a token; empty for nothing. */
  means,
  cutShort: ', but the connection was gone before its end',
  faulty: (fault: string) => `; the fault "${fault}" acted on it`,
  /** Things that came and were not a request, in plain words, and what helps. */
  unreadable: UNREADABLE,
  somebodyAt: (address: string, deed: string) => `somebody at ${address} ${deed}`,
  sentence: (subject: string, deed: string, outcome: string) => `${subject} ${deed}: ${outcome}`,
};
