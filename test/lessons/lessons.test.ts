/**
 * Every lesson, done once in the terminal of its page and once by plain HTTP: its ticks appear, and only for the one
 * who did it; and the way back.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COURSE, type Lesson, lessonOf, spoken } from '../../src/lessons/index.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { startTestHub, type TestHub, useHub } from '../support/hub.js';
import { makeImage, type TestImage } from '../support/images.js';
import { deleteRepository, pushImage, putImage, readToken, setAccess } from '../support/pushes.js';
import { textOf, Visitor } from '../support/visitor.js';

const PEOPLE = ['alice', 'bobby', 'carol', 'doris', 'erica', 'frank'];
const hub = useHub({ people: PEOPLE });
/** One that asks nobody who they are. */
const open = useHub({ people: PEOPLE, anonymous: 'push' });

/** Somebody who does lessons in a browser. */
class Reader {
  readonly visitor: Visitor;
  readonly name: string;
  readonly hub: TestHub;

  constructor(name: string, at: TestHub = hub) {
    this.name = name;
    this.hub = at;
    this.visitor = new Visitor(at);
  }

  async does(lesson: Lesson, fields: Readonly<Record<string, string>>): Promise<number> {
    return (await this.visitor.send(pathOf(lesson), fields)).status;
  }

  /** Types lines into the terminal, in which `{you}`, `{hub}` and `{password}` are the reader's. */
  async types(lesson: Lesson, lines: readonly string[]): Promise<void> {
    const names = { you: this.name, hub: `127.0.0.1:${this.hub.port}`, password: PASSWORD };
    for (const line of lines) {
      const digest = line.includes('{digest}') ? await labDigest(this.name) : undefined;
      await this.does(lesson, { act: 'run', line: spoken(line, { ...names, digest }) });
    }
  }

  /** How many steps are ticked off. */
  async ticks(lesson: Lesson): Promise<number> {
    const { html, status } = await this.visitor.open(pathOf(lesson));
    assert.equal(status, 200);
    return [...html.matchAll(/class="tick"/g)].length;
  }
}

/** The digest of what `lab:1.0` is over v2. */
async function labDigest(you: string): Promise<string> {
  const { headers } = await send(hub, `HEAD /v2/${you}/lab/manifests/1.0`, { auth: basic(you) });
  return String(headers['docker-content-digest']);
}

async function readerOf(name: string, at: TestHub = hub): Promise<Reader> {
  const reader = new Reader(name, at);
  assert.equal((await reader.visitor.logIn(name)).status, 303);
  return reader;
}

function pathOf({ id }: Lesson): string {
  return `/sandbox/lessons/${id}/`;
}

function lesson(id: string): Lesson {
  const found = lessonOf(id);
  assert.ok(found !== undefined);
  return found;
}

type Doing = (reader: Reader, lesson: Lesson, step: number) => Promise<void>;

/** Does the lessons of a hub in one way, and looks at the ticks before and after each step. */
async function doCourse(reader: Reader, other: Reader, way: Doing): Promise<void> {
  const isOpen = reader.hub === open;
  for (const each of COURSE.filter(({ needs }) => isOpen === (needs === 'anonymous push'))) {
    await reader.does(each, { act: 'begin' });
    for (const [at, { question }] of each.steps.entries()) {
      const place = `${each.id}, step ${at + 1}`;
      assert.equal(await reader.ticks(each), at, `${place}, before`);
      await way(other, each, at);
      assert.equal(await reader.ticks(each), at, `${place}, done by somebody else`);
      await way(reader, each, at);
      if (question !== undefined) {
        assert.equal(await reader.ticks(each), at, `${place}, not answered`);
        const wrong = String((question.right + 1) % question.choices.length);
        assert.equal(await reader.does(each, { act: 'answer', choice: wrong }), 400);
        assert.equal(await reader.ticks(each), at, `${place}, wrong answer`);
        await reader.does(each, { act: 'answer', choice: String(question.right) });
      }
      assert.equal(await reader.ticks(each), at + 1, `${place}, after`);
    }
  }
}

describe('each lesson', () => {
  it('is done by its solution in the terminal', async () => {
    const inTerminal: Doing = (reader, each, step) =>
      reader.types(each, each.steps[step]?.solution ?? []);
    await doCourse(await readerOf('alice'), await readerOf('bobby'), inTerminal);
    await doCourse(await readerOf('alice', open), await readerOf('bobby', open), inTerminal);
  });

  it('is done by plain HTTP', async () => {
    const byHttp: Doing = async ({ name }, { id }, step) =>
      void (await BY_HTTP[id]?.[step]?.(name));
    await doCourse(await readerOf('carol'), await readerOf('doris'), byHttp);
    await doCourse(await readerOf('carol', open), await readerOf('doris', open), byHttp);
  });
});

function baseOf(you: string): TestImage {
  return makeImage(`${you}, base`);
}

