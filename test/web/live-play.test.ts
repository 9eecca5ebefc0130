import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PASSWORD, send } from '../support/client.js';
import { startTestHub, useHub } from '../support/hub.js';
import { makeRepository, OldDocker } from '../support/old-docker.js';
import { textOf, Visitor } from '../support/visitor.js';

/* The docker that the hub plays, and each step again by curl. */

describe('the played docker of the live page', () => {
  const hub = useHub();

  /** Takes a play to its end, one request after the other. */
  async function playOut(visitor: Visitor, place: string): Promise<string> {
    const id = new URL(place, hub.url).searchParams.get('play');
    for (let step = 0; step < 200; step += 1) {
      const { html } = await visitor.open(place);
      if (/: done/.test(textOf(html))) return html;
      await visitor.send(`/sandbox/play/${id}/`, { do: 'step' });
    }
    throw new Error('the play did not end');
  }

  for (const version of ['0.6.7', '0.9.1', '1.5.0', '1.10.3', '1.12.6']) {
    it(`logs in, pushes, searches and pulls as docker ${version}, for a guest`, async () => {
      const guest = new Visitor(hub);
      const { status, location = '' } = await guest.send('/sandbox/play/', { version });
      assert.equal(status, 303);
      const html = await playOut(guest, location);
      const text = textOf(html);
      assert.match(text, /Login Succeeded/);
      assert.match(text, /\$ docker push played\/static_web/);
      assert.match(text, /\$ docker images REPOSITORY .*played\/static_web +latest/);
      for (const act of ['push', 'pull'])
        assert.match(text, new RegExp(`${act} played/static_web`));
    });
  }

  it('waits and goes on; what it cannot do is refused', async () => {
    const guest = new Visitor(hub);
    const { location = '' } = await guest.send('/sandbox/play/', { version: '1.5.0' });
    const id = new URL(location, hub.url).searchParams.get('play');
    await guest.send(`/sandbox/play/${id}/`, { do: 'pause' });
    assert.match(textOf((await guest.open(location)).html), /waits for you/);
    await guest.send(`/sandbox/play/${id}/`, { do: 'resume' });
    assert.match(textOf((await guest.open(location)).html), /running/);
    assert.equal((await guest.send(`/sandbox/play/${id}/`, { do: 'dance' })).status, 400);
    assert.equal((await guest.send('/sandbox/play/nothing/', { do: 'step' })).status, 404);
    assert.match(
      textOf((await guest.open('/sandbox/live/?play=nothing')).html),
      /This demonstration has ended/,
    );
    for (const version of ['', '9.9.9', '../..', '1.5.0\n']) {
      const { status } = await guest.send('/sandbox/play/', { version });
      assert.ok(status === 400 || version === '1.5.0\n', version);
    }
  });

  it('plays only so many at once, and stops none for another', async () => {
    await using small = await startTestHub();
    const guest = new Visitor(small);
    const started = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(() => guest.send('/sandbox/play/', { version: '1.5.0' })),
    );
    const places = started.flatMap(({ location }) => location ?? []);
    assert.equal(places.length, 4);
    const refused = started.filter(({ status }) => status === 429);
    assert.equal(refused.length, 2);
    for (const { html } of refused) assert.match(textOf(html), /Four dockers are playing already/);
    for (const place of places) {
      assert.match(textOf((await guest.open(place)).html), /waits for you|running/);
    }
  });

  it('plays for no guest where nobody may register', async () => {
    await using closed = await startTestHub({ registration: 'closed', people: ['alice'] });
    const guest = new Visitor(closed);
    const { html } = await guest.open('/sandbox/live/');
    assert.match(textOf(html), /no guest can have a docker played/);
    assert.doesNotMatch(html, /action="\/sandbox\/play\/"/);
    assert.equal((await guest.send('/sandbox/play/', { version: '1.5.0' })).status, 403);
    assert.equal((await guest.open('/u/played/')).status, 404);
    const alice = new Visitor(closed);
    await alice.logIn('alice');
    assert.equal((await alice.send('/sandbox/play/', { version: '1.5.0' })).status, 303);
  });
});

