import { repositoryIsGone, seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

export const deletion: Lesson = {
  id: 'delete',
  title: { en: 'Delete', zh: '删除' },
  about: {
    en: 'There are two things to delete, and they know nothing of each other: the images of your docker, and the repository in the hub.',
    zh: '有两样东西可以删除，它们互不相干：你的 docker 里的镜像，和 Hub 里的仓库。',
  },
  steps: [
    {
      say: {
        en: 'First see that the repository is there.',
        zh: '先确认仓库在那里。',
      },
      commands: ['curl http://{hub}/v1/repositories/{you}/static_web/tags'],
      facts: [seen({ row: 'listTags', status: 200, repository: 'static_web' })],
      hint: {
        en: 'You need the repository of the lesson “First push”.',
        zh: '你需要“第一次推送”一课里的仓库。',
      },
      solution: ['curl http://{hub}/v1/repositories/{you}/static_web/tags'],
      explain: { en: 'It has its tags.', zh: '它的标签都在。' },
    },
    {
      say: {
        en: 'Delete it: on its page under Settings, or by the API, which takes two requests. Then look again, as a stranger: it is gone.',
        zh: '删除它：在它页面的设置里，或通过 API（需要两个请求）。然后像陌生人那样再看一次：它不见了。',
      },
      commands: [
        'curl -i -u {you}:PASSWORD -X DELETE http://{hub}/v1/repositories/{you}/static_web/',
        'curl -i -u {you}:PASSWORD -X DELETE http://{hub}/v1/repositories/{you}/static_web/',
        'curl -i http://{hub}/v1/repositories/{you}/static_web/images',
      ],
      facts: [
        repositoryIsGone('static_web'),
        seen({ row: 'listImages', status: 404, repository: 'static_web' }),
      ],
      hint: {
        en: 'The first DELETE is answered with 202: the index begins. The second, with 200, ends it.',
        zh: '第一次 DELETE 得到 202：索引开始删除。第二次得到 200：删除完成。',
      },
      solution: [
        'curl -i -u {you}:{password} -X DELETE http://{hub}/v1/repositories/{you}/static_web/',
        'curl -i -u {you}:{password} -X DELETE http://{hub}/v1/repositories/{you}/static_web/',
        'curl -i http://{hub}/v1/repositories/{you}/static_web/images',
      ],
      explain: {
        en: 'In between, a client was to delete the content in the registry, with the token of the first answer. Here the second request cleans up in any case.',
        zh: '在两次请求之间，客户端本应凭第一次回答里的令牌删除仓库服务中的内容。在这里，第二个请求无论如何都会清理干净。',
      },
    },
    {
      say: { en: 'Look at the images of your docker.', zh: '看看你的 docker 里的镜像。' },
      commands: ['docker images'],
      facts: [],
      question: {
        ask: {
          en: 'Is {you}/static_web still there, and why?',
          zh: '{you}/static_web 还在吗？为什么？',
        },
        choices: [
          {
            en: 'yes: the hub’s repository and your copy are two things',
            zh: '还在：Hub 的仓库和你的副本是两回事',
          },
          { en: 'no: the hub told docker to remove it', zh: '不在了：Hub 通知 docker 删除了它' },
          { en: 'yes, but only until the next pull', zh: '还在，但只到下一次拉取为止' },
        ],
        right: 0,
      },
      hint: {
        en: 'The hub never calls a docker. It only answers.',
        zh: 'Hub 从不主动联系 docker，它只回答请求。',
      },
      solution: ['docker images'],
      explain: {
        en: 'docker rmi removes your copy, Delete Repository the hub’s. You could push it again now.',
        zh: 'docker rmi 删除你的副本，Delete Repository 删除 Hub 的。你现在可以把它再推送一次。',
      },
    },
  ],
};
