/**
 * What tells one old docker from another. Facts are from clients.md (measured) or, where that says nothing,
 * from the recordings; the words "since 1.5" there are `since('1.5')` here.
 */

import { type Refusals, refusalsOf } from './refusals.js';
import { compareVersions, type Since } from './versions.js';

/** The spans of versions between which docker's v1 wire behaviour changed much. */
export type Era = '0.6' | '0.7-0.8' | '0.9' | '0.10-1.4' | '1.5-1.9' | '1.10-1.12';

/** The versions that the model knows by name. Those marked `recorded` have traces. */
export type Version = keyof typeof BUILDS;

/** What `docker version` said of each release: the Go it was built with and its commit. */
const BUILDS = {
  '0.6.5': { era: '0.6', go: 'go1.1.2', commit: '3ff8459', recorded: false },
  '0.6.7': { era: '0.6', go: 'go1.1.2', commit: 'cb48ecc', recorded: true },
  '0.7.6': { era: '0.7-0.8', go: 'go1.2', commit: 'bc3b2ec', recorded: true },
  '0.9.1': { era: '0.9', go: 'go1.2.1', commit: '3600720', recorded: true },
  '0.10.0': { era: '0.10-1.4', go: 'go1.2.1', commit: 'dc9c28f', recorded: false },
  '0.11.1': { era: '0.10-1.4', go: 'go1.2.1', commit: 'fb99f99', recorded: false },
  '1.0.1': { era: '0.10-1.4', go: 'go1.2.1', commit: '990021a', recorded: true },
  '1.1.2': { era: '0.10-1.4', go: 'go1.2.1', commit: 'd84a070', recorded: false },
  '1.2.0': { era: '0.10-1.4', go: 'go1.3.1', commit: 'fa7b24f', recorded: false },
  '1.3.3': { era: '0.10-1.4', go: 'go1.3.3', commit: 'd344625', recorded: false },
  '1.4.1': { era: '0.10-1.4', go: 'go1.3.3', commit: '5bc2ff8', recorded: false },
  '1.5.0': { era: '1.5-1.9', go: 'go1.4.1', commit: 'a8a31ef', recorded: true },
  '1.6.2': { era: '1.5-1.9', go: 'go1.4.2', commit: '7c8fca2', recorded: false },
  '1.7.1': { era: '1.5-1.9', go: 'go1.4.2', commit: '786b29d', recorded: false },
  '1.8.3': { era: '1.5-1.9', go: 'go1.4.2', commit: 'f4bf5c7', recorded: false },
  '1.9.1': { era: '1.5-1.9', go: 'go1.4.2', commit: 'a34a1d5', recorded: true },
  '1.10.3': { era: '1.10-1.12', go: 'go1.5.3', commit: '20f81dd', recorded: true },
  '1.11.2': { era: '1.10-1.12', go: 'go1.5.4', commit: 'b9f10c9', recorded: false },
  '1.12.6': { era: '1.10-1.12', go: 'go1.6.4', commit: '78d1802', recorded: true },
} as const satisfies Record<string, { era: Era; go: string; commit: string; recorded: boolean }>;

/** The version that stands for an era when a test names only the era. */
const TYPICAL: Record<Era, Version> = {
  '0.6': '0.6.7',
  '0.7-0.8': '0.7.6',
  '0.9': '0.9.1',
  '0.10-1.4': '1.0.1',
  '1.5-1.9': '1.5.0',
  '1.10-1.12': '1.10.3',
};

/** All versions, oldest first. */
export const VERSIONS = Object.keys(BUILDS) as Version[];

/** The versions that the recordings were made with. */
export const RECORDED_VERSIONS = VERSIONS.filter((version) => BUILDS[version].recorded);

/** All eras, oldest first. */
export const ERAS = Object.keys(TYPICAL) as Era[];

/** What a docker is about to do; it probes the host differently for each. */
export type Action = 'login' | 'push' | 'pull' | 'search';

/**
 * One step of probing: a TLS hello, `GET /v2/`, `GET /v1/_ping`, or (`use-v2`) the first request of
 * a real v2 push or pull.
 */
export type Probe = 'tls' | 'v2' | 'ping' | 'use-v2';