describe('a step as curl', () => {
  const hub = useHub({ people: ['alice'] });

  /** Pastes lines into a shell and types the password. */
  async function paste(lines: string, password: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'hub-v1-curl-'));
    try {
      return await new Promise<string>((resolve, reject) => {
        const shell = execFile('sh', ['-c', lines], { cwd: folder }, (error, out, err) => {
          if (error === null) resolve(out);
          else reject(new Error(`${error.message}\n${err}`));
        });
        shell.stdin?.end(`${password}\n`);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it('works when it is pasted, and ends as the step did', async () => {
    const docker = new OldDocker({
      version: '1.5.0',
      host: new URL(hub.url).host,
      credentials: { username: 'alice', password: PASSWORD, email: 'alice@example.com' },
    });
    await docker.login();
    const { images, tags } = makeRepository('curl', { version: '1.5.0' });
    await docker.push('alice/static_web', images, { tags });
    await docker.pull('alice/static_web');
    await send(hub, 'GET /v1/repositories/alice/nothing/images');
    const alice = new Visitor(hub);
    await alice.logIn('alice');
    const { html } = await alice.open('/sandbox/live/');
    const numbers = [...html.matchAll(/id="step-(\d+)"/g)].map(([, number]) => number);
    let tried = 0;
    for (const number of numbers) {
      const page = (await alice.open(`/sandbox/live/${number}/`)).html;
      const [, curl] = /<pre><code>([^<]*)<\/code>/.exec(page) ?? [];
      const [, status] = /<pre class="message">(\d+)\n/.exec(page) ?? [];
      const [, sentence = ''] = /<p class="lead" dir="auto">([^<]*)/.exec(page) ?? [];
      if (curl === undefined) continue;
      assert.ok(!page.includes(PASSWORD), sentence);
      const out = await paste(unescaped(curl), PASSWORD);
      const answers = [...out.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => code);
      // What was uploaded is here by now.
      const others = /upload|already here/.test(sentence) ? ['200', '409'] : [];
      assert.ok([status, ...others].includes(answers.at(-1)), `${sentence}\n${curl}\n${out}`);
      tried += 1;
    }
    assert.ok(tried > 15, String(tried));
  });

  it('does what a played docker did for the reader, and asks a guest to log in', async () => {
    const docker = new OldDocker({
      version: '1.5.0',
      host: new URL(hub.url).host,
      credentials: { username: 'played', password: PASSWORD, email: 'played@hub-v1.invalid' },
    });
    await docker.login();
    const { images, tags } = makeRepository('played', { version: '1.5.0' });
    await docker.push('played/web', images, { tags });
    const alice = new Visitor(hub);
    await alice.logIn('alice');
    const { html } = await alice.open('/sandbox/live/?act=push');
    const guest = new Visitor(hub);
    let tried = 0;
    for (const [, number] of html.matchAll(/id="step-(\d+)"/g)) {
      const place = `/sandbox/live/${number}/`;
      const page = (await alice.open(place)).html;
      if (!page.includes('with an account of its own; these lines')) continue;
      const curl = unescaped(/<pre><code>([^<]*)<\/code>/.exec(page)?.[1] ?? '');
      const [, status] = /<pre class="message">(\d+)\n/.exec(page) ?? [];
      const out = await paste(curl, PASSWORD);
      const answers = [...out.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => code);
      assert.ok([status, '200', '409'].includes(answers.at(-1)), `${status}\n${curl}\n${out}`);
      const asGuest = await guest.open(place);
      if (asGuest.status === 200) assert.doesNotMatch(asGuest.html, /curl -i/);
      tried += 1;
    }
    assert.ok(tried > 5, String(tried));
    const { body } = await send(hub, 'GET /v1/repositories/alice/web/tags').expect(200);
    assert.ok(Object.keys(body).length > 0);
  });

  function unescaped(text: string): string {
    return textOf(text.replaceAll('\n', '⏎')).replaceAll('⏎', '\n').replaceAll('&#39;', "'");
  }
});
