import { repositoriesShare, repositoryIs, seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

export const layers: Lesson = {
  id: 'layers',
  title: { en: 'Tags and layers', zh: '标签与层' },
  about: {
    en: 'An image is a stack of layers. The registry keeps each layer once, however many tags and repositories use it.',
    zh: '镜像是一叠层。不管有多少标签和仓库在用，仓库服务对每一层只保存一份。',
  },
  steps: [
    {
      say: {
        en: 'Give your image a second tag, and push that.',
        zh: '给你的镜像加上第二个标签，并推送它。',
      },
      commands: [
        'docker tag {you}/static_web {you}/static_web:1.0',
        'docker push {you}/static_web:1.0',
      ],
      facts: [
        seen({ row: 'putTag', status: 200, repository: 'static_web', tag: '1.0' }),
        repositoryIs(
          'static_web',
          ({ tags }) => tags['1.0'] !== undefined && tags['1.0'].image === tags.latest?.image,
        ),
      ],
      hint: {
        en: 'Both tags must stand at the same image: tag {you}/static_web, not another image.',
        zh: '两个标签必须指向同一个镜像：请给 {you}/static_web 加标签，而不是别的镜像。',
      },
      solution: [
        'docker tag {you}/static_web {you}/static_web:1.0',
        'docker push {you}/static_web:1.0',
      ],
      explain: {
        en: '“Image … already pushed, skipping”: only the tag was sent. Two tags stand at one image.',
        zh: '“Image … already pushed, skipping”：只发送了标签。两个标签指向同一个镜像。',
      },
    },
    {
      say: {
        en: 'Build an image on top of yours, and push it as {you}/child.',
        zh: '在你的镜像之上再构建一个镜像，推送为 {you}/child。',
      },
      commands: [
        'mkdir child',
        'echo FROM {you}/static_web > child/Dockerfile',
        'echo ENV COLOUR blue >> child/Dockerfile',
        'docker build -t {you}/child child',
        'docker push {you}/child',
      ],
      facts: [
        seen({ row: 'addImages', status: 204, by: 'reader', repository: 'child' }),
        repositoriesShare('static_web', 'child'),
      ],
      hint: {
        en: 'The Dockerfile must begin with FROM {you}/static_web.',
        zh: 'Dockerfile 的第一行必须是 FROM {you}/static_web。',
      },
      solution: [
        'mkdir -p child',
        'echo FROM {you}/static_web > child/Dockerfile && echo ENV COLOUR blue >> child/Dockerfile',
        'docker build -t {you}/child child',
        'docker push {you}/child',
      ],
      explain: {
        en: 'Docker asked for each image whether it was there, and sent only what was not. The page /u/{you}/child/layers/ draws what the two share.',
        zh: 'docker 逐个询问镜像是否已存在，只发送缺少的。页面 /u/{you}/child/layers/ 画出了两个仓库共用的层。',
      },
    },
  ],
};
