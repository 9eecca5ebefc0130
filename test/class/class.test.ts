/* A class: accounts on cards, the board, and that only its teacher sees them. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { reachableAddresses } from '../../src/class/addresses.js';
import { openHub } from '../../src/open-hub.js';
import { cardsOn, studentOf } from '../support/cards.js';
import { basic, send } from '../support/client.js';
import { run, serve } from '../support/command.js';
import { startPlainHub, startTestHub, useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage, readToken } from '../support/pushes.js';
import { textOf, Visitor } from '../support/visitor.js';

const BOARD = '/sandbox/class/';
const CARDS = '/sandbox/class/cards/';

async function teacherOf(hub: Parameters<typeof send>[0]): Promise<Visitor> {
  const teacher = new Visitor(hub);
  assert.equal((await teacher.logIn('admin')).status, 303);
  return teacher;
}

describe('a class', () => {
  const hub = useHub({ class: 3, onDisk: true });

  it('has cards whose passwords work, for docker and for the pages', async () => {
    const teacher = await teacherOf(hub);
    const { html } = await teacher.open(CARDS);
    const cards = cardsOn(html);
    assert.deepEqual(
      cards.map(([name]) => name),
      ['student01', 'student02', 'student03'],
    );
    for (const [name, password = ''] of cards) {
      assert.match(password, /^(?:[bdghjmnprtvz][aeiou]){3}[2-9]{2}$/);
      await send(hub, 'GET /v1/users/', { auth: basic(name, password) }).expect(200);
      assert.equal((await new Visitor(hub).logIn(name, password)).status, 303);
    }
    assert.equal(new Set(cards.map(([, password]) => password)).size, 3);
  });

  it('says both languages on each card, and the address that the teacher gives', async () => {
    const teacher = await teacherOf(hub);
    const { html } = await teacher.open(`${CARDS}?address=192.168.1.5:5000&lang=zh`);
    assert.match(html, /<code>http:\/\/192\.168\.1\.5:5000\/<\/code>/);
    assert.match(textOf(html), /User name · 用户名/);
    for (const wrong of ['a b', '<script>', 'x'.repeat(300), 'host:99999', 'javascript:alert(1)']) {
      const { status } = await teacher.open(`${CARDS}?address=${encodeURIComponent(wrong)}`);
      assert.equal(status, 400, wrong);
    }
    assert.equal((await teacher.open(`${CARDS}?only=admin`)).status, 404);
    assert.equal(cardsOn((await teacher.open(`${CARDS}?only=student02`)).html).length, 1);
  });

  it('keeps its accounts over a restart, and a card does not show a changed password', async () => {
    const before = cardsOn((await (await teacherOf(hub)).open(CARDS)).html);
    const [[name, password = '']] = before as [readonly [string, string]];
    const body = { password: 'my own secret' };
    await send(hub, `PUT /v1/users/${name}/`, { auth: basic(name, password), body }).expect(204);
    await hub.restart();
    const after = cardsOn((await (await teacherOf(hub)).open(CARDS)).html);
    assert.deepEqual(after, [[name, undefined], ...before.slice(1)]);
    await send(hub, 'GET /v1/users/', { auth: basic(name, 'my own secret') }).expect(200);
    const kept = await readFile(join(hub.folder, 'users', `${name}.json`), 'utf8');
    assert.doesNotMatch(kept, new RegExp(password));
  });

  it('grows when more are asked for, past the names that others have', async () => {
    await using small = await startTestHub({ people: ['student02', 'alice'], class: 2 });
    const teacher = await teacherOf(small);
    assert.deepEqual(
      cardsOn((await teacher.open(CARDS)).html).map(([name]) => name),
      ['student01', 'student03'],
    );
    await small.close();
  });

  it('lets the teacher freeze sign-ups, on the page and over the API', async () => {
    const teacher = await teacherOf(hub);
    const body = { username: 'newcomer', password: 'sesame', email: 'n@example.com' };
    assert.equal((await teacher.send(BOARD, { act: 'freeze' })).status, 303);
    await send(hub, 'POST /v1/users/', { body }).expect(401);
    const { html } = await new Visitor(hub).open('/account/signup/');
    assert.match(textOf(html), /Nobody can sign up here at the moment/);
    assert.equal((await teacher.send(BOARD, { act: 'thaw' })).status, 303);
    await send(hub, 'POST /v1/users/', { body }).expect(201);
    assert.equal((await teacher.send(BOARD, { act: 'other' })).status, 400);
    const foreign = { Origin: 'http://example.com' };
    assert.equal((await teacher.send(BOARD, { act: 'freeze' }, foreign)).status, 403);
  });

  it('is for admins alone', async () => {
    const [, [name, password]] = cardsOn((await (await teacherOf(hub)).open(CARDS)).html) as [
      unknown,
      readonly [string, string],
    ];
    const student = new Visitor(hub);
    await student.logIn(name, password);
    for (const path of [BOARD, CARDS]) {
      assert.equal((await student.open(path)).status, 403, path);
      assert.match((await new Visitor(hub).open(path)).location ?? '', /^\/account\/login\//);
    }
    assert.equal((await student.send(BOARD, { act: 'freeze' })).status, 403);
    assert.doesNotMatch((await student.open('/')).html, /sandbox\/class/);
    assert.match((await (await teacherOf(hub)).open('/')).html, /sandbox\/class/);
  });

  it('has no pages where there is no class', async () => {
    await using plain = await startTestHub();
    assert.equal((await (await teacherOf(plain)).open(BOARD)).status, 404);
  });

  it('needs pages and a journal', async () => {
    for (const without of [{ web: false }, { sandbox: 'off' }, { journal: 0 }] as const) {
      await assert.rejects(startPlainHub({ class: 2, ...without }), /--class: it needs the pages/);
    }
    await assert.rejects(startPlainHub({ class: 0 }), /class/);
    await assert.rejects(startPlainHub({ class: 201 }), /class/);
  });

  it('writes no password of a card into a log', async () => {
    const lines: string[] = [];
    await using loud = await startTestHub({
      class: 1,
      logLevel: 'debug',
      logTo: { write: (line) => lines.push(line) },
    });
    const [[, password = '']] = cardsOn((await (await teacherOf(loud)).open(CARDS)).html) as [
      readonly [string, string],
    ];
    await loud.close();
    assert.ok(lines.some((line) => line.includes(CARDS)));
    assert.ok(lines.every((line) => !line.includes(password) && !line.includes('<html')));
  });
});

describe('a student of a class', () => {
  const hub = useHub({ class: 3, people: ['alice'] });
  const firstPush = '/sandbox/lessons/first-push/';
  const pageOf = (name: string): string => `/sandbox/class/students/${name}/`;

  /** A student in a browser, and as a docker logs in. */
  const enter = async (name: string) => {
    const { visitor, password } = await studentOf(hub, await teacherOf(hub), name);
    return { visitor, auth: basic(name, password) };
  };

  /** How the board shows a student. */
  async function lineOf(name: string): Promise<string> {
    const { html } = await (await teacherOf(hub)).open(BOARD);
    const rows = html.split('<tr').filter((row) => row.includes(pageOf(name)));
    return textOf(rows.at(-1) ?? '').trim();
  }

  it('is on the board with their lesson, their step and their last request', async () => {
    const { visitor, auth } = await enter('student01');
    assert.match(await lineOf('student02'), /Nothing yet/);
    await visitor.send(firstPush, { act: 'begin' });
    assert.match(await lineOf('student01'), /0\/2 0 of 2/);
    await pushImage(hub, auth, 'student01/static_web', makeImage('class'));
    const line = await lineOf('student01');
    assert.match(line, /1\/2 1 of 2/);
    assert.match(line, /student01\/static_web/);
    await visitor.send('/account/profile/', { full_name: '李雷' });
    assert.match(await lineOf('student01'), /李雷/);
    await send(hub, 'GET /v1/repositories/student01/static_web/tags', { auth }).expect(200);
    assert.match(await lineOf('student01'), /✓ done/);
  });

  it('is put back to the beginning of a step, and begins again; others lose nothing', async () => {
    const [one, two] = [await enter('student02'), await enter('student03')];
    const shared = makeImage('held by both');
    await pushImage(hub, two.auth, 'student03/static_web', shared);
    await pushImage(hub, basic('alice'), 'alice/static_web', shared);
    await one.visitor.send(firstPush, { act: 'begin' });
    await pushImage(hub, one.auth, 'student02/static_web', makeImage('of one'));
    assert.match(await lineOf('student02'), /1 of 2/);
    const teacher = await teacherOf(hub);
    const back = { act: 'restore', step: '0' };
    assert.equal((await teacher.send(pageOf('student02'), back)).status, 303);
    assert.match(await lineOf('student02'), /0 of 2/);
    await send(hub, 'GET /v1/repositories/student02/static_web/tags').expect(404);
    await pushImage(hub, one.auth, 'student02/static_web', shared);
    await pushImage(hub, one.auth, 'student02/payroll', makeImage('theirs alone'));
    const unsure = await teacher.send(pageOf('student02'), { act: 'reset' });
    assert.equal(unsure.status, 400);
    assert.match(textOf(unsure.html), /Nothing was changed/);
    await send(hub, 'GET /v1/repositories/student02/payroll/tags').expect(200);
    const reset = await teacher.send(pageOf('student02'), { act: 'reset', sure: 'yes' });
    assert.equal(reset.status, 303);
    for (const name of ['static_web', 'payroll']) {
      await send(hub, `GET /v1/repositories/student02/${name}/tags`).expect(404);
    }
    assert.doesNotMatch(await lineOf('student02'), /of 2|✓/);
    for (const owner of ['student03', 'alice']) {
      const auth = await readToken(hub, `${owner}/static_web`);
      const { body } = await send(hub, `GET /v1/images/${shared.id}/layer`, { auth }).expect(200);
      assert.ok(shared.layer.equals(body as Buffer));
    }
    await send(hub, 'GET /v1/users/', { auth: one.auth }).expect(200);
    assert.equal((await one.visitor.open('/account/welcome/')).status, 200);
  });

  it('gets another password, which ends the sessions of the former', async () => {
    const { visitor, auth } = await enter('student03');
    const teacher = await teacherOf(hub);
    assert.equal((await teacher.send(pageOf('student03'), { act: 'card' })).status, 303);
    await send(hub, 'GET /v1/users/', { auth }).expect(401);
    assert.match((await visitor.open('/account/welcome/')).location ?? '', /login/);
    await enter('student03');
  });

  it('is stuck when nothing was ticked off for five minutes', async () => {
    let now = Date.parse('2014-11-14T04:38:28Z');
    await using slow = await startTestHub({ class: 2, clock: { now: () => now } });
    const teacher = await teacherOf(slow);
    const name = 'student01';
    const { visitor, password } = await studentOf(slow, teacher, name);
    await visitor.send(firstPush, { act: 'begin' });
    now += 4 * 60_000;
    assert.match(textOf((await teacher.open(BOARD)).html), /Nobody is stuck/);
    const root = { auth: basic(name, password), body: [] };
    await send(slow, 'PUT /v1/repositories/static_web/', root).expect(403);
    now += 60_000;
    assert.match(textOf((await teacher.open(BOARD)).html), /1 student is stuck: student01/);
    const { html } = await teacher.open(pageOf(name));
    assert.match(textOf(html), /Refused to them since this step began:.*student01/);
    await teacher.send(pageOf(name), { act: 'restore', step: '0' });
    assert.match(textOf((await teacher.open(BOARD)).html), /Nobody is stuck/);
  });

  it('is shown on the wall, with names only if they are asked for', async () => {
    const { visitor, auth } = await enter('student01');
    await visitor.send('/sandbox/lessons/root-push/', { act: 'begin' });
    const teacher = await teacherOf(hub);
    const projector = '/sandbox/class/projector/';
    const { html } = await teacher.open(projector);
    const [shown = ''] = html.split('<form class="filter steering"');
    assert.match(textOf(html), /First push 1 of 3/);
    assert.doesNotMatch(shown, /student0|李雷/);
    assert.match((await teacher.open(`${projector}?names=1`)).html, /<bdi>李雷/);
    await send(hub, 'GET /v1/search?q=on-the-wall', { auth }).expect(200);
    const followed = await teacher.open(`${projector}?follow=student01`);
    assert.match(textOf(followed.html), /Requests of student01.*on-the-wall/);
    assert.match(
      followed.html,
      /data-live="\/sandbox\/live\/events\?after=\d+&amp;user=student01"/,
    );
    assert.equal((await teacher.open(`${projector}?follow=alice`)).status, 404);
  });

  it('is neither another account nor an invalid name', async () => {
    const teacher = await teacherOf(hub);
    for (const name of ['alice', 'admin', 'nobody', '__proto__', '%00', 'a'.repeat(500)]) {
      assert.equal((await teacher.open(pageOf(name))).status, 404, name);
      const reset = { act: 'reset', sure: 'yes' };
      assert.equal((await teacher.send(pageOf(name), reset)).status, 404, name);
    }
    for (const fields of [{}, { act: 'x' }, { act: 'restore' }, { act: 'restore', step: '-1' }]) {
      assert.equal((await teacher.send(pageOf('student01'), fields)).status, 400);
    }
    const far = { act: 'restore', step: '99' };
    assert.equal((await teacher.send(pageOf('student01'), far)).status, 303);
    await send(hub, 'GET /v1/repositories/alice/static_web/tags').expect(200);
  });
});

