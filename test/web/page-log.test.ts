import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startTestHub } from '../support/hub.js';
import { Visitor } from '../support/visitor.js';

/* What the log says of pages. */

for (const logLevel of ['info', 'debug'] as const) {
  it(`at level ${logLevel} tells the cookie of a login from a password, and shows no line of a terminal`, async () => {
    const lines: string[] = [];
    const logTo = { write: (line: string) => void lines.push(line) };
    await using hub = await startTestHub({ people: ['alice'], logLevel, logTo });
    const alice = new Visitor(hub);
    await alice.logIn('alice');
    await alice.open('/sandbox/lessons/login/?act=run&line=docker+login+-u+alice+-p+pa55');
    await hub.close();
    const opened = lines.find((line) => line.includes('/sandbox/lessons/login/')) ?? '{}';
    const { who, query } = JSON.parse(opened) as { who: unknown; query: string };
    assert.deepEqual(who, { by: 'session', user: 'alice' });
    assert.equal(query, '***');
    assert.ok(!lines.join('').includes('pa55'));
  });
}
