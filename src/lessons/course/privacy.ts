import { repositoryIs, seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

export const privacy: Lesson = {
  id: 'private',
  title: { en: 'Private', zh: '私有仓库' },
  about: {
    en: 'A private repository is there for you alone. In 2014 one of them was free, and more cost money.',
    zh: '私有仓库只有你自己能看到。2014 年，第一个免费，再多就要付费。',
  },
  steps: [
    {
      say: {
        en: 'Make {you}/static_web private: on its page under Settings, or by the API.',
        zh: '把 {you}/static_web 设为私有：在它页面的设置里，或通过 API。',
      },
      commands: [
        `curl -u {you}:PASSWORD -X PUT -d '{"access": "private"}' http://{hub}/v1/repositories/{you}/static_web/properties`,
      ],
      facts: [repositoryIs('static_web', ({ access }) => access === 'private')],
      hint: {
        en: 'You need the repository of the lesson “First push”.',
        zh: '你需要“第一次推送”一课里的仓库。',
      },
      solution: [
        `curl -u {you}:{password} -X PUT -d '{"access": "private"}' http://{hub}/v1/repositories/{you}/static_web/properties`,
      ],
      explain: { en: 'It is private now.', zh: '现在它是私有的了。' },
    },
    {
      say: {
        en: 'Look at it as a stranger would: ask for its images without a login.',
        zh: '像陌生人那样看它：不登录，查询它的镜像。',
      },
      commands: ['curl -i http://{hub}/v1/repositories/{you}/static_web/images'],
      facts: [seen({ row: 'listImages', status: 404, by: 'other', repository: 'static_web' })],
      hint: {
        en: 'Leave out -u: with it you are yourself.',
        zh: '不要加 -u：加了就是你本人了。',
      },
      solution: ['curl -i http://{hub}/v1/repositories/{you}/static_web/images'],
      explain: {
        en: '404 and not 403: a stranger is not even told that there is something to hide.',
        zh: '是 404 而不是 403：陌生人甚至不会知道这里藏着东西。',
      },
    },
    {
      say: { en: 'Make it public again.', zh: '再把它设为公开。' },
      commands: [
        `curl -u {you}:PASSWORD -X PUT -d '{"access": "public"}' http://{hub}/v1/repositories/{you}/static_web/properties`,
      ],
      facts: [repositoryIs('static_web', ({ access }) => access === 'public')],
      hint: {
        en: 'The same line as before, with "public".',
        zh: '和前面同一行命令，换成 "public"。',
      },
      solution: [
        `curl -u {you}:{password} -X PUT -d '{"access": "public"}' http://{hub}/v1/repositories/{you}/static_web/properties`,
      ],
      explain: { en: 'Everybody can pull it again.', zh: '所有人又都可以拉取它了。' },
    },
  ],
};
