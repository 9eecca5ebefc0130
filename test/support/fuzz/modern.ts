/*
 * What clients of today push, pull and delete, in their order; pushes.ts leaves out, doubles and garbles some of it.
 */
import fc, { type Arbitrary } from 'fast-check';
import {
  asManifest,
  type Content,
  digestOf,
  type ModernManifest,
  makeIndex,
  makeLayer,
  makeManifest,
  makeModernImage,
  storedAsZstd,
} from '../modern-docker/images.js';
import { PASSWORD, REPOSITORIES, TAGS } from './cast.js';
import type { Header } from './client.js';
import { type Credential, type FuzzRequest, step } from './request.js';

/** What stands in a path for the upload that was begun last. */
export const LAST_UPLOAD = 'last-upload';

/** Something that can be pushed: blobs, and manifests that name them, the last of which is tagged. */
interface Pushable {
  readonly blobs: readonly Content[];
  readonly manifests: readonly [ModernManifest, ...ModernManifest[]];
}

const plain = makeModernImage('fuzz plain');
const sound = makeLayer([{ name: 'of-zstd' }], 'oci');
const zstd = makeModernImage('fuzz zstd', {
  form: 'oci',
  layers: [
    {
      ...sound,
      bytes: storedAsZstd(sound.tar),
      mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
    },
  ],
});
/** Its config says that its layers are those of another. */
const liar = {
  ...plain,
  layers: zstd.layers,
  manifest: makeManifest('oci', plain.config, zstd.layers),
};
const config: Content = {
  bytes: Buffer.from('{}'),
  mediaType: 'application/vnd.oci.empty.v1+json',
};
const artifact = makeManifest('oci', config, [], {
  artifactType: 'application/vnd.example',
  subject: { mediaType: plain.manifest.mediaType, size: 1, digest: plain.manifest.digest },
  annotations: { ünique: 'yes' },
});

const PUSHABLE: readonly Pushable[] = [
  ...[plain, zstd, liar].map(
    ({ config: own, layers, manifest }): Pushable => ({
      blobs: [...layers, own],
      manifests: [manifest],
    }),
  ),
  { blobs: [config], manifests: [artifact] },
  {
    blobs: [...plain.layers, plain.config],
    manifests: [plain.manifest, makeIndex([{ manifest: plain.manifest }])],
  },
  { blobs: [], manifests: [asManifest('application/vnd.oci.image.index.v1+json', index([]))] },
];

function index(manifests: readonly unknown[]) {
  return { schemaVersion: 2, manifests };
}

/** Every manifest that is pushed, and every blob. */
export const MANIFESTS: readonly ModernManifest[] = PUSHABLE.flatMap(({ manifests }) => manifests);
export const BLOBS: readonly Buffer[] = PUSHABLE.flatMap(({ blobs }) =>
  blobs.map(({ bytes }) => bytes),
);

/** Their digests, and some that nothing has. */
export const DIGESTS: readonly string[] = [
  ...MANIFESTS.map(({ digest }) => digest),
  ...BLOBS.map(digestOf),
  `sha256:${'0'.repeat(64)}`,
  `sha512:${'0'.repeat(128)}`,
  'sha256:',
  `sha1:${'0'.repeat(40)}`,
  `sha256:${'A'.repeat(64)}`,
];

/** Scopes that a token may be asked for. */
export const SCOPES: readonly string[] = [
  ...REPOSITORIES.map((full) => `repository:${full}:pull,push`),
  'repository:base:pull',
  'repository:alice/web:*',
  'repository:alice/web:pull repository:bobby/app:push,delete',
  'registry:catalog:*',
  'repository::',
  'repository:a/b/c/d:pull',
  ':::',
];

const WAYS = ['at once', 'streamed', 'chunks', 'mount'] as const;

interface Plan {
  readonly repository: string;
  readonly other: string;
  readonly pushed: Pushable;
  readonly tag: string;
  readonly way: (typeof WAYS)[number];
  readonly withToken: boolean;
  readonly ending: readonly (keyof typeof ENDINGS)[];
}

/** Whole pushes over v2, and what follows them. */
export const modernPushes: Arbitrary<FuzzRequest[]> = fc
  .record({
    repository: fc.constantFrom(...REPOSITORIES),
    other: fc.constantFrom(...REPOSITORIES),
    pushed: fc.constantFrom(...PUSHABLE),
    tag: fc.constantFrom(...TAGS),
    way: fc.constantFrom(...WAYS),
    withToken: fc.boolean(),
    ending: fc.array(fc.constantFrom<keyof typeof ENDINGS>('pull', 'old pull', 'lists', 'delete'), {
      maxLength: 4,
    }),
  })
  .map((plan: Plan) => {
    const scope = `repository:${plan.repository}:pull,push,delete`;
    const asked = step('GET', `/v2/token?service=x&scope=${scope}`, loginOf(plan));
    return [
      ...(plan.withToken ? [asked] : []),
      ...plan.pushed.blobs.flatMap((blob) => blobSteps(plan, blob)),
      ...manifestSteps(plan),
      ...plan.ending.flatMap((kind) => ENDINGS[kind](plan)),
    ];
  });

