import type { RepositoryDocument } from '../../domain/documents.js';
import { repositoryIs, seen } from '../facts.js';
import type { Lesson } from '../lesson.js';

const TAGS = ['1.0', '1.1', '1.2', 'latest'];

function hasAll({ tags }: RepositoryDocument): boolean {
  return TAGS.every((tag) => Object.hasOwn(tags, tag));
}

function hasNone({ tags }: RepositoryDocument): boolean {
  return TAGS.every((tag) => !Object.hasOwn(tags, tag));
}

const LOGIN = '-u {you}:{password}';
const V2 = 'http://{hub}/v2';
const ACCEPT = "-H 'Accept: application/vnd.docker.distribution.manifest.v2+json'";

export const digests: Lesson = {
  id: 'digests',
  title: {
    en: 'A registry of today: the catalog, and deleting by digest',
    zh: '今天的仓库服务：目录，以及按摘要删除',
  },
  about: {
    en: 'Newer books start a registry of version 2 and look into it with curl: which repositories it has, which tags, and how an image is deleted. This hub answers both versions over one store, so that what an old docker pushes can be looked at in the new way.',
    zh: '较新的书会启动第 2 版的仓库服务，用 curl 看里面有什么：有哪些仓库、哪些标签，以及怎样删除镜像。这个 Hub 用同一份存储回答两个版本，所以旧 docker 推送的东西也可以用新办法查看。',
  },
  needs: 'v2',
  steps: [
    {
      say: {
        en: 'Build an image and push it as {you}/lab, under four tags: 1.0, 1.1, 1.2 and latest.',
        zh: '构建一个镜像，推送到 {you}/lab，用四个标签：1.0、1.1、1.2 和 latest。',
      },
      commands: [
        "echo 'a lab' > lab.txt",
        'echo FROM scratch > Dockerfile',
        'echo COPY lab.txt / >> Dockerfile',
        'docker build -t {you}/lab .',
        ...TAGS.slice(0, 3).map((tag) => `docker tag {you}/lab {you}/lab:${tag}`),
        'docker push {you}/lab',
      ],
      facts: [repositoryIs('lab', hasAll)],
      hint: {
        en: 'The tags count in {you}/lab, in no other repository. Without a tag, an old docker pushes all tags of a repository. Log in before: docker login.',
        zh: '只算 {you}/lab 里的标签，别的仓库不算。不写标签时，旧 docker 会推送仓库的所有标签。要先登录：docker login。',
      },
      solution: [
        "echo 'a lab' > lab.txt",
        'echo FROM scratch > Dockerfile && echo COPY lab.txt / >> Dockerfile',
        'docker build -t {you}/lab .',
        ...TAGS.slice(0, 3).map((tag) => `docker tag {you}/lab {you}/lab:${tag}`),
        'docker push {you}/lab',
      ],
      explain: {
        en: 'The layer went over once: four tags are four names for one image.',
        zh: '层只传了一次：四个标签是同一个镜像的四个名字。',
      },
    },
    {
      say: {
        en: 'Ask which repositories there are, and which tags yours has.',
        zh: '问问有哪些仓库，你的仓库有哪些标签。',
      },
      commands: [`curl ${LOGIN} ${V2}/_catalog`, `curl ${LOGIN} ${V2}/{you}/lab/tags/list`],
      facts: [
        seen({ row: 'getCatalog', status: 200, by: 'reader' }),
        seen({ row: 'listTagsV2', status: 200, by: 'reader', repository: 'lab' }),
      ],
      hint: {
        en: 'The books use the same addresses: /v2/_catalog, and /v2/NAME/tags/list.',
        zh: '书里用的就是这两个地址：/v2/_catalog 和 /v2/名字/tags/list。',
      },
      solution: [`curl ${LOGIN} ${V2}/_catalog`, `curl ${LOGIN} ${V2}/{you}/lab/tags/list`],
      explain: {
        en: 'Version 1 had no list of all repositories, only a search. The catalog shows what you may read, others’ private repositories not among it.',
        zh: '第 1 版没有全部仓库的列表，只有搜索。目录里是你能读的仓库，没有别人的私有仓库。',
      },
    },
    {
      say: {
        en: 'Find out the digest of what 1.0 names: it is in the header Docker-Content-Digest.',
        zh: '查出 1.0 指向的内容的摘要：它在头部 Docker-Content-Digest 里。',
      },
      commands: [`curl ${LOGIN} -I ${ACCEPT} ${V2}/{you}/lab/manifests/1.0`],
      facts: [
        seen({ row: 'getManifest', status: 200, by: 'reader', repository: 'lab', tag: '1.0' }),
      ],
      hint: {
        en: '-I asks for the headers alone. The digest is sha256: and 64 digits.',
        zh: '-I 只要头部。摘要是 sha256: 加 64 位数字和字母。',
      },
      solution: [`curl ${LOGIN} -I ${ACCEPT} ${V2}/{you}/lab/manifests/1.0`],
      explain: {
        en: 'The digest is that of the manifest, a short text that names the config and the layers. Without the header Accept the registry of the books answers in an older form, whose digest deletes nothing; this hub always answers the manifest that it has.',
        zh: '这是 manifest 的摘要，manifest 是一段短文本，写明配置和各层。不带 Accept 头部时，书里的仓库服务会用更旧的形式回答，那个摘要什么也删不掉；这个 Hub 总是回答它保存的内容。',
      },
    },
    {
      say: {
        en: 'Delete the image by that digest.',
        zh: '按这个摘要删除镜像。',
      },
      commands: [`curl ${LOGIN} -X DELETE ${V2}/{you}/lab/manifests/{digest}`],
      facts: [
        seen({
          ...{ row: 'deleteManifest', status: 202, by: 'reader', repository: 'lab' },
          byDigest: true,
        }),
        repositoryIs('lab', hasNone),
      ],
      question: {
        ask: { en: 'How many of the four tags are left?', zh: '四个标签还剩几个？' },
        choices: [
          { en: 'three: only 1.0 is gone', zh: '三个：只少了 1.0' },
          { en: 'none: all four named this manifest', zh: '一个也没有：四个都指向这个 manifest' },
          { en: 'one: latest always stays', zh: '一个：latest 总会留下' },
        ],
        right: 1,
      },
      hint: {
        en: 'List the tags again.',
        zh: '再列一次标签。',
      },
      solution: [`curl ${LOGIN} -X DELETE ${V2}/{you}/lab/manifests/{digest}`],
      explain: {
        en: 'A tag is a name for a manifest, and a manifest that is gone has no names. The books’ registry keeps the layers until its garbage collector runs; this hub frees the space at once.',
        zh: '标签是 manifest 的名字，manifest 没了，名字也就没了。书里的仓库服务要等垃圾回收才释放各层；这个 Hub 立即释放空间。',
      },
    },
  ],
};
