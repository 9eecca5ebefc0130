import { partsOf } from './step.js';
import { is, type Telling } from './telling.js';
import {
  accountAsking,
  beginningOf,
  blobOf,
  catalogued,
  findsNoV2,
  isAskedForToken,
  isByCurl,
  isMaybeDocker,
  isQuestion,
  manifestOf,
  type ScopeAsked,
  scopesAsked,
} from './v2-facts.js';

/*
 * What the journal says in English of v2, which dockers of today speak; and where that teaches something, what a docker
 * of 2015 did instead.
 */

/** What may happen to every request of v2. */
const FIRST = {
  401: (step) => {
    if (!isAskedForToken(step)) return undefined;
    return isByCurl(step)
      ? 'it has to log in first, for which -u is enough'
      : 'it has to get a token first';
  },
  404: (step) => (findsNoV2(step) ? NONE : undefined),
} satisfies Telling['ends'];

const NONE = 'there is no v2 here';
const FETCH = { ...FIRST, 200: is('here it is') } satisfies Telling['ends'];

const TOKEN = {
  deed: (step) => {
    const scopes = scopesAsked(step);
    if (scopes.length > 0) return `asks for a token to ${scopes.map(rightsIn).join(', and to ')}`;
    const account = accountAsking(step);
    return account === undefined
      ? 'asks for a token for nothing in particular'
      : `logs ${account} in by asking for a token, where docker 1.5 asked whether its password is right`;
  },
  ends: { ...FIRST, 200: is('here it is') },
} satisfies Telling;

function rightsIn({ repository, actions }: ScopeAsked): string {
  const all = actions.includes('*') ? ['do everything with'] : actions;
  return `${all.join(' and ')} ${repository}`;
}

/** For every method but GET: nobody is here. */
const V2 = {
  deed: is('asks whether a v2 registry is here'),
  ends: { 404: (step) => (findsNoV2(step) ? 'no, only v1 is spoken here' : undefined) },
} satisfies Telling;

/** By the id of the operation's row. */
export const V2_ENGLISH = {
  probeV2: {
    deed: is('asks whether a v2 registry is here'),
    ends: {
      200: ({ who }) => {
        if (who.by === 'none') return 'yes';
        return who.by === 'bearer' ? 'yes, and its token is good' : 'yes, and its login is right';
      },
      401: (step) => {
        if (!step.reply.startsWith('{')) return 'yes, and it wants a login';
        if (!isAskedForToken(step)) return undefined;
        return isMaybeDocker(step)
          ? 'yes, and it wants a token: docker 28 asks for one, docker 1.5 goes on to v1'
          : 'yes, and it wants a login: a token, or a name and password';
      },
      404: is('no, only v1 is spoken here'),
    },
  },
  postV2: V2,
  putV2: V2,
  patchV2: V2,
  deleteV2: V2,
  getTokenV2: TOKEN,
  postTokenV2: {
    deed: (step) => `${TOKEN.deed(step)}, by a form as containerd sends it`,
    ends: TOKEN.ends,
  },
  getCatalog: {
    deed: is('asks for the names of all repositories that it may read'),
    ends: {
      ...FIRST,
      200: (step) => {
        const number = catalogued(step);
        return number === undefined ? 'here they are' : `${number} listed`;
      },
    },
  },
  getManifest: {
    deed: (step) => {
      const { name, tag } = manifestOf(step);
      if (isQuestion(step)) return `asks which manifest ${name} is`;
      return tag === undefined
        ? `asks for the manifest ${name}`
        : `asks for the manifest of ${name}, which names its config and layers, where docker 1.5 asked for ancestry and jsons`;
    },
    ends: {
      ...FIRST,
      200: (step) => (isQuestion(step) ? 'it is here' : 'here it is'),
      404: (step) => {
        if (findsNoV2(step)) return NONE;
        return isQuestion(step) ? 'not here' : undefined;
      },
    },
  },
  putManifest: {
    deed: (step) => {
      const { name, tag } = manifestOf(step);
      return tag === undefined
        ? `pushes the manifest ${name}`
        : `pushes the manifest of ${name}, where docker 1.5 pointed the tag at an image`;
    },
    ends: { ...FIRST, 201: is('done') },
  },
  deleteManifest: {
    deed: (step) => {
      const { name, tag } = manifestOf(step);
      return tag === undefined
        ? `deletes the manifest ${name}, and with it all tags that it has`
        : `deletes the tag ${name}`;
    },
    ends: { ...FIRST, 202: is('done') },
  },
  beginUpload: {
    deed: (step) => {
      const beginning = beginningOf(step);
      const { repository } = partsOf(step);
      if (beginning.kind === 'whole')
        return `uploads blob ${beginning.blob} to ${repository} at once`;
      if (beginning.kind === 'parts') {
        return `begins the upload of a blob to ${repository}, as docker 1.5 did with the json of an image`;
      }
      const { blob, from = 'another repository' } = beginning;
      return `asks ${repository} to take over blob ${blob} from ${from}, so that it need not be sent`;
    },
    ends: {
      ...FIRST,
      201: is('done'),
      202: (step) =>
        beginningOf(step).kind === 'mount' ? 'it is not there, so it will be sent' : 'begun',
    },
  },
  getUpload: {
    deed: (_, { repository }) => `asks how far an upload to ${repository} has come`,
    ends: { ...FIRST, 204: is('answered') },
  },
  addToUpload: {
    deed: (_, { repository }) => `sends bytes of a blob to ${repository}`,
    ends: { ...FIRST, 202: is('taken') },
  },
  endUpload: {
    deed: (step, { repository }) =>
      `ends the upload of blob ${blobOf(step)} to ${repository} with its digest, where docker 1.5 sent a checksum`,
    ends: { ...FIRST, 201: is('done') },
  },
  cancelUpload: {
    deed: (_, { repository }) => `gives up an upload to ${repository}`,
    ends: { ...FIRST, 204: is('done') },
  },
  getBlob: {
    deed: (step, { repository }) =>
      isQuestion(step)
        ? `asks whether blob ${blobOf(step)} is already in ${repository}, where docker 1.5 asked for the json of an image`
        : `downloads blob ${blobOf(step)} of ${repository}`,
    ends: {
      ...FIRST,
      200: (step) => (isQuestion(step) ? 'it is, so it need not be sent' : 'here it is'),
      404: (step) => {
        if (findsNoV2(step)) return NONE;
        return isQuestion(step) ? 'not here yet, so it will be sent' : undefined;
      },
    },
  },
  deleteBlob: {
    deed: (step, { repository }) => `deletes blob ${blobOf(step)} of ${repository}`,
    ends: { ...FIRST, 202: is('done') },
  },
  listTagsV2: {
    deed: (_, { repository }) => `asks for the tags of ${repository}`,
    ends: { ...FIRST, 200: is('here they are') },
  },
  listReferrers: {
    deed: (step, { repository }) =>
      `asks what there is about ${repository}@${blobOf(step)}, such as its signatures`,
    ends: FETCH,
  },
} satisfies Readonly<Record<string, Telling>>;

/** How a request for any other path of v2 ends. */
export const V2_PATH_ENDS = FIRST satisfies Telling['ends'];
