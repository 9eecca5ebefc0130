import { isDockerOfV1, isUnnamedGo } from '../wire/user-agent.js';
import { brief, partsOf, type Step, shortId } from './step.js';
import { visible } from './visible-text.js';

/*
 * What sentences in every language need to know of a step of v2.
 */

/** Whether it found no v2 here: a docker up to 1.12 never does, and nobody where v2 is off. */
export function findsNoV2({ status, userAgent, reply }: Step): boolean {
  return status === 404 && (isDockerOfV1(userAgent) || reply === '404 page not found\n');
}

/** Whether it is asked for a token before anything else, as every client of v2 is; that is no refusal yet. */
export function isAskedForToken({ status, isBare = false }: Step): boolean {
  return status === 401 && isBare;
}

/** Whether a person types it: curl shows what is refused, and gets no token by itself. */
export function isByCurl({ userAgent }: Step): boolean {
  return userAgent.startsWith('curl/');
}

/** Whether it may be a docker, of today or of then: some of those say no more than that they are in Go. */
export function isMaybeDocker({ userAgent }: Step): boolean {
  return userAgent.startsWith('docker/') || isUnnamedGo(userAgent);
}

/** A question without a body for its answer: whether something is here. */
export function isQuestion({ method }: Step): boolean {
  return method === 'HEAD';
}

/** The first eight digits of a digest, as images are told by theirs. */
export function shortDigest(digest: string): string {
  const [, hex] = /^sha(?:256|512):([0-9a-f]{8})/.exec(digest) ?? [];
  return hex ?? shortId(brief(visible(digest)));
}

/** The blob that a step is about: in its path, or what an upload is to be. */
export function blobOf({ params, query }: Step): string {
  return shortDigest(params.digest ?? new URLSearchParams(query).get('digest') ?? '');
}

/** A manifest that a path names. */
export interface ManifestName {
  /** The tag; undefined where it is named by its digest. */
  readonly tag: string | undefined;
  /** `ns/repo:tag`, or `ns/repo@` and the start of the digest. */
  readonly name: string;
}

export function manifestOf(step: Step): ManifestName {
  const { reference = '' } = step.params;
  const { repository } = partsOf(step);
  if (reference.includes(':')) {
    return { tag: undefined, name: `${repository}@${shortDigest(reference)}` };
  }
  const tag = brief(visible(reference));
  return { tag, name: `${repository}:${tag}` };
}

/** How an upload begins: a blob that is elsewhere here, one that comes at once, or one in parts. */
export type Beginning =
  | { readonly kind: 'mount'; readonly blob: string; readonly from: string | undefined }
  | { readonly kind: 'whole'; readonly blob: string }
  | { readonly kind: 'parts' };

export function beginningOf(step: Step): Beginning {
  const query = new URLSearchParams(step.query);
  const mount = query.get('mount');
  if (mount !== null) {
    const from = query.get('from');
    return {
      kind: 'mount',
      blob: shortDigest(mount),
      from: from === null ? undefined : brief(visible(from)),
    };
  }
  return query.has('digest') ? { kind: 'whole', blob: blobOf(step) } : { kind: 'parts' };
}

/** What a token is asked for, of one repository. */
export interface ScopeAsked {
  /** As it was asked: `ns/repo`, or a short name. */
  readonly repository: string;
  readonly actions: readonly string[];
}

/** What a request for a token asks it to be for: in its query, or in its form. */
export function scopesAsked(step: Step): ScopeAsked[] {
  const asked = parametersOf(step).getAll('scope');
  return asked
    .flatMap((each) => each.split(' '))
    .flatMap((each) => {
      const [, repository, actions] =
        /^repository:([\w./-]{1,300}):([a-z,*]{1,40})$/.exec(each) ?? [];
      if (repository === undefined || actions === undefined) return [];
      return [{ repository: brief(repository), actions: actions.split(',') }];
    })
    .slice(0, 100);
}

/** Who a request for a token says that it is for. */
export function accountAsking(step: Step): string | undefined {
  if ('user' in step.who) return step.who.user;
  const said = parametersOf(step);
  const name = said.get('username') ?? said.get('account') ?? '';
  return /^\w{1,30}$/.test(name) ? name : undefined;
}

/** The repositories of a list, as many as it has; undefined where the answer is not seen whole. */
export function catalogued({ reply }: Step): number | undefined {
  const [, list] = /^\{"repositories":\s?\[([^\]]*)\]/.exec(reply) ?? [];
  if (list === undefined) return undefined;
  return list === '' ? 0 : list.split(',').length;
}

function parametersOf({ operation, query, requestBody }: Step): URLSearchParams {
  return new URLSearchParams(operation?.row === 'postTokenV2' ? requestBody : query);
}
