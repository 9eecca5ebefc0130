/*
 * What can be asked, as values that fast-check makes up, shrinks and prints.
 */
import fc, { type Arbitrary } from 'fast-check';
import { NEWCOMERS, PEOPLE, REPOSITORIES, TAGS } from './pool.js';
import type { Access } from './rules.js';
import type { Action } from './today.js';

/** Who asks, before it is known which tokens there are. */
export type WhoSpec =
  | { readonly as: 'anonymous' }
  | {
      readonly as: 'login';
      readonly username: string;
      readonly password: 'right' | 'wrong' | 'former';
    }
  /** The owner of the repository's namespace. */
  | { readonly as: 'owner' }
  /** With the newest token for the step's own repository; without one, as the owner or by another. */
  | { readonly as: 'token'; readonly access: Access }
  /** With one of the last tokens, for any repository and access. */
  | { readonly as: 'any token'; readonly back: number; readonly flipped: boolean };

/** Which bytes of an image of the pool a client sends. */
export interface ImageSpec {
  readonly image: number;
  readonly json: number;
  readonly layer: number;
}

export type SumSpec =
  | 'payload'
  | 'bare'
  | 'tarsum'
  | 'both'
  | 'payload and another tarsum'
  | 'other payload'
  | 'other tarsum'
  | 'none';

/** Entries of an image list: an image of the pool, under a tag, with a checksum. */
export interface ListSpec {
  readonly image: number;
  readonly tag: string | undefined;
  readonly checksum: string | undefined;
}

/** One request, or one thing that the operator does. `repository` is also where credentials are from. */
export type Step =
  | { readonly do: 'log in'; readonly who: WhoSpec; readonly repository: string }
  | {
      readonly do: 'register';
      readonly username: string;
      readonly password: string;
      readonly email: string;
    }
  | {
      readonly do: 'update user';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly username: string;
      readonly password: string | undefined;
      readonly email: string | undefined;
    }
  | {
      readonly do: 'put repository' | 'put images';
      readonly who: WhoSpec;
      readonly repository: string;
      /** undefined: a body that is not a list. */
      readonly list: readonly ListSpec[] | undefined;
      readonly token: boolean;
    }
  | {
      readonly do: 'get images' | 'delete images' | 'delete repository';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly token: boolean;
    }
  | {
      readonly do: 'delete tags' | 'put auth' | 'get properties' | 'get tags';
      readonly who: WhoSpec;
      readonly repository: string;
    }
  | {
      readonly do: 'put properties';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly access: 'public' | 'private';
    }
  | {
      readonly do: 'layer access';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly image: number;
    }
  | {
      readonly do: 'get tag' | 'delete tag';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly tag: string;
    }
  | {
      readonly do: 'put tag';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly tag: string;
      readonly image: number;
    }
  | {
      readonly do: 'put json' | 'put layer';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly sent: ImageSpec;
    }
  | {
      readonly do: 'put checksum';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly sent: ImageSpec;
      readonly sum: SumSpec;
    }
  | {
      readonly do: 'get image';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly image: number;
      readonly part: 'json' | 'layer' | 'ancestry';
    }
  | {
      readonly do: 'v2 token';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly actions: readonly Action[];
    }
  | {
      readonly do: 'v2 put blob' | 'v2 get blob';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly blob: number;
    }
  | {
      readonly do: 'v2 mount';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly blob: number;
      readonly from: string;
    }
  | {
      readonly do: 'v2 put manifest';
      readonly who: WhoSpec;
      readonly repository: string;
      readonly manifest: number;
      /** undefined: by its digest. */
      readonly tag: string | undefined;
    }
  | {
      readonly do: 'v2 get manifest' | 'v2 delete manifest';
      readonly who: WhoSpec;
      readonly repository: string;
      /** A tag, the digest of one of the pool, or the one that was seen last. */
      readonly reference: string | number | 'seen';
    }
  | { readonly do: 'v2 tags'; readonly who: WhoSpec; readonly repository: string }
  | { readonly do: 'search' }
  | { readonly do: 'activate' | 'deactivate'; readonly username: string }
  | { readonly do: 'wait'; readonly seconds: number };

const usernames = fc.constantFrom(...PEOPLE.map(({ username }) => username), 'newby');

