import { V2_CHINESE, V2_PATH_ENDS } from './chinese-v2.js';
import type { Who } from './journal-record.js';
import { brief, type Step, saidIn, shortId } from './step.js';
import {
  imagePointedAt,
  isPushLookup,
  nameRegistered,
  numberFound,
  v2TargetOf,
  wordsSought,
} from './step-facts.js';
import { is } from './telling.js';
import type { Wording } from './wording.js';

/*
 * What the pages say of each step in Chinese: the same as english.ts, key by key. Terms: 镜像 image, 层 layer,
 * 仓库 repository, 标签 tag, 令牌 token, 索引 index. What the hub answered stays as it was on the wire.
 */

const LOOKUP = {
  deed: (step: Step, { image }: { readonly image: string }) =>
    isPushLookup(step) ? `询问镜像 ${image} 是否已经在这里` : `获取镜像 ${image} 的 json`,
  ends: {
    200: (step: Step) => (isPushLookup(step) ? '已经在了，不必再传' : '已返回'),
    400: (step: Step) =>
      isPushLookup(step) && /being uploaded/.test(step.reply)
        ? '还不完整，所以要重新上传'
        : undefined,
    404: (step: Step) => (isPushLookup(step) ? '还没有，所以要上传' : undefined),
  },
};

const UPLOAD = { 200: is('完成') };
const FETCH = { 200: is('已返回') };
const PING = { deed: is('询问这里有没有 v1 仓库服务'), ends: { 200: is('有') } };

const V2_PATH = {
  deed: ({ path, method }: Step) => describeV2(method, path),
  ends: V2_PATH_ENDS,
};

