import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controlRoutes, routes } from '../../routes/index.js';
import type { Route } from '../../routes/route.js';
import { CHINESE } from '../../src/journal/chinese.js';
import { ENGLISH } from '../../src/journal/english.js';
import type { Who } from '../../src/journal/journal-record.js';
import { type Language, tell, tellIn, tellUnreadable } from '../../src/journal/sentences.js';
import type { Step } from '../../src/journal/step.js';
import type { Operation } from '../../src/wire/operation.js';
import { UNREADABLE_KINDS } from '../../src/wire/unreadable.js';

/* Every operation and every way in which it can end is told in each language. */

const STATUSES = [
  0, 200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 409, 413, 416, 429, 500, 502, 503, 507,
];
const CALLERS: readonly Who[] = [
  { by: 'none' },
  { by: 'none', claimed: 'jamtur01' },
  { by: 'basic', user: 'jamtur01' },
  { by: 'bearer', user: 'jamtur01' },
  { by: 'token', repository: 'jamtur01/static_web', access: 'read' },
  { by: 'token', repository: 'jamtur01/static_web', access: 'write' },
  { by: 'token', repository: 'jamtur01/static_web', access: 'delete' },
];
const REPLIES = [
  '',
  '"Account is not Active"',
  '{"error": "Image is being uploaded, retry later"}',
  '{"errors": [{"code": "DENIED", "message": "Log in to push"}]}',
  '404 page not found\n',
];
const ID = 'ab'.repeat(32);
const AGENTS = ['docker/1.5.0 go/go1.4.1', 'docker/28.2.2 go/go1.24.4'];
/** What requests of v2 say in their queries: mounts, ends, scopes. */
const QUERIES = [
  'q=static',
  `mount=sha256:${ID}&from=jamtur01/base`,
  `digest=sha256:${ID}`,
  'scope=repository:jamtur01/static_web:pull,push',
  'account=jamtur01',
];

function stepOf(operation: Operation | undefined, more: Partial<Step>): Step {
  return {
    method: 'GET',
    path: '/v2/jamtur01/static_web/manifests/latest',
    query: 'q=static',
    operation,
    voice: 'index',
    params: {
      ...{ namespace: 'jamtur01', repository: 'static_web', id: ID, tag: '1.0', username: 'jo' },
      ...{ reference: '1.0', digest: `sha256:${ID}`, upload: 'u' },
    },
    status: 200,
    complete: true,
    userAgent: 'docker/1.5.0 go/go1.4.1',
    who: { by: 'none' },
    asksToken: false,
    fault: undefined,
    requestBody: `"${ID}"`,
    reply: '',
    ...more,
  };
}

/** Every operation × status × caller × answer × asked for a token. */
function* allSteps(): Generator<Step> {
  for (const operation of [...routes, undefined]) {
    for (const status of STATUSES) {
      for (const who of CALLERS) {
        for (const reply of REPLIES) {
          for (const more of waysOf(operation)) {
            yield stepOf(operation, { status, who, reply, ...more });
          }
        }
      }
    }
  }
}

/** The ways to ask for an operation that its sentence depends on. */
function* waysOf(operation: Route | undefined): Generator<Partial<Step>> {
  const { method = 'GET' } = operation ?? {};
  if (operation?.voice !== 'v2') {
    for (const asksToken of [false, true]) yield { method, asksToken };
    return;
  }
  const methods = method === 'GET' ? ['GET', 'HEAD'] : [method];
  for (const each of methods) {
    for (const [number, query] of QUERIES.entries()) {
      yield { method: each, query, isBare: true, userAgent: AGENTS[number % AGENTS.length] ?? '' };
    }
  }
}

/** What a sentence of this language is like. */
const LOOKS: Readonly<Record<Language, RegExp>> = {
  en: /^docker (?:28 )?[a-z][^：]*: .+$/s,
  zh: /^docker [^:]*\p{Script=Han}.*：.*\p{Script=Han}/su,
};

describe('the sentences of all operations and outcomes', () => {
  for (const language of ['en', 'zh'] as const) {
    it(`are there in the language "${language}"`, () => {
      for (const step of allSteps()) {
        const { subject, deed, outcome, sentence } = tellIn(language, step);
        const place = `${step.operation?.id} ${step.status}: ${sentence}`;
        assert.match(
          sentence.replaceAll(':1.0', ' 1.0').replaceAll(':latest', ''),
          LOOKS[language],
          place,
        );
        assert.ok(!/undefined|null|NaN|\[object| {2}/.test(sentence), place);
        for (const part of [subject, deed, outcome]) assert.ok(sentence.includes(part), place);
        assert.ok(sentence.length < 300, place);
      }
    });
  }

  it('are the ones of the journal in English', () => {
    for (const step of allSteps()) assert.equal(tell(step), tellIn('en', step).sentence);
  });

  it('tell of the same things in both languages', () => {
    for (const step of allSteps()) {
      const [en, zh] = [tellIn('en', step).sentence, tellIn('zh', step).sentence];
      for (const name of ['jamtur01/static_web', 'abababab', ':1.0']) {
        assert.equal(zh.includes(name), en.includes(name), `${en}\n${zh}`);
      }
    }
  });

  it('have words of their own for the same statuses', () => {
    for (const [row, telling] of Object.entries(ENGLISH.tellings)) {
      const other = CHINESE.tellings[row as keyof typeof CHINESE.tellings];
      const ends = (given: object): string[] =>
        'ends' in given ? Object.keys(given.ends as object) : [];
      assert.deepEqual(ends(other), ends(telling), row);
    }
  });

  it('tell faults, cut connections and the control', () => {
    const ping = routes.find(({ id }) => id === 'ping');
    const odd = stepOf(ping, { fault: 'late', complete: false });
    assert.equal(
      tellIn('zh', odd).sentence,
      'docker 询问这里有没有 v1 仓库服务：有，但连接在结束之前断了；故障“late”起了作用',
    );
    const control = stepOf(controlRoutes[0], { voice: 'control', path: '/_hub/' });
    assert.equal(tellIn('zh', control).sentence, 'docker 用 GET /_hub/ 控制 hub：完成');
    const options = stepOf(undefined, { method: 'OPTIONS', status: 204, userAgent: '' });
    assert.match(tellIn('zh', options).sentence, /^有人 像浏览器那样/);
  });
});

it('what was no request is told in both languages', () => {
  for (const kind of UNREADABLE_KINDS) {
    assert.match(tellUnreadable(kind, '127.0.0.1'), /^somebody at 127\.0\.0\.1 [a-z]/);
    assert.match(
      tellUnreadable(kind, '127.0.0.1', 'zh'),
      /^来自 127\.0\.0\.1 的连接\p{Script=Han}/u,
    );
  }
});