function childOf(you: string): TestImage {
  return makeImage(`${you}, child`, { parent: baseOf(you) });
}

/** Of each lesson, what does its steps; those that are only answered have nothing. */
const BY_HTTP: Readonly<Record<string, readonly ((you: string) => Promise<unknown>)[]>> = {
  'what-a-hub-is': [
    async (you) => send(hub, `GET /v1/search?q=${you}`).expect(200),
    async (you) => send(hub, `GET /v1/repositories/${you}/hello/tags`).expect(404),
  ],
  login: [
    async (you) => send(hub, 'GET /v1/users/', { auth: basic(you, 'wrong') }).expect(401),
    async (you) => send(hub, 'GET /v1/users/', { auth: basic(you) }).expect(200),
  ],
  'first-push': [
    (you) => pushImage(hub, basic(you), `${you}/static_web`, baseOf(you)),
    async (you) => send(hub, `GET /v1/repositories/${you}/static_web/tags`).expect(200),
  ],
  'root-push': [
    async () => undefined,
    async (you) =>
      send(hub, 'PUT /v1/repositories/static_web/', { auth: basic(you), body: [] }).expect(403),
  ],
  layers: [
    (you) => pushImage(hub, basic(you), `${you}/static_web`, baseOf(you), '1.0'),
    (you) => pushImage(hub, basic(you), `${you}/child`, [baseOf(you), childOf(you)]),
  ],
  pull: [
    async (you) => send(hub, `GET /v1/search?q=${you}/static_web`).expect(200),
    async (you) => {
      const auth = await readToken(hub, `${you}/static_web`);
      await send(hub, `GET /v1/images/${baseOf(you).id}/layer`, { auth }).expect(200);
    },
  ],
  private: [
    (you) => setAccess(hub, basic(you), `${you}/static_web`, 'private'),
    async (you) => send(hub, `GET /v1/repositories/${you}/static_web/images`).expect(404),
    (you) => setAccess(hub, basic(you), `${you}/static_web`, 'public'),
  ],
  'own-registry': [
    async (you) => {
      const image = makeImage(`${you}, notes`);
      const name = `library/${you}-notes`;
      const created = await send(open, `PUT /v1/repositories/${name}/`, {
        headers: { 'X-Docker-Token': 'true' },
        body: [{ id: image.id }],
      }).expect(200);
      const auth = `Token ${created.headers['x-docker-token']}`;
      await putImage(open, auth, image);
      const body = JSON.stringify(image.id);
      await send(open, `PUT /v1/repositories/${name}/tags/latest`, { auth, body }).expect(200);
    },
    async (you) => {
      await send(open, `GET /v1/search?q=${you}-notes`).expect(200);
      await send(open, `GET /v1/repositories/library/${you}-notes/tags`).expect(200);
    },
    async (you) =>
      send(open, `DELETE /v1/repositories/library/${you}-notes/tags/latest`).expect(200),
  ],
  digests: [
    async (you) => {
      for (const tag of ['1.0', '1.1', '1.2', 'latest']) {
        await pushImage(hub, basic(you), `${you}/lab`, makeImage(`${you}, lab`), tag);
      }
    },
    async (you) => {
      await send(hub, 'GET /v2/_catalog', { auth: basic(you) }).expect(200);
      await send(hub, `GET /v2/${you}/lab/tags/list`, { auth: basic(you) }).expect(200);
    },
    async (you) => send(hub, `HEAD /v2/${you}/lab/manifests/1.0`, { auth: basic(you) }).expect(200),
    async (you) => {
      const path = `/v2/${you}/lab/manifests/${await labDigest(you)}`;
      await send(hub, `DELETE ${path}`, { auth: basic(you) }).expect(202);
      const { body } = await send(hub, `GET /v2/${you}/lab/tags/list`, { auth: basic(you) });
      assert.deepEqual(body.tags, []);
    },
  ],
  delete: [
    async (you) => send(hub, `GET /v1/repositories/${you}/static_web/tags`).expect(200),
    async (you) => {
      await deleteRepository(hub, basic(you), `${you}/static_web`);
      await send(hub, `GET /v1/repositories/${you}/static_web/images`).expect(404);
    },
  ],
};

