import { CURL_OPTIONS } from './curl.js';

/** The languages of those who read. */
export type Language = 'en' | 'zh';

/** What the shell says of itself. Its commands speak English, as they did. */
interface Words {
  readonly help: string;
  readonly special: string;
  readonly busy: string;
  readonly longLine: (most: number) => string;
  readonly manyCommands: (most: number) => string;
  readonly unknown: (name: string) => string;
}

const en: Words = {
  help: `docker COMMAND   a docker of the time, played: login, search, pull, push, images, tag, rmi, build, …
curl ADDRESS     ${CURL_OPTIONS}; only this hub, only /v1/ and /v2/
ls cat echo mkdir touch rm cd pwd
                 over a folder of your own, which ends with your session; > and >> put output into a file
One line at a time; && and ; between commands, each is done if the one before went well. Quotes as in a shell, but no
variables, patterns or pipes. Nothing runs here, and nothing but this hub is reached. There is no editor: write files
with echo.
`,
  special:
    "this shell has no variables, patterns or pipes; letters such as $ ? * & [ belong in '…'",
  busy: 'the line before is still under way',
  longLine: (most) => `a line has at most ${most} characters`,
  manyCommands: (most) => `a line has at most ${most} commands`,
  unknown: (name) => `${name}: command not found ("help" lists what there is)`,
};

const zh: Words = {
  help: `docker 命令      模拟的老版本 docker：login、search、pull、push、images、tag、rmi、build ……
curl 地址        ${CURL_OPTIONS}；只能访问这个 Hub 的 /v1/ 和 /v2/
ls cat echo mkdir touch rm cd pwd
                 操作你自己的文件夹，会话结束时清空；> 和 >> 把输出写入文件
一次一行；命令之间可用 && 和 ;，前一条成功才执行下一条。引号的用法和 shell 一样，但没有变量、通配符和管道。
这里不运行任何程序，也访问不到别的地方。没有编辑器：用 echo 写文件。
`,
  special: "这个终端没有变量、通配符和管道；$ ? * & [ 等字符要放在引号 '…' 里",
  busy: '上一行命令还没有结束',
  longLine: (most) => `一行最多 ${most} 个字符`,
  manyCommands: (most) => `一行最多 ${most} 条命令`,
  unknown: (name) => `没有 ${name} 这个命令（输入 help 查看有哪些命令）`,
};

export const WORDS: Readonly<Record<Language, Words>> = { en, zh };
