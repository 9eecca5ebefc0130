/* What somebody has done of the lessons is kept with their account: over a restart, and as far back as a reset goes. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { studentOf } from '../support/cards.js';
import { type Address, basic, PASSWORD, send } from '../support/client.js';
import { startPlainHub, startTestHub } from '../support/hub.js';
import { Visitor } from '../support/visitor.js';

const LESSON = '/sandbox/lessons/login/';

/** Does the lesson of a login, by plain HTTP. */
async function doLesson(hub: Address, visitor: Visitor, name: string, password = PASSWORD) {
  await visitor.send(LESSON, { act: 'begin' });
  await send(hub, 'GET /v1/users/', { auth: basic(name, 'wrong') }).expect(401);
  await send(hub, 'GET /v1/users/', { auth: basic(name, password) }).expect(200);
  assert.equal((await visitor.send(LESSON, { act: 'answer', choice: '2' })).status, 303);
  assert.equal(await badges(visitor), 1);
}

/** How many lessons are done, as the list of all says. */
async function badges(visitor: Visitor): Promise<number> {
  const { html } = await visitor.open('/sandbox/lessons/');
  return [...html.matchAll(/class="badge"/g)].length;
}

async function visitorOf(hub: Address, name: string): Promise<Visitor> {
  const visitor = new Visitor(hub);
  assert.equal((await visitor.logIn(name)).status, 303);
  return visitor;
}

it('outlasts a restart, for the one who did it', async () => {
  await using hub = await startTestHub({ people: ['alice', 'bobby'] });
  await doLesson(hub, await visitorOf(hub, 'alice'), 'alice');
  await hub.restart();
  assert.equal(await badges(await visitorOf(hub, 'alice')), 1);
  assert.equal(await badges(await visitorOf(hub, 'bobby')), 0);
  const document = await readFile(join(hub.folder, 'users', 'alice.json'), 'utf8');
  assert.deepEqual((JSON.parse(document) as { lessons: string[] }).lessons, ['login']);
});

it('stays on the board of a class, until the teacher resets the student', async () => {
  await using hub = await startTestHub({ class: 2, onDisk: true });
  const board = async (): Promise<string> =>
    (await (await visitorOf(hub, 'admin')).open('/sandbox/class/')).html;
  const { visitor, password } = await studentOf(hub, await visitorOf(hub, 'admin'), 'student01');
  await doLesson(hub, visitor, 'student01', password);
  const done = /✓/g;
  const before = [...(await board()).matchAll(done)].length;
  await hub.restart();
  assert.equal([...(await board()).matchAll(done)].length, before);
  const teacher = await visitorOf(hub, 'admin');
  const reset = { act: 'reset', sure: 'yes' };
  await teacher.send('/sandbox/class/students/student01/', reset);
  assert.equal([...(await board()).matchAll(done)].length, before - 1);
  await hub.restart();
  assert.equal([...(await board()).matchAll(done)].length, before - 1);
});

it('goes with a reset of the hub, and comes back with a snapshot', async () => {
  const people = { users: [{ username: 'alice', password: PASSWORD }] };
  await using hub = await startPlainHub({ seed: people, journal: 1000 });
  await doLesson(hub, await visitorOf(hub, 'alice'), 'alice');
  await hub.snapshot('done');
  await hub.reset();
  assert.equal(await badges(await visitorOf(hub, 'alice')), 0);
  await hub.restore('done');
  assert.equal(await badges(await visitorOf(hub, 'alice')), 1);
});
