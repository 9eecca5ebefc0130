import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { basic, bearer, PASSWORD, send } from '../support/client.js';
import { startTestHub, useHub } from '../support/hub.js';
import { makeRepository, OldDocker } from '../support/old-docker.js';
import { textOf, Visitor } from '../support/visitor.js';

/* The live page: what it shows, to whom, and how it goes on. */

/** A stream of server-sent events, read as a browser does. */
class Reader {
  readonly #abort = new AbortController();
  #text = '';
  #over = false;
  #wake: (() => void) | undefined;
  readonly status: Promise<number>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.status = new Promise((resolve, reject) => {
      const asked = request(url, { headers, signal: this.#abort.signal, agent: false });
      asked.on('error', (error) => {
        reject(error);
        this.#end();
      });
      asked.on('response', (answer) => {
        resolve(answer.statusCode ?? 0);
        answer.setEncoding('utf8');
        answer.on('data', (text: string) => {
          this.#text += text;
          this.#wake?.();
        });
        answer.on('error', () => this.#end());
        answer.on('close', () => this.#end());
      });
      asked.end();
    });
    this.status.catch(() => undefined);
  }

  #end(): void {
    this.#over = true;
    this.#wake?.();
  }

  /** All events so far, as their fields. */
  get events(): { id?: string; event?: string; data?: string }[] {
    const blocks = this.#text.split('\n\n').slice(0, -1);
    return blocks.map((block) =>
      Object.fromEntries(
        block.split('\n').map((line) => {
          const at = line.indexOf(':');
          return [line.slice(0, at), line.slice(at + 1).trim()];
        }),
      ),
    );
  }

  /** The numbers of the steps so far. */
  get ids(): number[] {
    return this.events.filter(({ event }) => event === 'step').map(({ id }) => Number(id));
  }

  /** Resolves once something holds of what came. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#over) throw new Error(`the stream ended:\n${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async ended(): Promise<void> {
    while (!this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#abort.abort();
  }
}

describe('the live page', () => {
  const hub = useHub({ people: ['alice', 'bobby'] });

  const visitor = async (username?: string): Promise<Visitor> => {
    const each = new Visitor(hub);
    if (username !== undefined) await each.logIn(username);
    return each;
  };

  const dockerOf = (username: string): OldDocker =>
    new OldDocker({
      version: '1.5.0',
      host: new URL(hub.url).host,
      credentials: { username, password: PASSWORD, email: `${username}@example.com` },
    });

  const numbersIn = (html: string): number[] =>
    [...html.matchAll(/id="step-(\d+)"/g)].map(([, number]) => Number(number));

  it('shows a login, a push and a pull as acts with their steps', async () => {
    const docker = dockerOf('alice');
    await docker.login();
    const { images, tags } = makeRepository('live', { version: '1.5.0' });
    await docker.push('alice/static_web', images, { tags });
    await docker.pull('alice/static_web');
    const { status, html } = await (await visitor('alice')).open('/sandbox/live/');
    assert.equal(status, 200);
    const titles = [...html.matchAll(/id="act-\d+"[^>]*><summary><h2>(.*?) <small>/g)].map(
      ([, title = '']) => title.replaceAll(/<[^>]*>/g, ''),
    );
    assert.match(titles[0] ?? '', /^pull alice\/static_web/);
    assert.match(titles[1] ?? '', /^push alice\/static_web/);
    assert.match(titles[2] ?? '', /^docker login/);
    assert.match(textOf(html), /announces a push to alice\/static_web/);
    assert.match(textOf(html), /the registry asked the index whether the token was good/);
    const chinese = await (await visitor('alice')).open('/sandbox/live/?lang=zh');
    assert.match(textOf(chinese.html), /宣布要推送 alice\/static_web/);
  });

  it('shows guests what is public, people their own, and admins everything', async () => {
    const secret = '/v1/repositories/alice/secret/';
    const own = basic('alice');
    await send(hub, `PUT ${secret}`, { headers: { authorization: own }, body: '[]' });
    await send(hub, `PUT ${secret}properties`, {
      headers: { authorization: own },
      body: '{"access": "private"}',
    });
    await send(hub, `GET ${secret}images`, { headers: { authorization: own } });
    await send(hub, 'GET /v1/users/', { headers: { authorization: basic('alice', 'wrong') } });
    const seenBy = async (username?: string): Promise<string> =>
      textOf((await (await visitor(username)).open('/sandbox/live/')).html);
    assert.match(await seenBy('alice'), /alice\/secret/);
    assert.match(await seenBy('admin'), /alice\/secret/);
    for (const text of [await seenBy('bobby'), await seenBy()]) {
      assert.doesNotMatch(text, /alice\/secret/);
      assert.doesNotMatch(text, /login is right/);
      assert.match(text, /announces a push to alice\/static_web/);
    }
  });

  it('shows an owner only the public part of what others do, with a token too', async () => {
    const images = '/v1/repositories/alice/static_web/images';
    const asked = { 'X-Docker-Token': 'true', 'User-Agent': 'a-script' };
    for (const [name, auth] of [
      ['bobby', basic('bobby')],
      ['nobody', undefined],
    ] as const) {
      const granted = await send(hub, `GET ${images}`, { auth, headers: asked }).expect(200);
      const headers = { 'User-Agent': 'a-script', Referer: `http://${name}.example/` };
      const tags = '/v1/repositories/alice/static_web/tags';
      await send(hub, `GET ${tags}`, { auth: bearer(granted), headers }).expect(200);
    }
    const seen = async (username?: string): Promise<string[]> => {
      const each = await visitor(username);
      const { html } = await each.open('/sandbox/live/');
      const opened = numbersIn(html).map((number) => each.open(`/sandbox/live/${number}/`));
      const pages = (await Promise.all(opened)).map((page) => page.html);
      return pages.filter((page) => /GET \/v1\/repositories\/alice\/static_web\/tags/.test(page));
    };
    const referers = (pages: readonly string[]): string[] =>
      pages.flatMap((page) => /http:\/\/(\w+)\.example\//.exec(page)?.[1] ?? []);
    assert.deepEqual(referers(await seen('alice')), []);
    assert.deepEqual(referers(await seen()), []);
    assert.deepEqual(referers(await seen('bobby')), ['bobby']);
    assert.deepEqual(referers(await seen('admin')).sort(), ['bobby', 'nobody']);
    // What was done without a login is public, what was done with another's is not.
    const toOthers = (await seen('alice')).filter((page) => page.includes('a-script'));
    assert.equal(toOthers.length, 1);
    assert.ok(!toOthers.join().includes('127.0.0.1</'));
  });

  it('opens a step with everything about it, for those who may see it', async () => {
    const alice = await visitor('alice');
    const { html } = await alice.open('/sandbox/live/?user=alice&act=login');
    const number = numbersIn(html).at(-1);
    const { status, html: page } = await alice.open(`/sandbox/live/${number}/`);
    assert.equal(status, 200);
    assert.match(textOf(page), /docker login registers first|Name and password are checked/);
    assert.match(page, /docs\/protocol\.md/);
    assert.match(page, /curl -i -X/);
    assert.ok(!page.includes(PASSWORD));
    assert.equal((await (await visitor()).open(`/sandbox/live/${number}/`)).status, 404);
    for (const path of ['0', '99999999', '-1', '1e3', 'x', '9'.repeat(40)]) {
      assert.equal((await alice.open(`/sandbox/live/${path}/`)).status, 404, path);
    }
  });

  it('filters by user, act and refusals', async () => {
    const admin = await visitor('admin');
    const all = numbersIn((await admin.open('/sandbox/live/')).html);
    const refused = (await admin.open('/sandbox/live/?refused=1')).html;
    assert.ok(numbersIn(refused).length > 0 && numbersIn(refused).length < all.length);
    assert.match(textOf(refused), /Wrong login\/password/);
    assert.deepEqual(numbersIn((await admin.open('/sandbox/live/?user=nobody')).html), []);
    const searches = (await admin.open('/sandbox/live/?act=search&user=alice')).html;
    assert.doesNotMatch(searches, /announces a push/);
  });

  it('shows hostile names and User-Agents as text', async () => {
    const bad = '<img src=x onerror=alert(1)>';
    await send(hub, `GET /v1/search?q=${encodeURIComponent(bad)}`, {
      headers: { 'user-agent': bad, 'x-odd': `"'></pre>${bad}` },
    });
    const admin = await visitor('admin');
    const { html } = await admin.open('/sandbox/live/');
    assert.ok(!html.includes('<img'));
    assert.match(html, /&lt;img/);
    const number = Math.max(...numbersIn(html));
    const step = await admin.open(`/sandbox/live/${number}/`);
    assert.ok(!step.html.includes('<img'));
    assert.match(step.html, /&lt;img/);
  });

  it('sends what comes, with the numbers of the journal, and goes on after a given number', async () => {
    const first = new Reader(`${hub.url}/sandbox/live/events`);
    assert.equal(await first.status, 200);
    const marks = ['one', 'two', 'three'];
    for (const mark of marks) await send(hub, `GET /v1/search?q=${mark}`);
    await first.until(() => first.events.some(({ data }) => data?.includes('three') === true));
    first.close();
    const ids = first.ids;
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
    );
    const at = ids.at(-3) ?? 0;
    const second = new Reader(`${hub.url}/sandbox/live/events`, { 'last-event-id': String(at) });
    await second.until(() => second.ids.length >= 2);
    assert.deepEqual(second.ids.slice(0, 2), ids.slice(-2));
    second.close();
    const third = new Reader(`${hub.url}/sandbox/live/events?after=${ids.at(-1)}`);
    await send(hub, 'GET /v1/search?q=four');
    await third.until(() => third.ids.length > 0);
    assert.ok((third.ids[0] ?? 0) > (ids.at(-1) ?? 0));
    third.close();
  });

  it('sends guests nothing that is not theirs to see', async () => {
    const reader = new Reader(`${hub.url}/sandbox/live/events?after=0`);
    await send(hub, 'GET /v1/repositories/alice/secret/images', {
      headers: { authorization: basic('alice') },
    });
    await send(hub, 'GET /v1/search?q=lastone');
    await reader.until(() => reader.events.some(({ data }) => data?.includes('lastone') === true));
    assert.ok(!reader.events.some(({ data }) => data?.includes('alice/secret') === true));
    reader.close();
  });

  it('ends a stream with the session that it was begun in', async () => {
    for (const end of ['logout', 'password'] as const) {
      const reader = await visitor('alice');
      const stream = new Reader(`${hub.url}/sandbox/live/events`, { cookie: reader.cookies });
      assert.equal(await stream.status, 200);
      if (end === 'logout') await reader.send('/account/logout/', {});
      else {
        const body = { password: PASSWORD };
        await send(hub, 'PUT /v1/users/alice', { auth: basic('alice'), body }).expect(204);
      }
      await send(hub, `GET /v1/repositories/alice/late-${end}/images`, { auth: basic('alice') });
      await stream.until(() => stream.events.some(({ event }) => event === 'reset'));
      assert.ok(!stream.events.some(({ data }) => data?.includes(`late-${end}`) === true));
      stream.close();
    }
  });

  it('has a page that missed too much begin again, rather than sending it all', async () => {
    const word = 'w'.repeat(200);
    for (let count = 0; count < 130; count += 1) await send(hub, `GET /v1/search?q=${word}`);
    const stream = new Reader(`${hub.url}/sandbox/live/events?after=1`);
    await stream.until(() => stream.events.some(({ event }) => event === 'reset'));
    assert.deepEqual(stream.ids, []);
    const first = new Reader(`${hub.url}/sandbox/live/events`);
    await first.until(() => first.ids.length === 100);
    first.close();
  });

  it('lets admins turn on faults, and nobody else', async () => {
    const admin = await visitor('admin');
    const on = { fault: 'unavailable', turn: 'on', times: '1', user: '' };
    for (const each of [await visitor(), await visitor('alice')]) {
      assert.doesNotMatch((await each.open('/sandbox/live/')).html, /sandbox\/faults/);
      assert.notEqual((await each.send('/sandbox/faults/', on)).location, '/sandbox/live/');
    }
    assert.equal((await send(hub, 'GET /v1/_ping')).status, 200);
    assert.equal((await admin.send('/sandbox/faults/', on)).status, 303);
    assert.equal((await send(hub, 'GET /v1/search?q=x')).status, 503);
    assert.equal((await send(hub, 'GET /v1/search?q=x')).status, 200);
    await admin.send('/sandbox/faults/', { fault: 'unavailable', turn: 'off' });
    for (const wrong of [{ fault: 'no' }, { ...on, times: 'x' }, { ...on, times: '-1' }]) {
      assert.equal((await admin.send('/sandbox/faults/', wrong)).status, 400);
    }
  });

  it('refuses forms of other sites', async () => {
    const admin = await visitor('admin');
    const foreign = { Origin: 'http://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    for (const path of ['/sandbox/faults/', '/sandbox/play/', '/sandbox/play/x/']) {
      assert.equal((await admin.send(path, { version: '1.5.0' }, foreign)).status, 403, path);
    }
  });
});

describe('streams of the live page', () => {
  it('are bounded, and end with a reset and with the hub', async () => {
    const hub = await startTestHub();
    const readers: Reader[] = [];
    try {
      for (let count = 0; count < 31; count += 1) {
        readers.push(new Reader(`${hub.url}/sandbox/live/events`));
      }
      const statuses = await Promise.all(readers.map(({ status }) => status));
      assert.deepEqual(statuses.sort(), [...Array<number>(30).fill(200), 503]);
    } finally {
      const began = performance.now();
      await hub.close();
      await Promise.all(readers.map((reader) => reader.ended()));
      assert.ok(performance.now() - began < 8000);
    }
  });

  it('are not there when the sandbox is off', async () => {
    for (const options of [{ sandbox: 'off' }, { journal: 0 }] as const) {
      const hub = await startTestHub(options);
      try {
        const visitor = new Visitor(hub);
        assert.equal((await visitor.open('/sandbox/live/')).status, 404);
        assert.equal((await visitor.open('/sandbox/live/events')).status, 404);
        assert.doesNotMatch((await visitor.open('/')).html, /sandbox\/live/);
      } finally {
        await hub.close();
      }
    }
  });
});