const TELLINGS: Wording['tellings'] = {
  ping: PING,
  pingHead: PING,
  pingWithoutVersion: PING,
  pingWithoutVersionHead: PING,
  ...V2_CHINESE,
  getV2Path: V2_PATH,
  postV2Path: V2_PATH,
  putV2Path: V2_PATH,
  patchV2Path: V2_PATH,
  deleteV2Path: V2_PATH,
  register: {
    deed: (step) => `注册账号${nameIn(step)}（docker login 的第一步）`,
    ends: {
      201: is('已创建'),
      400: ({ reply }) =>
        reply.includes('already exists')
          ? `账号已存在，docker 接着会登录（${quoted(saidIn(reply))}）`
          : undefined,
    },
  },
  logIn: {
    deed: is('询问用户名和密码是否正确（docker login 的第二步）'),
    ends: { 200: is('正确') },
  },
  updateUser: { deed: (_, { username }) => `修改账号 ${username}` },
  search: {
    deed: (step) => {
      const words = wordsSought(step);
      return words === ''
        ? '搜索，没有关键词（即 docker search）'
        : `搜索${quoted(words)}（即 docker search）`;
    },
    ends: {
      200: (step) => {
        const number = numberFound(step);
        return number === undefined ? undefined : `找到 ${number} 个`;
      },
    },
  },
  getImageJson: LOOKUP,
  putImageJson: {
    deed: (_, { image }) => `先送出镜像 ${image} 的 json，开始上传`,
    ends: UPLOAD,
  },
  getLayer: { deed: (_, { image }) => `下载镜像 ${image} 的层`, ends: FETCH },
  headLayer: {
    deed: (_, { image }) => `询问镜像 ${image} 的层有多长`,
    ends: { 200: is('已回答') },
  },
  putLayer: { deed: (_, { image }) => `上传镜像 ${image} 的层`, ends: UPLOAD },
  putChecksum: {
    deed: (_, { image }) => `送出校验和，结束镜像 ${image} 的上传`,
    ends: UPLOAD,
  },
  getAncestry: {
    deed: (_, { image }) => `询问 ${image} 建立在哪些镜像之上，好全部拉取`,
    ends: FETCH,
  },
  getFiles: { deed: (_, { image }) => `询问 ${image} 的层里有哪些文件`, ends: FETCH },
  listImages: {
    deed: ({ asksToken }, { repository }) =>
      `询问 ${repository} 有哪些镜像${asksToken ? '，并申请拉取用的令牌' : ''}`,
    ends: { 200: is('已全部列出') },
  },
  addImages: { deed: (_, { repository }) => `告诉索引：${repository} 的推送结束了` },
  deleteImages: {
    deed: ({ asksToken }, { repository }) =>
      asksToken ? `申请删除 ${repository} 用的令牌` : `询问可不可以删除 ${repository}`,
  },
  checkToken: {
    deed: (_, { repository }) => `像仓库服务那样，询问 ${repository} 的令牌是否有效`,
    ends: { 200: is('有效') },
  },
  listTags: {
    deed: (_, { repository }) => `询问 ${repository} 有哪些标签`,
    ends: { 200: is('已全部列出') },
  },
  deleteTags: {
    deed: ({ who }, { repository }) =>
      who.by === 'token' ? `删除仓库服务里 ${repository} 的内容` : `删除 ${repository} 的所有标签`,
  },
  getTag: {
    deed: (_, { repository, tag }) => `询问 ${repository}:${tag} 是哪个镜像`,
    ends: { 200: ({ reply }) => `镜像 ${shortId(saidIn(reply))}` },
  },
  putTag: {
    deed: (step, { repository, tag }) => `让标签 ${repository}:${tag} 指向${imageIn(step)}`,
  },
  deleteTag: {
    deed: (_, { repository, tag }) => `删除标签 ${repository}:${tag}`,
    ends: { 200: is('完成') },
  },
  getTagJson: {
    deed: (_, { repository, tag }) => `询问 ${repository}:${tag} 是从什么样的机器推送的`,
    ends: FETCH,
  },
  getRepositoryJson: {
    deed: (_, { repository }) => `询问 ${repository} 是从什么样的机器推送的`,
    ends: FETCH,
  },
  getProperties: {
    deed: (_, { repository }) => `询问 ${repository} 是不是私有的`,
    ends: { 200: is('已回答') },
  },
  setProperties: { deed: (_, { repository }) => `设定谁可以看到 ${repository}` },
  checkLayerAccess: {
    deed: (_, { repository, image }) =>
      `像仓库服务那样，询问 ${repository} 可不可以用镜像 ${image}`,
    ends: { 200: ({ reply }) => (/true/.test(reply) ? '可以' : '不可以') },
  },
  createRepository: {
    deed: ({ asksToken }, { repository }) =>
      `宣布要推送 ${repository}${asksToken ? '，并申请推送用的令牌' : ''}`,
  },
  deleteRepository: {
    deed: ({ who, status }, { repository }) => {
      if (who.by === 'token') return `让仓库服务删除 ${repository}`;
      if (who.by === 'none') return `删除 ${repository}`;
      return status === 202
        ? `请索引删除 ${repository}，并申请到仓库服务去删除用的令牌`
        : `告诉索引：${repository} 已删除`;
    },
  },
};

function describeOther({ method, path, operation, voice, status }: Step): string {
  const what = brief(path);
  if (method === 'OPTIONS' && status < 400) return `像浏览器那样，询问网页可不可以用 ${what}`;
  if (voice === 'web') return method === 'POST' ? `发送页面 ${what} 的表单` : `查看页面 ${what}`;
  if (voice === 'control') return `用 ${method} ${what} 控制 hub`;
  if (operation !== undefined) return `用 ${what} 询问 hub 本身`;
  if (status === 405) return `把 ${brief(method)} 发给 ${what}，而那里只有别的方法`;
  const verb = method === 'GET' || method === 'HEAD' ? '请求' : `把 ${brief(method)} 发给`;
  return status === 404 ? `${verb} ${what}，这不是 v1 的路径` : `${verb} ${what}`;
}