/** How one version of docker behaves. */
export interface Dialect extends Refusals {
  readonly version: string;
  readonly era: Era;
  /** The commit that it was built from, in seven digits. */
  readonly commit: string;
  /** User-Agent of everything but what `bareAgent` covers. */
  readonly agent: string;
  /** User-Agent of probes and of the registration: Go's own default before 1.7. */
  readonly bareAgent: string;
  probes(action: Action): readonly Probe[];
  readonly closesProbes: boolean;
  readonly closesRegistration: boolean;
  readonly closesLogin: boolean;
  /** login starts with POST /v1/users/ (to 1.10). */
  readonly registers: boolean;
  /** 401 on that POST leads to the GET (from 0.7.1). */
  readonly logsInAfter401: boolean;
  /** 403 on that POST was understood (before 0.7.2). */
  readonly understands403: boolean;
  /** 403 on GET /v1/users/ has a sentence of its own (from 0.7.2). */
  readonly knowsInactive: boolean;
  readonly inactiveWord: 'Active' | 'active';
  /** `X-Docker-Registry-Version` on the ping, `X-Docker-Endpoints`, `X-Docker-Size` (before 0.11). */
  readonly needsAllHeaders: boolean;
  /** A comma list in one `X-Docker-Endpoints` header is split (from 0.11). */
  readonly splitsEndpoints: boolean;
  /** `X-Docker-Registry-Standalone` is read (from 0.7.4). */
  readonly readsStandalone: boolean;
  /** The answer to the repository PUT must carry a token (to 1.7). */
  readonly needsToken: boolean;
  /** Cookies go out twice, except on index requests (before 0.10). */
  readonly doublesCookies: boolean;
  readonly indexContentType: 'Content-Type' | 'Content-type';
  /** The tag of a chain is PUT after every layer of it (0.6), or after the last round (0.7, 0.8). */
  readonly tagsAfter: 'every layer' | 'last round' | 'tagged image';
  /** Images are looked up beforehand and five at a time (from 1.5). */
  readonly looksUpAhead: boolean;
  readonly layerContentType: boolean;
  readonly payloadChecksum: 'none' | 'tar' | 'json and layer';
  /** The last PUT lists the checksums sent (0.6, 0.7). */
  readonly listsChecksums: boolean;
  /** Only the tagged image has a full json (from 1.10). */
  readonly bareLowerLayers: boolean;
  /** Error bodies are quoted once more, as Go's %q does (from 1.6). */
  readonly quotesBodies: boolean;
  /** 401 on PUT json over plain HTTP has a sentence of its own (from 1.0). */
  readonly explains401: boolean;
  readonly refusal: 'as any error' | 'Please login prior to' | 'unauthorized';
  /** A repository that is not there is tried as an image id (0.6). */
  readonly triesNameAsImage: boolean;
  /** A pull of one tag asks for `tags/<tag>` (from 1.8). */
  readonly asksForOneTag: boolean;
  readonly pullsTopFirst: boolean;
  /** All json first, then the layers, three at a time; one tag after the other (from 1.10). */
  readonly pullsJsonFirst: boolean;
  /** Before a push or pull it asks registry-1.docker.io for v2 (from 1.8). */
  readonly asksHubForV2: boolean;
  /** The images of a root name are those of `library/name` at the Hub (from 1.3). */
  readonly namesLibrary: boolean;
  readonly asksForHead: boolean;
  readonly resumes: boolean;
  readonly namesFailedTag: boolean;
  /** An upload to /v2/ refused with JSON is tried five times, with long pauses (1.10). */
  readonly repeatsV2Uploads: boolean;
  readonly searchSendsToken: boolean;
  readonly searchSendsBasic: boolean;
  readonly searchLimit: boolean;
  /** Every value inside a search result must be a string (to 0.6.5). */
  readonly searchStringsOnly: boolean;
}

/** The typical version of an era. */
export function versionOf(era: Era): Version {
  return TYPICAL[era];
}

/** The first and the last version that is played. */
export const OLDEST = '0.6.0';
export const NEWEST = '1.12.6';

/** Whether a text is a version that can be played. */
export function isVersion(text: string): boolean {
  return (
    /^\d{1,2}\.\d{1,2}\.\d{1,2}$/.test(text) &&
    compareVersions(text, OLDEST) >= 0 &&
    compareVersions(text, NEWEST) <= 0
  );
}

/** The first version of each era. */
const FIRST: Record<Era, string> = {
  '0.6': '0',
  '0.7-0.8': '0.7',
  '0.9': '0.9',
  '0.10-1.4': '0.10',
  '1.5-1.9': '1.5',
  '1.10-1.12': '1.10',
};

