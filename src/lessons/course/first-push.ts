import { repositoryIs, seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

export const firstPush: Lesson = {
  id: 'first-push',
  title: { en: 'First push', zh: '第一次推送' },
  about: {
    en: 'You make an image of one file and push it. Watch the live page meanwhile: a push is about a dozen requests.',
    zh: '你要用一个文件做出镜像，并把它推送上去。同时打开实时页面看看：一次推送有十几个请求。',
  },
  steps: [
    {
      say: {
        en: 'Write a page and a Dockerfile, build an image of them called {you}/static_web, and push it. (Log in first, as in the lesson before.) A name on the Hub is USER/REPOSITORY: yours begin with {you}/.',
        zh: '写一个网页和一个 Dockerfile，构建名为 {you}/static_web 的镜像，然后推送。（先像上一课那样登录。）Hub 上的名字是“用户名/仓库名”：你的都以 {you}/ 开头。',
      },
      commands: [
        "echo 'Hi, I am in your container' > index.html",
        'echo FROM scratch > Dockerfile',
        'echo COPY index.html /srv/ >> Dockerfile',
        'docker build -t {you}/static_web .',
        'docker push {you}/static_web',
      ],
      facts: [
        seen({ row: 'createRepository', status: 200, by: 'reader', repository: 'static_web' }),
        seen({ row: 'putLayer', status: 200, by: 'reader' }),
        seen({ row: 'putTag', status: 200, repository: 'static_web', tag: 'latest' }),
        seen({ row: 'addImages', status: 204, by: 'reader', repository: 'static_web' }),
        repositoryIs('static_web', ({ tags }) => Object.hasOwn(tags, 'latest')),
      ],
      hint: {
        en: 'Docker says “Please login prior to push”? Then do docker login first. “docker images” shows what you have built.',
        zh: 'docker 说 “Please login prior to push”？那就先执行 docker login。docker images 会列出你构建的镜像。',
      },
      solution: [
        "echo 'Hi, I am in your container' > index.html",
        'echo FROM scratch > Dockerfile && echo COPY index.html /srv/ >> Dockerfile',
        'docker build -t {you}/static_web .',
        'docker push {you}/static_web',
      ],
      explain: {
        en: 'The index was told the name and the images (PUT …/static_web/) and gave a token; with it the registry took json, layer and checksum of each image, then the tag; at last the index heard that all was there (PUT …/images, 204).',
        zh: '索引先得知名字和镜像列表（PUT …/static_web/），并给出令牌；凭令牌，仓库服务逐个收下镜像的 json、层和校验和，再收下标签；最后索引得知一切就绪（PUT …/images，204）。',
      },
    },
    {
      say: {
        en: 'See that it is there: ask for its tags. Its page is /u/{you}/static_web/.',
        zh: '确认它已经在那里：查询它的标签。它的页面是 /u/{you}/static_web/。',
      },
      commands: ['curl http://{hub}/v1/repositories/{you}/static_web/tags'],
      facts: [seen({ row: 'listTags', status: 200, repository: 'static_web' })],
      hint: {
        en: 'Any client will do: docker, curl, a browser.',
        zh: '用什么客户端都行：docker、curl 或浏览器。',
      },
      solution: ['curl http://{hub}/v1/repositories/{you}/static_web/tags'],
      explain: {
        en: 'A tag is a name for an image id, and no more than that.',
        zh: '标签只是镜像 ID 的一个名字，仅此而已。',
      },
    },
  ],
};
