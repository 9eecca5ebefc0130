import { seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

export const whatAHubIs: Lesson = {
  id: 'what-a-hub-is',
  title: { en: 'What a Hub is', zh: 'Hub 是什么' },
  about: {
    en: 'Docker Hub in 2014 was two servers. The index knew who people were, which repositories there were, and what was found by a search. The registry kept the images and their tags. Here, one hub plays both.',
    zh: '2014 年的 Docker Hub 是两台服务器：索引（index）知道有哪些账号和仓库，并负责搜索；仓库服务（registry）保存镜像和标签。在这里，一个 Hub 同时扮演两者。',
  },
  steps: [
    {
      say: {
        en: 'Ask the index: search it for your own name.',
        zh: '向索引提问：搜索你自己的名字。',
      },
      commands: ["curl 'http://{hub}/v1/search?q={you}'"],
      facts: [seen({ row: 'search', status: 200, query: '{you}' })],
      hint: {
        en: 'docker search {you} asks the same.',
        zh: 'docker search {you} 问的是同一个问题。',
      },
      solution: ["curl 'http://{hub}/v1/search?q={you}'"],
      explain: {
        en: 'The index answered with a list of repositories. Nobody had to log in for that.',
        zh: '索引返回了一份仓库列表。搜索不需要登录。',
      },
    },
    {
      say: {
        en: 'Ask the registry: which tags has your repository “hello”? You have none of that name yet.',
        zh: '向仓库服务提问：你的仓库 hello 有哪些标签？这个仓库还不存在。',
      },
      commands: ['curl -i http://{hub}/v1/repositories/{you}/hello/tags'],
      facts: [seen({ row: 'listTags', status: 404, repository: 'hello' })],
      hint: {
        en: 'Look at the first line of the answer: it is the status.',
        zh: '看回答的第一行：那是状态码。',
      },
      solution: ['curl -i http://{hub}/v1/repositories/{you}/hello/tags'],
      explain: {
        en: '404: there is nothing of that name. The two speak differently: errors of the registry are {"error": "…"}, those of the index are plain JSON strings.',
        zh: '404：没有这个名字的仓库。两者的说话方式不同：仓库服务的错误是 {"error": "…"}，索引的错误是一个 JSON 字符串。',
      },
    },
    {
      say: {
        en: 'You will push an image soon. It will be sent to two servers: its name to one, its files to the other.',
        zh: '你很快就要推送一个镜像。它会被发给两台服务器：名字给一台，文件给另一台。',
      },
      commands: [],
      facts: [],
      question: {
        ask: { en: 'Which one keeps the files?', zh: '哪一台保存文件？' },
        choices: [
          { en: 'the index', zh: '索引（index）' },
          { en: 'the registry', zh: '仓库服务（registry）' },
          { en: 'both', zh: '两台都保存' },
        ],
        right: 1,
      },
      hint: {
        en: 'Read the beginning of this lesson again.',
        zh: '再读一遍本课开头的说明。',
      },
      solution: [],
      explain: {
        en: 'The registry keeps images, their layers and tags. The index hands out the tokens by which the registry knows who may write.',
        zh: '仓库服务保存镜像、镜像的层和标签。索引发放令牌（token），仓库服务凭令牌知道谁可以写入。',
      },
    },
  ],
};