function eraOf(version: string): Era {
  let era: Era = '0.6';
  for (const each of ERAS) if (compareVersions(version, FIRST[each]) >= 0) era = each;
  return era;
}

/** What is known of a build; a version without one is told from its next older neighbour. */
function buildOf(version: string): (typeof BUILDS)[Version] {
  const [first, ...later] = VERSIONS;
  let build = BUILDS[first ?? '1.5.0'];
  for (const each of later) if (compareVersions(version, each) >= 0) build = BUILDS[each];
  return build;
}

/** How the given version behaves. */
export function dialectOf(version: string): Dialect {
  const since: Since = (first) => compareVersions(version, first) >= 0;
  const agent = userAgent(version);
  return {
    version,
    era: eraOf(version),
    commit: buildOf(version).commit,
    agent,
    bareAgent: since('1.7') ? agent : 'Go 1.1 package http',
    probes: (action) => probesOf(since, action),
    closesProbes: since('1.3'),
    closesRegistration: since('1.7'),
    closesLogin: since('1.0'),
    registers: !since('1.11'),
    logsInAfter401: since('0.7.1'),
    understands403: !since('0.7.2'),
    knowsInactive: since('0.7.2'),
    inactiveWord: since('1.11') ? 'active' : 'Active',
    needsAllHeaders: !since('0.11'),
    splitsEndpoints: since('0.11'),
    readsStandalone: since('0.7.4'),
    needsToken: !since('1.8'),
    doublesCookies: !since('0.10'),
    indexContentType: since('1.5') ? 'Content-type' : 'Content-Type',
    tagsAfter: since('0.9') ? 'tagged image' : since('0.7') ? 'last round' : 'every layer',
    looksUpAhead: since('1.5'),
    layerContentType: since('1.2'),
    payloadChecksum: since('0.10') ? 'json and layer' : since('0.9') ? 'tar' : 'none',
    listsChecksums: !since('0.8'),
    bareLowerLayers: since('1.10'),
    quotesBodies: since('1.6'),
    explains401: since('1.0'),
    ...refusalsOf(since),
    refusal: since('1.10')
      ? 'unauthorized'
      : since('0.9')
        ? 'Please login prior to'
        : 'as any error',
    triesNameAsImage: !since('0.7'),
    asksForOneTag: since('1.8'),
    pullsTopFirst: !since('0.7'),
    pullsJsonFirst: since('1.10'),
    asksHubForV2: since('1.8'),
    namesLibrary: since('1.3'),
    asksForHead: since('0.12') && !since('1.2'),
    resumes: since('0.12'),
    namesFailedTag: since('1.1'),
    repeatsV2Uploads: since('1.10') && !since('1.11'),
    searchSendsToken: since('0.9'),
    searchSendsBasic: since('0.9') && !(since('1.3') && !since('1.6')),
    searchLimit: since('1.12'),
    searchStringsOnly: !since('0.6.6'),
  };
}

/** clients.md, "Probing a host"; the number of TLS hellos is the recordings'. */
function probesOf(since: Since, action: Action): readonly Probe[] {
  const moves = action === 'push' || action === 'pull';
  if (!since('1.5')) {
    if (action === 'search' && !since('1.3')) {
      return [];
    }
    return moves && !since('0.9') ? ['tls', 'ping', 'tls', 'ping'] : ['tls', 'ping'];
  }
  if (since('1.11')) {
    if (action === 'search') {
      return ['tls', 'ping'];
    }
    return moves ? ['tls', 'v2', 'use-v2', 'tls'] : ['tls', 'v2', 'v2', 'tls'];
  }
  if (moves && since('1.8')) {
    return since('1.10') ? ['tls', 'v2', 'use-v2', 'tls', 'tls'] : ['tls', 'v2', 'tls', 'tls'];
  }
  return ['tls', 'tls', 'v2', 'ping'];
}

/** clients.md, "User-Agent". */
function userAgent(version: string): string {
  const { go, commit } = buildOf(version);
  const since: Since = (first) => compareVersions(version, first) >= 0;
  const parts = [`docker/${version}`, `go/${go}`, `git-commit/${commit}`];
  parts.push('kernel/3.13.0-44-generic');
  if (since('0.7')) {
    parts.push('os/linux', 'arch/amd64');
  }
  if (since('1.11')) {
    parts.push(`UpstreamClient(Docker-Client/${version} \\(linux\\))`);
  }
  return parts.join(' ');
}