describe('the addresses on cards', () => {
  const own = [
    { address: '127.0.0.1', family: 'IPv4', internal: true },
    { address: '192.168.1.5', family: 'IPv4', internal: false },
    { address: 'fe80::1', family: 'IPv6', internal: false },
  ];
  for (const [host, expected] of [
    ['127.0.0.1', []],
    ['localhost', []],
    ['::1', []],
    ['0.0.0.0', ['192.168.1.5']],
    ['::', ['192.168.1.5']],
    ['10.0.0.7', ['10.0.0.7']],
    ['fd00::7', ['[fd00::7]']],
    ['hub.example', ['hub.example']],
  ] as const) {
    it(`are ${expected.join(', ') || 'none'} of a hub on ${host}`, () => {
      assert.deepEqual(reachableAddresses(host, own), expected);
    });
  }
});

describe('a start with a class', () => {
  it('makes an admin if a failed start has left only students', async () => {
    const data = await mkdtemp(join(tmpdir(), 'hub-v1-class-'));
    try {
      const open = await openHub({ data, bcryptRounds: 4 });
      await open.domain.students.enrol(1);
      await open.close();
      const login = { username: 'teacher', password: 'sesame' };
      await using hub = await startPlainHub({ data, class: 1, firstAdmin: () => login });
      assert.equal(hub.users.get('teacher')?.admin, true);
      await hub.close();
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  });

  it('tells the teacher where it is, and as whom to log in', async (t) => {
    const flags = ['--ephemeral', '--bcrypt-rounds', '4', '--class', '2'];
    const hub = await serve(t, flags);
    const { output } = await hub.end();
    const lines = output.trim().split('\n');
    assert.equal(lines.length, 3);
    assert.match(lines[1] ?? '', /^hub-v1 made the account admin with the password \S+$/);
    const place = `http://127.0.0.1:${hub.port}/sandbox/class/`;
    assert.equal(lines[2], `hub-v1 has a class: log in as admin at ${place}`);
    const named = await serve(t, [...flags, '--admin', 'teacher:sesame']);
    assert.match((await named.end()).output, /class: log in as teacher at /);
    const { code, errors } = await run(['--class', '0']);
    assert.equal(code, 2);
    assert.match(errors, /--class.*from 1 to 200/);
  });

  it('warns if there is nobody to lead it', async (t) => {
    const data = await mkdtemp(join(tmpdir(), 'hub-v1-class-'));
    t.after(() => rm(data, { recursive: true, force: true }));
    const open = await openHub({ data, bcryptRounds: 4 });
    await open.domain.accounts.register({
      username: 'alice',
      password: 'sesame',
      email: 'a@example.com',
    });
    await open.close();
    const hub = await serve(t, ['--data', data, '--bcrypt-rounds', '4', '--class', '1']);
    assert.match((await hub.end()).output, /no admin to lead it: start it with --admin/);
  });
});