function blobSteps(plan: Plan, { bytes }: Content): FuzzRequest[] {
  const path = `${pathOf(plan)}/blobs`;
  const auth = authOf(plan);
  const digest = digestOf(bytes);
  const end = step('PUT', `${path}/uploads/${LAST_UPLOAD}?digest=${digest}`, auth);
  const begin = step('POST', `${path}/uploads/`, auth);
  const patch = (part: Buffer, headers: readonly Header[] = []): FuzzRequest =>
    step('PATCH', `${path}/uploads/${LAST_UPLOAD}`, auth, headers, part);
  switch (plan.way) {
    case 'at once':
      return [step('POST', `${path}/uploads/?digest=${digest}`, auth, [], bytes)];
    case 'streamed':
      return [step('HEAD', `${path}/${digest}`, auth), begin, patch(bytes), end];
    case 'mount':
      return [
        step('POST', `${path}/uploads/?mount=${digest}&from=${plan.other}`, auth),
        patch(bytes),
        end,
      ];
    case 'chunks': {
      const half = Math.ceil(bytes.length / 2);
      const [first, second] = [bytes.subarray(0, half), bytes.subarray(half)];
      const range = (from: number, to: number): Header => ['Content-Range', `${from}-${to - 1}`];
      return [
        begin,
        patch(first, [range(0, half)]),
        step('GET', `${path}/uploads/${LAST_UPLOAD}`, auth),
        patch(second, [range(half, bytes.length)]),
        end,
      ];
    }
  }
}

function manifestSteps(plan: Plan): FuzzRequest[] {
  const { manifests } = plan.pushed;
  return manifests.map(({ bytes, mediaType, digest }, at) => {
    const reference = at === manifests.length - 1 ? plan.tag : digest;
    const type: Header = ['Content-Type', mediaType];
    return step('PUT', `${pathOf(plan)}/manifests/${reference}`, authOf(plan), [type], bytes);
  });
}

const ENDINGS = {
  pull: (plan: Plan): FuzzRequest[] => [
    step('HEAD', `${pathOf(plan)}/manifests/${plan.tag}`, authOf(plan)),
    ...plan.pushed.manifests.map(({ digest }) =>
      step('GET', `${pathOf(plan)}/manifests/${digest}`, authOf(plan)),
    ),
    ...plan.pushed.blobs.map(({ bytes }) =>
      step('GET', `${pathOf(plan)}/blobs/${digestOf(bytes)}`, authOf(plan), [
        ['Range', 'bytes=5-'],
      ]),
    ),
  ],
  'old pull': (plan: Plan): FuzzRequest[] => {
    const ids = [plain, zstd].map(({ id }) => id);
    const path = `/v1/repositories/${plan.repository}`;
    return [
      step('GET', `${path}/tags/${plan.tag}`, loginOf(plan)),
      ...ids.flatMap((id) => [
        step('GET', `/v1/images/${id}/ancestry`, loginOf(plan)),
        step('GET', `/v1/images/${id}/layer`, loginOf(plan)),
        step('PUT', `${path}/tags/again`, loginOf(plan), [JSON_TYPE], JSON.stringify(id)),
      ]),
    ];
  },
  lists: (plan: Plan): FuzzRequest[] => {
    const digest = plain.manifest.digest;
    return [
      step('GET', `${pathOf(plan)}/tags/list?n=1`, authOf(plan)),
      step('GET', '/v2/_catalog?n=2&last=alice', authOf(plan)),
      step('GET', `${pathOf(plan)}/referrers/${digest}?artifactType=x`, authOf(plan)),
    ];
  },
  delete: (plan: Plan): FuzzRequest[] => [
    step('DELETE', `${pathOf(plan)}/manifests/${plan.tag}`, authOf(plan)),
    ...plan.pushed.manifests.map(({ digest }) =>
      step('DELETE', `${pathOf(plan)}/manifests/${digest}`, authOf(plan)),
    ),
    ...plan.pushed.blobs.map(({ bytes }) =>
      step('DELETE', `${pathOf(plan)}/blobs/${digestOf(bytes)}`, authOf(plan)),
    ),
  ],
};

const JSON_TYPE: Header = ['Content-Type', 'application/json'];

function authOf(plan: Plan): Credential {
  const { repository, withToken } = plan;
  return withToken ? { kind: 'bearer', repository, twist: 'none' } : loginOf(plan);
}

function loginOf({ repository }: Plan): Credential {
  const [namespace = ''] = repository.split('/');
  const username = namespace === 'library' ? 'warden' : namespace;
  return { kind: 'basic', username, password: PASSWORD };
}

function pathOf({ repository }: Plan): string {
  return `/v2/${repository.replace(/^library\//, '')}`;
}
