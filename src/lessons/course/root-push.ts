import { seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

export const rootPush: Lesson = {
  id: 'root-push',
  title: { en: 'The root push', zh: '推送到根仓库' },
  about: {
    en: 'A name without a user, such as static_web or ubuntu, is a “root” repository. Only the Hub’s own people may write there.',
    zh: '没有用户名的名字，例如 static_web 或 ubuntu，叫作“根”（root）仓库。只有 Hub 自己的人才能写入。',
  },
  steps: [
    {
      say: {
        en: 'Give your image a name without a user, push it, and read what docker says. Then look for the request on the live page.',
        zh: '给你的镜像起一个没有用户名的名字，推送它，看看 docker 说什么。然后在实时页面上找这个请求。',
      },
      commands: ['docker tag {you}/static_web static_web', 'docker push static_web'],
      facts: [],
      question: {
        ask: { en: 'What did the hub see of this push?', zh: '这次推送，Hub 看到了什么？' },
        choices: [
          { en: 'a request, which it refused', zh: '看到一个请求，并拒绝了它' },
          { en: 'nothing: docker refused by itself', zh: '什么也没看到：docker 自己拒绝了' },
          { en: 'the whole image', zh: '看到了整个镜像' },
        ],
        right: 1,
      },
      hint: {
        en: 'The pane’s docker is a 1.5.0. Up to 1.9, docker looks at the name before it sends anything.',
        zh: '终端里的 docker 是 1.5.0。1.9 及以前的 docker 会先检查名字，再发送请求。',
      },
      solution: ['docker tag {you}/static_web static_web', 'docker push static_web'],
      explain: {
        en: 'Nothing arrived. A rule that only the client keeps is a courtesy, though: anybody can send the request without it.',
        zh: '什么也没有到达。但只由客户端遵守的规则只是一种礼貌：绕过它，谁都可以直接发送请求。',
      },
    },
    {
      say: {
        en: 'So ask the hub itself, without docker in between.',
        zh: '那么绕过 docker，直接问 Hub。',
      },
      commands: [
        "curl -i -u {you}:PASSWORD -X PUT -d '[]' http://{hub}/v1/repositories/static_web/",
      ],
      facts: [
        seen({
          row: 'createRepository',
          status: 403,
          by: 'reader',
          repository: 'library/static_web',
        }),
      ],
      hint: {
        en: 'Put your password in the place of PASSWORD. 401 means that it was wrong.',
        zh: '把 PASSWORD 换成你的密码。401 表示密码错了。',
      },
      solution: [
        "curl -i -u {you}:{password} -X PUT -d '[]' http://{hub}/v1/repositories/static_web/",
      ],
      explain: {
        en: '403, and the same sentence: the hub keeps the rule as well. From 1.10 on docker left it to the hub.',
        zh: '403，而且是同一句话：Hub 也遵守这条规则。从 1.10 起，docker 把检查交给了 Hub。',
      },
    },
  ],
};
