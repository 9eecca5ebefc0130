import { seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

/** In nobody's name space, and still one reader's own: the hub asks nobody for a login. */
const NOTES = 'library/{you}-notes';

export const ownRegistry: Lesson = {
  id: 'own-registry',
  title: { en: 'A registry of one’s own, without a login', zh: '自己的仓库服务，不用登录' },
  about: {
    en: 'The books also start a registry of their own (docker run -p 5000:5000 registry). It knows no accounts: who reaches it may push, tag and delete.',
    zh: '书里也会自己启动一个仓库服务（docker run -p 5000:5000 registry）。它没有账号：谁能连上它，谁就能推送、打标签、删除。',
  },
  needs: 'anonymous push',
  steps: [
    {
      say: {
        en: 'Build an image whose name begins with the address of the registry, and push it there without a login.',
        zh: '构建一个镜像，名字以仓库服务的地址开头，然后不登录就推送到那里。',
      },
      commands: [
        "echo 'buy milk' > notes.txt",
        'echo FROM scratch > Dockerfile',
        'echo COPY notes.txt / >> Dockerfile',
        'docker build -t {hub}/{you}-notes .',
        'docker push {hub}/{you}-notes',
      ],
      facts: [
        seen({ row: 'createRepository', status: 200, by: 'nobody', repository: NOTES }),
        seen({ row: 'putTag', status: 200, repository: NOTES, tag: 'latest' }),
      ],
      hint: {
        en: 'The part before the first slash is an address if it has a dot or a colon; docker then asks nobody else. The name has no user in it: {you}/… belongs to your account.',
        zh: '第一个斜杠前面的部分如果带有点或冒号，就是地址；这时 docker 不会去问别的服务器。名字里没有用户名：{you}/… 属于你的账号。',
      },
      solution: [
        "echo 'buy milk' > notes.txt",
        'echo FROM scratch > Dockerfile && echo COPY notes.txt / >> Dockerfile',
        'docker build -t {hub}/{you}-notes .',
        'docker push {hub}/{you}-notes',
      ],
      explain: {
        en: 'The same requests as in the first push, but without a user in any of them. On the Hub this name would be a root repository and the push would be refused.',
        zh: '请求和第一次推送时一样，只是都不带用户。在 Hub 上，这个名字是根仓库，推送会被拒绝。',
      },
    },
    {
      say: {
        en: 'Ask the registry what it has, without a login as well.',
        zh: '同样不登录，问问仓库服务里有什么。',
      },
      commands: [
        "curl 'http://{hub}/v1/search?q={you}-notes'",
        'curl http://{hub}/v1/repositories/library/{you}-notes/tags',
      ],
      facts: [
        seen({ row: 'search', status: 200, by: 'nobody', query: '{you}-notes' }),
        seen({ row: 'listTags', status: 200, by: 'nobody', repository: NOTES }),
      ],
      hint: {
        en: 'Put the address of a search between quotes: it has a question mark.',
        zh: '搜索的地址里有问号，请放在引号里。',
      },
      solution: [
        "curl 'http://{hub}/v1/search?q={you}-notes'",
        'curl http://{hub}/v1/repositories/library/{you}-notes/tags',
      ],
      explain: {
        en: 'A registry writes names without a user with library/ before them, as the Hub does.',
        zh: '和 Hub 一样，仓库服务在没有用户名的名字前面加上 library/。',
      },
    },
    {
      say: { en: 'Delete the tag again.', zh: '再把标签删掉。' },
      commands: ['curl -X DELETE http://{hub}/v1/repositories/library/{you}-notes/tags/latest'],
      facts: [seen({ row: 'deleteTag', status: 200, by: 'nobody', repository: NOTES })],
      question: {
        ask: { en: 'Who could have deleted it?', zh: '谁能删除它？' },
        choices: [
          { en: 'only you: you have pushed it', zh: '只有你：是你推送的' },
          { en: 'everybody who has an account', zh: '所有有账号的人' },
          { en: 'everybody who reaches the registry', zh: '所有能连上它的人' },
        ],
        right: 2,
      },
      hint: {
        en: 'Look for a user name or a password in what you typed.',
        zh: '看看你输入的命令里有没有用户名或密码。',
      },
      solution: ['curl -X DELETE http://{hub}/v1/repositories/library/{you}-notes/tags/latest'],
      explain: {
        en: 'That is why such a registry belongs behind a wall, or behind a server that asks for a password.',
        zh: '所以这样的仓库服务应当放在防火墙后面，或者放在一台会询问密码的服务器后面。',
      },
    },
  ],
};