describe('a lesson', () => {
  const firstPush = lesson('first-push');
  const deletion = lesson('delete');

  it('goes back a step: the tick is gone, and the repositories are as they were', async () => {
    const reader = await readerOf('erica');
    const tags = `/v1/repositories/${reader.name}/static_web/tags`;
    await reader.does(firstPush, { act: 'begin' });
    const image = baseOf(reader.name);
    const auth = basic(reader.name);
    await pushImage(hub, auth, `${reader.name}/static_web`, image);
    await pushImage(hub, basic('frank'), 'frank/static_web', baseOf('frank'));
    assert.equal(await reader.ticks(firstPush), 1);
    await reader.does(firstPush, { act: 'undo' });
    assert.equal(await reader.ticks(firstPush), 0);
    await send(hub, `GET ${tags}`).expect(404);
    await send(hub, 'GET /v1/repositories/frank/static_web/tags').expect(200);
    await pushImage(hub, auth, `${reader.name}/static_web`, image);
    assert.equal(await reader.ticks(firstPush), 1);
  });

  it('brings back what a step deleted, its layers too', async () => {
    const reader = await readerOf('erica');
    const { name } = reader;
    await reader.does(deletion, { act: 'begin' });
    for (const act of BY_HTTP.delete ?? []) await act(name);
    assert.equal(await reader.ticks(deletion), 2);
    await reader.does(deletion, { act: 'undo' });
    assert.equal(await reader.ticks(deletion), 1);
    const auth = await readToken(hub, `${name}/static_web`);
    const { id, layer } = baseOf(name);
    const { body } = await send(hub, `GET /v1/images/${id}/layer`, { auth }).expect(200);
    assert.ok(layer.equals(body as Buffer));
  });

  it('is shown, once the terminal knows the password', async () => {
    const reader = await readerOf('frank');
    const rootPush = lesson('root-push');
    const { right } = rootPush.steps[0]?.question ?? { right: 0 };
    await reader.does(rootPush, { act: 'begin' });
    await reader.does(rootPush, { act: 'answer', choice: String(right) });
    assert.equal(await reader.does(rootPush, { act: 'show' }), 400);
    await reader.types(rootPush, ['docker login -u {you} -p {password} -e f@example.com']);
    assert.equal(await reader.does(rootPush, { act: 'show' }), 303);
    assert.equal(await reader.ticks(rootPush), 2);
  });

  it('says what was refused, in the language of the page, and never a password', async () => {
    const reader = await readerOf('frank');
    await reader.does(firstPush, { act: 'begin' });
    await reader.types(firstPush, [
      "curl -u {you}:{password} -X PUT -d '[]' {hub}/v1/repositories/x/",
    ]);
    const english = (await reader.visitor.open(pathOf(firstPush))).html;
    assert.match(
      textOf(english),
      /The hub has refused something since this step began: curl announces/,
    );
    const chinese = await reader.visitor.open(`${pathOf(firstPush)}?lang=zh`);
    assert.match(textOf(chinese.html), /拒绝过一个请求： *curl/);
    for (const page of [english, chinese.html]) assert.doesNotMatch(page, new RegExp(PASSWORD));
  });

  it('shows what was typed as text', async () => {
    const reader = await readerOf('frank');
    await reader.types(firstPush, ["echo '<script>alert(1)</script>'"]);
    const { html } = await reader.visitor.open(pathOf(firstPush));
    assert.match(html, /&lt;script>alert\(1\)/);
    assert.doesNotMatch(html, /<script>alert/);
  });

  it('asks a guest to log in, and is not there by another name', async () => {
    const guest = new Visitor(hub);
    assert.match((await guest.open(pathOf(firstPush))).location ?? '', /^\/account\/login\//);
    assert.equal((await guest.open('/sandbox/lessons/')).status, 200);
    const reader = await readerOf('frank');
    assert.equal((await reader.visitor.open('/sandbox/lessons/nothing/')).status, 404);
    const elsewhere = { Origin: 'http://example.com' };
    const sent = await reader.visitor.send(pathOf(firstPush), { act: 'run' }, elsewhere);
    assert.equal(sent.status, 403);
  });

  it('ends its terminal with the session', async () => {
    const reader = await readerOf('frank');
    await reader.types(firstPush, ['echo here > file']);
    const { cookies } = reader.visitor;
    await reader.visitor.send('/account/logout/', {});
    const again = await readerOf('frank');
    await again.types(firstPush, ['ls']);
    const { html } = await again.visitor.open(pathOf(firstPush));
    assert.doesNotMatch(html, /file\n/);
    assert.equal((await again.visitor.open(pathOf(firstPush), { Cookie: cookies })).status, 303);
  });

  it('says what to start if its steps cannot be done here', async () => {
    const reader = await readerOf('frank');
    const own = lesson('own-registry');
    const { html } = await reader.visitor.open(pathOf(own));
    assert.match(textOf(html), /serve --anonymous push/);
    assert.doesNotMatch(html, /value="begin"/);
    const elsewhere = await readerOf('frank', open);
    assert.match((await elsewhere.visitor.open(pathOf(own))).html, /value="begin"/);
  });

  it('can be read where there is no journal', async () => {
    await using quiet = await startTestHub({ harness: false, people: ['alice'] });
    const visitor = new Visitor(quiet);
    await visitor.logIn('alice');
    const { html } = await visitor.open(pathOf(firstPush));
    assert.match(textOf(html), /cannot tick off steps/);
    assert.equal((await visitor.send(pathOf(firstPush), { act: 'begin' })).status, 303);
  });
});
