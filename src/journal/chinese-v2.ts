import type { V2_ENGLISH } from './english-v2.js';
import { partsOf, type Step } from './step.js';
import { is } from './telling.js';
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
import type { Wording } from './wording.js';

/*
 * The same as english-v2.ts in Chinese, key by key.
 */

const NONE = '这里没有 v2';

const FIRST = {
  401: (step: Step) => {
    if (!isAskedForToken(step)) return undefined;
    return isByCurl(step) ? '要先登录，加上 -u 就可以' : '要先申请令牌';
  },
  404: (step: Step) => (findsNoV2(step) ? NONE : undefined),
};

const TOKEN = {
  deed: (step: Step) => {
    const scopes = scopesAsked(step);
    if (scopes.length > 0) return `申请令牌，用来${scopes.map(rightsIn).join('，以及')}`;
    const account = accountAsking(step);
    return account === undefined
      ? '申请令牌，没有说用途'
      : `用申请令牌的办法登录 ${account}（docker 1.5 是询问密码对不对）`;
  },
  ends: { ...FIRST, 200: is('已返回') },
};

const ACTIONS: Readonly<Record<string, string>> = {
  pull: '拉取',
  push: '推送',
  delete: '删除',
  '*': '任意操作',
};

function rightsIn({ repository, actions }: ScopeAsked): string {
  return `${actions.map((each) => ACTIONS[each] ?? each).join('和')} ${repository}`;
}

const V2 = {
  deed: is('询问这里有没有 v2 仓库服务'),
  ends: { 404: (step: Step) => (findsNoV2(step) ? '没有，这里只讲 v1' : undefined) },
};

export const V2_CHINESE: Pick<Wording['tellings'], keyof typeof V2_ENGLISH> = {
  probeV2: {
    deed: is('询问这里有没有 v2 仓库服务'),
    ends: {
      200: ({ who }) => {
        if (who.by === 'none') return '有';
        return who.by === 'bearer' ? '有，令牌有效' : '有，用户名和密码正确';
      },
      401: (step) => {
        if (!step.reply.startsWith('{')) return '有，但要先登录';
        if (!isAskedForToken(step)) return undefined;
        return isMaybeDocker(step)
          ? '有，但要令牌：docker 28 接着去申请，docker 1.5 则改用 v1'
          : '有，但要登录：用令牌，或者用户名和密码';
      },
      404: is('没有，这里只讲 v1'),
    },
  },
  postV2: V2,
  putV2: V2,
  patchV2: V2,
  deleteV2: V2,
  getTokenV2: TOKEN,
  postTokenV2: {
    deed: (step) => `${TOKEN.deed(step)}，用 containerd 那样的表单`,
    ends: TOKEN.ends,
  },
  getCatalog: {
    deed: is('询问它能读的所有仓库的名字'),
    ends: {
      ...FIRST,
      200: (step) => {
        const number = catalogued(step);
        return number === undefined ? '已全部列出' : `列出 ${number} 个`;
      },
    },
  },
  getManifest: {
    deed: (step) => {
      const { name, tag } = manifestOf(step);
      if (isQuestion(step)) return `询问 ${name} 是哪个 manifest`;
      return tag === undefined
        ? `获取 manifest ${name}`
        : `获取 ${name} 的 manifest，里面有配置和各层（docker 1.5 是询问 ancestry 和 json）`;
    },
    ends: {
      ...FIRST,
      200: (step) => (isQuestion(step) ? '在这里' : '已返回'),
      404: (step) => {
        if (findsNoV2(step)) return NONE;
        return isQuestion(step) ? '不在这里' : undefined;
      },
    },
  },
  putManifest: {
    deed: (step) => {
      const { name, tag } = manifestOf(step);
      return tag === undefined
        ? `推送 manifest ${name}`
        : `推送 ${name} 的 manifest（docker 1.5 是让标签指向一个镜像）`;
    },
    ends: { ...FIRST, 201: is('完成') },
  },
  deleteManifest: {
    deed: (step) => {
      const { name, tag } = manifestOf(step);
      return tag === undefined ? `删除 manifest ${name}，连同它的所有标签` : `删除标签 ${name}`;
    },
    ends: { ...FIRST, 202: is('完成') },
  },
  beginUpload: {
    deed: (step) => {
      const beginning = beginningOf(step);
      const { repository } = partsOf(step);
      if (beginning.kind === 'whole') return `一次把 blob ${beginning.blob} 上传到 ${repository}`;
      if (beginning.kind === 'parts') {
        return `开始把一个 blob 上传到 ${repository}（docker 1.5 是先送镜像的 json）`;
      }
      const { blob, from = '别的仓库' } = beginning;
      return `请 ${repository} 从 ${from} 拿来 blob ${blob}，这样就不必再传`;
    },
    ends: {
      ...FIRST,
      201: is('完成'),
      202: (step) => (beginningOf(step).kind === 'mount' ? '那里没有，所以要上传' : '已开始'),
    },
  },
  getUpload: {
    deed: (_, { repository }) => `询问上传到 ${repository} 的内容到了多少`,
    ends: { ...FIRST, 204: is('已回答') },
  },
  addToUpload: {
    deed: (_, { repository }) => `把 blob 的内容传给 ${repository}`,
    ends: { ...FIRST, 202: is('已收下') },
  },
  endUpload: {
    deed: (step, { repository }) =>
      `送出摘要，结束 blob ${blobOf(step)} 到 ${repository} 的上传（docker 1.5 送的是校验和）`,
    ends: { ...FIRST, 201: is('完成') },
  },
  cancelUpload: {
    deed: (_, { repository }) => `放弃到 ${repository} 的一次上传`,
    ends: { ...FIRST, 204: is('完成') },
  },
  getBlob: {
    deed: (step, { repository }) =>
      isQuestion(step)
        ? `询问 blob ${blobOf(step)} 是否已经在 ${repository}（docker 1.5 是询问镜像的 json）`
        : `下载 ${repository} 的 blob ${blobOf(step)}`,
    ends: {
      ...FIRST,
      200: (step) => (isQuestion(step) ? '已经在了，不必再传' : '已返回'),
      404: (step) => {
        if (findsNoV2(step)) return NONE;
        return isQuestion(step) ? '还没有，所以要上传' : undefined;
      },
    },
  },
  deleteBlob: {
    deed: (step, { repository }) => `删除 ${repository} 的 blob ${blobOf(step)}`,
    ends: { ...FIRST, 202: is('完成') },
  },
  listTagsV2: {
    deed: (_, { repository }) => `询问 ${repository} 有哪些标签`,
    ends: { ...FIRST, 200: is('已全部列出') },
  },
  listReferrers: {
    deed: (step, { repository }) =>
      `询问有什么是关于 ${repository}@${blobOf(step)} 的，例如它的签名`,
    ends: { ...FIRST, 200: is('已返回') },
  },
};

/** How a request for any other path of v2 ends. */
export const V2_PATH_ENDS = FIRST;
