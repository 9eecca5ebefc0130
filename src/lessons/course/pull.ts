import { seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

export const pull: Lesson = {
  id: 'pull',
  title: { en: 'Pull and search', zh: '拉取与搜索' },
  about: {
    en: 'What is in the hub can be found and fetched by anybody, on any machine.',
    zh: 'Hub 里的内容，任何人在任何机器上都可以找到并取回。',
  },
  steps: [
    {
      say: { en: 'Search for what you have pushed.', zh: '搜索你推送的内容。' },
      commands: ['docker search static_web'],
      facts: [seen({ row: 'search', status: 200, query: 'static_web', reply: '{you}/static_web' })],
      hint: {
        en: 'If many have pushed one, search for {you}/static_web.',
        zh: '如果很多人都推送过，请搜索 {you}/static_web。',
      },
      solution: ['docker search {you}/static_web'],
      explain: {
        en: 'The index answered: it knows names, descriptions and stars, but no image.',
        zh: '回答的是索引：它知道名字、描述和星标，但没有镜像。',
      },
    },
    {
      say: {
        en: 'Remove the images from your docker, then pull one back. What was removed is only the copy on your machine.',
        zh: '从你的 docker 里删除镜像，再拉取回来。删除的只是你这台机器上的副本。',
      },
      commands: [
        'docker images',
        'docker rmi {you}/child',
        'docker rmi {you}/static_web:1.0 {you}/static_web static_web',
        'docker pull {you}/static_web',
      ],
      facts: [
        seen({ row: 'listImages', status: 200, repository: 'static_web' }),
        seen({ row: 'getLayer', status: 200, by: 'reader' }),
      ],
      hint: {
        en: 'A layer that docker still has is not fetched again: “docker images” must show none of yours before the pull.',
        zh: 'docker 还保留着的层不会再次下载：拉取之前，docker images 里不应再有你的镜像。',
      },
      solution: [
        'docker rmi {you}/child',
        'docker rmi static_web',
        'docker rmi {you}/static_web:1.0',
        'docker rmi {you}/static_web',
        'docker pull {you}/static_web',
      ],
      explain: {
        en: 'The index said which images there are, and gave a token to read. From the registry came the tags, then of each image its ancestry, its json and its layer.',
        zh: '索引说明有哪些镜像，并给出只读令牌。随后从仓库服务取得标签，以及每个镜像的祖先列表、json 和层。',
      },
    },
  ],
};