function describeV2(method: string, path: string): string {
  const target = v2TargetOf(path);
  if (target === undefined) return `请求 v2 仓库服务的路径 ${brief(path)}`;
  const { kind, repository, name } = target;
  const isUpload = method !== 'GET' && method !== 'HEAD';
  if (kind === 'tags') return `向 v2 仓库服务询问 ${repository} 的标签`;
  if (kind === 'blob') {
    return isUpload
      ? `想把 ${repository} 的一个 blob 上传到 v2 仓库服务`
      : `向 v2 仓库服务请求 ${repository} 的一个 blob`;
  }
  return method === 'PUT'
    ? `想把 ${name} 推送到 v2 仓库服务`
    : `向 v2 仓库服务请求 ${name} 的 manifest`;
}

function nameIn(step: Step): string {
  const name = nameRegistered(step);
  return name === undefined ? '' : ` ${name}`;
}

function imageIn(step: Step): string {
  const image = imagePointedAt(step);
  return image === undefined ? '一个镜像' : `镜像 ${image}`;
}

function quoted(words: string): string {
  return `“${brief(words)}”`;
}

function beginOf(status: number): string {
  if (status === 404) return '没有找到';
  if (status === 429 || status === 503) return '暂时被拒绝';
  return status >= 500 ? '失败' : '被拒绝';
}

function means(who: Who): string {
  if (who.by === 'token') return `（凭 ${who.access} 令牌）`;
  if (who.by === 'bearer') return `（凭 ${who.user} 的令牌）`;
  return 'user' in who ? `（身份：${who.user}）` : '';
}

/** All that is said in Chinese. */
export const CHINESE: Wording = {
  tellings: TELLINGS,
  other: describeOther,
  outcomes: {
    0: '还没有回答，连接就断了',
    200: '完成',
    201: '已创建',
    202: '已接受，下一步到仓库服务',
    204: '完成',
    206: '其中一段',
    304: '没有变化',
    400: '被拒绝，内容有错',
    401: '被拒绝，没有登录或令牌，或者是错的',
    403: '被拒绝，没有权限',
    404: '没有这样的东西',
    405: '被拒绝',
    409: '已经在这里了',
    413: '被拒绝，太大了',
    416: '没有这一段',
    429: '暂时被拒绝，尝试太多次',
  },
  answered: (status) => `回答 ${status}`,
  said: (status, words) => `${beginOf(status)}：“${words}”`,
  somebody: '有人',
  aGoProgram: '一个 Go 程序',
  means,
  cutShort: '，但连接在结束之前断了',
  faulty: (fault) => `；故障“${fault}”起了作用`,
  unreadable: {
    'tls on plain http':
      '说的是 TLS（https），而这个端口说的是 http：已断开，docker 会改用 http；其他程序请用 http://',
    'plain http on tls': '说的是 http，而这个端口说的是 TLS：请用 https://',
    'old tls':
      '只会 TLS 1.2 之前的版本，或那个年代的加密套件：被拒绝；hub-v1 serve --tls-legacy 可以接受',
    'certificate not trusted':
      '不信任这个 hub 的证书：要给它 CA，或者告诉它这个仓库服务是 insecure 的',
    'failed handshake': '没有完成 TLS 握手',
    'unescaped address': '请求的地址里有必须转义的字符（例如汉字要写成 %E4%B8%AD）：被拒绝',
    'long headers': '发来的头部比 --max-headers 允许的长：被拒绝',
    'slow headers': '没有及时发完请求的头部：被拒绝',
    'half a request': '头部还没发完就断开了连接',
    'invalid header': '发来的头部不符合 HTTP 的规则：被拒绝',
    'invalid body': '发来的内容不符合 HTTP 的规则：被拒绝',
    'request in doubt': '发来的请求可以有两种读法（Host 或 Transfer-Encoding）：被拒绝',
    proxy: '用 CONNECT 把 hub 当成代理：被拒绝；设置 NO_PROXY 可以避免',
    'too many connections': '超过了 --max-connections 允许的连接数：已断开',
    'not http': '发来的不是 HTTP：被拒绝',
  },
  somebodyAt: (address, deed) => `来自 ${address} 的连接${deed}`,
  sentence: (subject, deed, outcome) => `${subject} ${deed}：${outcome}`,
};