const whos: Arbitrary<WhoSpec> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<WhoSpec>({ as: 'anonymous' }) },
  { weight: 5, arbitrary: fc.constant<WhoSpec>({ as: 'owner' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      as: fc.constant('login' as const),
      username: usernames,
      password: fc.constantFrom('right', 'right', 'right', 'right', 'wrong', 'former'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      as: fc.constant('token' as const),
      access: fc.constantFrom<Access>('write', 'write', 'write', 'read', 'delete'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      as: fc.constant('any token' as const),
      back: fc.nat({ max: 12 }),
      flipped: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
  },
);

/** Some are asked for more often, so that things happen to them. */
const repositories = fc.oneof(
  { weight: 6, arbitrary: fc.constant('alice/one') },
  { weight: 3, arbitrary: fc.constantFrom('alice/two', 'bobby/one', 'library/base') },
  { weight: 2, arbitrary: fc.constantFrom(...REPOSITORIES) },
);
const images = fc.nat({ max: 4 });
/** The same, and the images of today. */
const anyImages = fc.nat({ max: 6 });
const tags = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('latest', 'v1') },
  { weight: 1, arbitrary: fc.constantFrom(...TAGS) },
);
const asked = { who: whos, repository: repositories };
/** As many as pool.ts has: of two images that share a layer, and of an artifact. */
const blobs = fc.nat({ max: 5 });
const manifests = fc.nat({ max: 2 });
const references = fc.oneof(
  tags.filter((tag) => tag !== '-no'),
  manifests,
  fc.constant('seen'),
);

const sent = fc.record({
  image: images,
  json: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat({ max: 2 })),
  layer: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat({ max: 1 })),
});

const lists = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.array(
      fc.record({
        image: images,
        tag: fc.constantFrom(undefined, undefined, 'latest', 'v1'),
        checksum: fc.constantFrom(undefined, undefined, 'a sum', 'another'),
      }),
      { maxLength: 5 },
    ),
  },
  { weight: 1, arbitrary: fc.constant(undefined) },
);

const passwords = fc.constantFrom('secret-1', 'secret-2', 'abc');
const emails = fc.constantFrom('new@example.com', 'Alice@Example.com', 'other@example.com');

/** Single requests of every kind. */
const singles: Arbitrary<Step> = fc.oneof(
  kind(2, ['log in'], asked),
  kind(2, ['register'], {
    username: fc.oneof(fc.constantFrom(...NEWCOMERS), fc.constantFrom('newby', 'newby_2')),
    password: passwords,
    email: fc.oneof(emails, fc.constantFrom('newby@example.com', 'bobby@example.com')),
  }),
  kind(2, ['update user'], {
    ...asked,
    username: fc.oneof(usernames, fc.constant('alice'), fc.constant('nobody_here')),
    password: fc.oneof(fc.constant(undefined), passwords),
    email: fc.oneof(fc.constant(undefined), emails),
  }),
  kind(6, ['put repository'], { ...asked, list: lists, token: fc.boolean() }),
  kind(3, ['put images'], { ...asked, list: lists, token: fc.boolean() }),
  kind(3, ['get images', 'delete images'], { ...asked, token: fc.boolean() }),
  kind(3, ['delete repository'], { ...asked, token: fc.boolean() }),
  kind(1, ['delete tags'], asked),
  kind(3, ['put auth', 'get properties', 'get tags'], asked),
  kind(3, ['put properties'], { ...asked, access: fc.constantFrom('public', 'private') }),
  kind(1, ['layer access'], { ...asked, image: images }),
  kind(3, ['get tag', 'delete tag', 'delete tag'], { ...asked, tag: tags }),
  kind(4, ['put tag'], { ...asked, tag: tags, image: anyImages }),
  kind(8, ['put json', 'put layer'], { ...asked, sent }),
  kind(5, ['put checksum'], {
    ...asked,
    sent,
    sum: fc.constantFrom(
      'payload',
      'payload',
      'bare',
      'tarsum',
      'both',
      'payload and another tarsum',
      'other payload',
      'other tarsum',
      'none',
    ),
  }),
  kind(4, ['get image'], {
    ...asked,
    image: images,
    part: fc.constantFrom('json', 'layer', 'ancestry'),
  }),
  kind(3, ['v2 token'], {
    ...asked,
    actions: fc.constantFrom<Action[]>(['pull'], ['pull', 'push'], ['pull', 'push', 'delete'], []),
  }),
  kind(2, ['v2 put blob', 'v2 get blob'], { ...asked, blob: blobs }),
  kind(2, ['v2 mount'], { ...asked, blob: blobs, from: repositories }),
  kind(3, ['v2 put manifest'], {
    ...asked,
    manifest: manifests,
    tag: fc.constantFrom(undefined, 'latest', 'v1'),
  }),
  kind(4, ['v2 get manifest', 'v2 delete manifest'], { ...asked, reference: references }),
  kind(1, ['v2 tags'], asked),
  kind(1, ['search'], {}),
  kind(1, ['activate', 'activate', 'deactivate'], {
    username: fc.constantFrom('frozen', 'frozen', 'bobby', 'newby'),
  }),
  kind(1, ['wait'], { seconds: fc.constantFrom(1, 1800, 4000) }),
);

