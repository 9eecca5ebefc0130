import { seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

export const login: Lesson = {
  id: 'login',
  title: { en: 'Account and login', zh: '账号与登录' },
  about: {
    en: 'You have an account: you are logged in to these pages with it. A docker knows nothing of that. It asks for name and password once, tries them, and keeps them in a file.',
    zh: '你已经有账号，并用它登录了这些页面。但 docker 并不知道。它会问一次用户名和密码，向 Hub 核对，然后保存在一个文件里。',
  },
  steps: [
    {
      say: {
        en: 'See how a refusal looks: log in with a wrong password.',
        zh: '先看看被拒绝是什么样：用错误的密码登录。',
      },
      commands: ['docker login -u {you} -p wrong -e {you}@example.com'],
      facts: [seen({ row: 'logIn', status: 401, by: 'claimed' })],
      hint: {
        en: 'Any password will do that is not yours. Do it once: after several, the hub makes you wait.',
        zh: '随便什么密码都行，只要不是你的。只试一次：错得多了，Hub 会让你等待。',
      },
      solution: ['docker login -u {you} -p wrong -e {you}@example.com'],
      explain: {
        en: 'Docker asked twice: POST /v1/users/ tries to register you (400: there is such an account), GET /v1/users/ tries the password (401: wrong).',
        zh: 'docker 问了两次：POST /v1/users/ 尝试注册（400：账号已存在），GET /v1/users/ 核对密码（401：密码错误）。',
      },
    },
    {
      say: {
        en: 'Now with the right one. This time let docker ask, as the books do: for your name ({you}), your password, of which nothing is shown, and an e-mail address.',
        zh: '现在用正确的密码。这次像书里那样让 docker 来问：用户名（{you}）、密码（输入时不显示）和电子邮箱。',
      },
      commands: ['docker login'],
      facts: [seen({ row: 'logIn', status: 200, by: 'reader' })],
      hint: {
        en: "Ctrl-C leaves a question off. In one line it is docker login -u {you} -p PASSWORD -e {you}@example.com, with your own password in the place of PASSWORD; letters such as $ belong in quotes: '…'.",
        zh: "Ctrl-C 可以中止提问。写成一行是 docker login -u {you} -p PASSWORD -e {you}@example.com，把 PASSWORD 换成你自己的密码；含有 $ 等字符时，请用引号：'…'。",
      },
      solution: ['docker login -u {you} -p {password} -e {you}@example.com'],
      explain: {
        en: 'Login Succeeded. From now on this docker can push for you.',
        zh: 'Login Succeeded。从现在起，这个 docker 可以替你推送了。',
      },
    },
    {
      say: {
        en: 'Docker keeps the login in a file. Look into it.',
        zh: 'docker 把登录信息保存在一个文件里。打开看看。',
      },
      commands: ['ls -a', 'cat .dockercfg'],
      facts: [],
      question: {
        ask: { en: 'How is your password kept there?', zh: '你的密码在那里是怎样保存的？' },
        choices: [
          { en: 'encrypted: nobody can read it', zh: '加密保存，谁也读不出来' },
          { en: 'as a hash: it can only be compared', zh: '只保存哈希值，只能用来比对' },
          {
            en: 'as base64: anybody who reads the file has it',
            zh: '只是 base64 编码，谁读到文件谁就得到密码',
          },
        ],
        right: 2,
      },
      hint: {
        en: 'base64 is a way to write bytes, not a lock.',
        zh: 'base64 只是字节的一种写法，并不是锁。',
      },
      solution: ['cat .dockercfg'],
      explain: {
        en: '“auth” is name:password in base64. That is why the file is for your eyes only.',
        zh: '“auth” 就是 base64 编码的“用户名:密码”。所以这个文件只能给你自己看。',
      },
    },
  ],
};
