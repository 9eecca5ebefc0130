/* What tells the clients of today from each other on the wire (v2.md §1), a row for each. */

/** docker keeps images in a store of its own, or in containerd's, which then does the talking. */
export type Kind = 'docker 20' | 'docker 28' | 'docker 28 with containerd' | 'podman 5' | 'crane';

export interface Ways {
  readonly agent: string;
  /** What it calls itself where it asks for a token. */
  readonly tokenAgent: string;
  /** What it does before anything else. */
  readonly begins: 'hello and ping' | 'hello, which must be answered';
  /** Each request on a connection of its own, as docker's daemon does. */
  readonly closes: boolean;
  /** The lines of Accept with which it asks for a manifest. */
  readonly accept: readonly string[];
  /** HEAD before GET of a tag. */
  readonly looksAtTag: boolean;
  /** What it asks for to push, in its order. */
  readonly pushActions: string;
  /** A form, where somebody is logged in. */
  readonly postsForToken: boolean;
  /** The name in the query of a token. */
  readonly saysAccount: boolean;
  /** How a blob goes up. */
  readonly upload: 'PATCH in chunks' | 'PATCH' | 'PUT';
  /** Which blobs it looks for before it sends them; docker knows no digest of a layer that it built. */
  readonly looksFor: 'config' | 'all';
  /** HEAD after each upload. */
  readonly looksAgain: boolean;
  /** HEAD of the tag before it is put, and which type it is asked for. */
  readonly looksAtTagToPush: boolean;
  /** More headers of each request. */
  readonly headers: Readonly<Record<string, string>>;
}

const INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI = 'application/vnd.oci.image.manifest.v1+json';
const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const SCHEMA2 = 'application/vnd.docker.distribution.manifest.v2+json';
const SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
const SCHEMA1 = 'application/vnd.docker.distribution.manifest.v1+json';

const DOCKER_28 = 'docker/28.2.2 go/go1.24.4 git-commit/45873be kernel/6.1.0 os/linux arch/amd64';
const DOCKER_20 =
  'docker/20.10.24+dfsg1 go/go1.19.8 git-commit/5d6db84 kernel/6.1.0 os/linux arch/amd64';
const CONTAINERS = 'containers/5.34.2 (github.com/containers/image)';
const CRANE = 'crane/(devel) go-containerregistry/(devel)';

function docker(agent: string): Ways {
  return {
    agent,
    tokenAgent: agent,
    begins: 'hello and ping',
    closes: true,
    accept: [LIST, INDEX, OCI, SIGNED, 'application/json', SCHEMA2],
    looksAtTag: true,
    pushActions: 'push,pull',
    postsForToken: false,
    saysAccount: true,
    upload: 'PATCH in chunks',
    looksFor: 'config',
    looksAgain: true,
    looksAtTagToPush: false,
    headers: {},
  };
}

export const WAYS: Readonly<Record<Kind, Ways>> = {
  'docker 20': docker(`${DOCKER_20} UpstreamClient(Docker-Client/20.10.24+dfsg1 \\(linux\\))`),
  'docker 28': docker(`${DOCKER_28} UpstreamClient(Docker-Client/28.2.2 \\(linux\\))`),
  'docker 28 with containerd': {
    agent: `${DOCKER_28} containerd-client/2.0.5+unknown storage-driver/native UpstreamClient(Docker-Client/28.2.2 \\(linux\\))`,
    tokenAgent: 'containerd/2.0.5+unknown',
    begins: 'hello, which must be answered',
    closes: false,
    accept: [`${SCHEMA2}, ${LIST}, ${OCI}, ${INDEX}, */*`],
    looksAtTag: true,
    pushActions: 'pull,push',
    postsForToken: true,
    saysAccount: false,
    upload: 'PUT',
    looksFor: 'all',
    looksAgain: false,
    looksAtTagToPush: true,
    headers: { Baggage: 'trigger=api' },
  },
  'podman 5': {
    agent: CONTAINERS,
    tokenAgent: CONTAINERS,
    begins: 'hello and ping',
    closes: false,
    accept: [OCI, SCHEMA2, SIGNED, SCHEMA1, LIST, INDEX],
    looksAtTag: false,
    pushActions: 'pull,push',
    postsForToken: false,
    saysAccount: true,
    upload: 'PATCH in chunks',
    looksFor: 'all',
    looksAgain: false,
    looksAtTagToPush: false,
    headers: { 'Docker-Distribution-Api-Version': 'registry/2.0' },
  },
  crane: {
    agent: CRANE,
    tokenAgent: CRANE,
    begins: 'hello and ping',
    closes: false,
    accept: [[SCHEMA1, SIGNED, SCHEMA2, OCI, LIST, INDEX].join(',')],
    looksAtTag: false,
    pushActions: 'push,pull',
    postsForToken: false,
    saysAccount: false,
    upload: 'PATCH',
    looksFor: 'all',
    looksAgain: false,
    looksAtTagToPush: true,
    headers: {},
  },
};

export const KINDS = Object.keys(WAYS) as Kind[];