/** A whole push by docker's order, which takes many single steps to come about by chance. */
const pushes: Arbitrary<Step[]> = fc
  .record({
    repository: repositories,
    images: fc.constantFrom([0], [0, 1], [0, 1, 2], [3], [0, 4]),
    variant: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.constant(1)),
    sum: fc.constantFrom<SumSpec>('payload', 'both', 'tarsum', 'bare'),
    who: fc.constantFrom<WhoSpec>({ as: 'token', access: 'write' }, { as: 'owner' }),
    tag: tags,
    ending: fc.subarray([0, 3]),
  })
  .map((push): Step[] => {
    const { repository, who, tag, variant, sum } = push;
    const owner: WhoSpec = { as: 'owner' };
    const list = push.images.map((image) => ({ image, tag: undefined, checksum: undefined }));
    const top = push.images.at(-1) ?? 0;
    return [
      { do: 'put repository', who: owner, repository, list, token: true },
      ...push.images.flatMap((image): Step[] => {
        const bytes = { image, json: variant, layer: variant };
        return [
          { do: 'put json', who, repository, sent: bytes },
          { do: 'put layer', who, repository, sent: bytes },
          { do: 'put checksum', who, repository, sent: bytes, sum },
        ];
      }),
      { do: 'put tag', who, repository, tag, image: top },
      { do: 'put images', who: owner, repository, list: [], token: false },
      ...after(repository, tag.replace('-', ''), repository, push.ending),
    ];
  });

/** A push over v2: what a manifest needs, and the manifest. */
const pushesToday: Arbitrary<Step[]> = fc
  .record({
    repository: repositories,
    manifest: manifests,
    tag: fc.constantFrom(undefined, 'latest', 'v1'),
    withToken: fc.boolean(),
    ending: fc.subarray([0, 1, 2, 3]),
    elsewhere: repositories,
  })
  .map(({ repository, manifest, tag, withToken, ending, elsewhere }): Step[] => {
    const owner: WhoSpec = { as: 'owner' };
    const who: WhoSpec = withToken ? { as: 'token', access: 'write' } : owner;
    const needed = [[0, 1, 2], [0, 3, 4], [5]][manifest] ?? [];
    return [
      { do: 'v2 token', who: owner, repository, actions: ['pull', 'push'] },
      ...needed.map((blob): Step => ({ do: 'v2 put blob', who, repository, blob })),
      { do: 'v2 put manifest', who, repository, manifest, tag },
      ...after(repository, tag ?? manifest, elsewhere, ending),
    ];
  });

/** Some of what may follow a push: a pull over v2, a tag of v1 and a mount elsewhere, and a deletion. */
function after(
  repository: string,
  reference: string | number,
  elsewhere: string,
  chosen: readonly number[],
): Step[] {
  const who: WhoSpec = { as: 'owner' };
  const all: Step[] = [
    { do: 'v2 get manifest', who, repository, reference },
    { do: 'put tag', who, repository: elsewhere, tag: 'v1', image: 5 },
    { do: 'v2 mount', who, repository: elsewhere, blob: 0, from: repository },
    { do: 'v2 delete manifest', who, repository, reference: 'seen' },
  ];
  return chosen.flatMap((at) => all[at] ?? []);
}

/** A deletion in the order of the index and the registry, or a part of it. */
const deletions: Arbitrary<Step[]> = fc
  .tuple(repositories, fc.subarray([0, 1, 2, 3, 4, 5]))
  .map(([repository, chosen]) => {
    const owner: WhoSpec = { as: 'owner' };
    const token: WhoSpec = { as: 'token', access: 'delete' };
    const all: Step[] = [
      { do: 'delete images', who: owner, repository, token: true },
      { do: 'delete repository', who: owner, repository, token: true },
      { do: 'delete repository', who: token, repository, token: false },
      { do: 'put auth', who: token, repository },
      { do: 'get images', who: token, repository, token: true },
      { do: 'delete repository', who: owner, repository, token: false },
    ];
    return chosen.flatMap((at) => all[at] ?? []);
  });

/** One step of a walk: mostly a single request, now and then a push or a part of one. */
export const steps: Arbitrary<Step[]> = fc.oneof(
  { weight: 12, arbitrary: singles.map((step) => [step]) },
  { weight: 1, arbitrary: pushes },
  { weight: 2, arbitrary: pushesToday },
  { weight: 1, arbitrary: deletions },
  {
    weight: 1,
    arbitrary: fc.tuple(pushes, fc.nat({ max: 12 })).map(([push, length]) => push.slice(0, length)),
  },
);

function kind<K extends Step['do'], F extends Record<string, unknown>>(
  weight: number,
  names: readonly K[],
  fields: { [N in keyof F]: Arbitrary<F[N]> },
): { weight: number; arbitrary: Arbitrary<Step> } {
  const arbitrary = fc.record({ do: fc.constantFrom(...names), ...fields });
  return { weight, arbitrary: arbitrary as unknown as Arbitrary<Step> };
}
