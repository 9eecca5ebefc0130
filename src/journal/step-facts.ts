import { brief, type Step, shortId } from './step.js';

/*
 * What sentences in every language need to know of a step.
 */

/** In a push a docker asks of each image whether it must be sent: "no" is no failure. */
export function isPushLookup({ who }: Step): boolean {
  return who.by === 'token' && who.access === 'write';
}

/** What a search was for; empty for nothing in particular. */
export function wordsSought({ query }: Step): string {
  return new URLSearchParams(query).get('q') ?? '';
}

/** How many repositories a search found; undefined where the answer does not say. */
export function numberFound({ reply }: Step): string | undefined {
  return /"num_results": (\d+)/.exec(reply)?.[1];
}

/** The name that an account is registered under; undefined where it is none. */
export function nameRegistered({ requestBody }: Step): string | undefined {
  const [, value = ''] = requestBody.split('"username"', 2);
  return /^\s*:\s*"(\w{1,30})"/.exec(value)?.[1];
}

/** The image that a tag is set to; undefined where a refusal came before the body was read. */
export function imagePointedAt({ requestBody }: Step): string | undefined {
  const id = requestBody.replaceAll('"', '');
  return id === '' ? undefined : shortId(id);
}

/** What a path of a v2 registry is about. */
export interface V2Target {
  readonly kind: 'manifest' | 'blob' | 'tags';
  readonly repository: string;
  /** With the tag, where a manifest is named by one. */
  readonly name: string;
}

const V2_KINDS = { manifests: 'manifest', blobs: 'blob', tags: 'tags' } as const;

/** What dockers of today ask for first; undefined for a path that is about no repository. */
export function v2TargetOf(path: string): V2Target | undefined {
  const parts = path.split('/').slice(2);
  const place = parts.findLastIndex((part) => Object.hasOwn(V2_KINDS, part));
  if (place < 1) return undefined;
  const repository = brief(parts.slice(0, place).join('/'));
  const [word = '', reference = ''] = parts.slice(place);
  const kind = V2_KINDS[word as keyof typeof V2_KINDS];
  const isTag = kind === 'manifest' && !reference.includes(':');
  return { kind, repository, name: isTag ? `${repository}:${brief(reference)}` : repository };
}
