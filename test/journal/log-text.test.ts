/* The log for people: narrow enough for a terminal, in local time, each client's steps below its name. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storyOf, wantsColour } from '../../src/journal/log-text.js';

const ID = '8dbd9e392a964056420e5d58ca5cc376ef18e2de93b5cc90e868a1bbc8318c1c';
const TIME = new Date(2014, 5, 9, 14, 2, 31);

function entry(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ level: 30, time: TIME.toISOString(), ...fields });
}

const request = {
  address: '172.17.0.2',
  method: 'PUT',
  path: `/v1/images/${ID}/layer`,
  query: '',
  status: 200,
  duration: 12.34,
  msg: 'docker uploads the layer of image 8dbd9e39, with its write token: done',
};

describe('a log for people', () => {
  it('is a story by day and by client', () => {
    const tell = storyOf(false);
    const lines = [
      tell(entry(request)),
      tell(entry(request)),
      tell(entry({ ...request, address: '::1', status: 0 })),
      tell(entry({ msg: 'the journal is full', level: 40 })),
    ];
    const sentence =
      '         docker uploads the layer of image 8dbd9e39, with its write token: done';
    assert.deepEqual(lines.join('').split('\n'), [
      '-- 2014-06-09 --',
      '172.17.0.2',
      '14:02:31 PUT /v1/images/8dbd9e39…/layer 200 12ms',
      sentence,
      '14:02:31 PUT /v1/images/8dbd9e39…/layer 200 12ms',
      sentence,
      '::1',
      '14:02:31 PUT /v1/images/8dbd9e39…/layer - 12ms',
      sentence,
      '14:02:31 the journal is full',
      '',
    ]);
  });

  it('says where nothing of a request could be read', () => {
    const unreadable = { ...request, method: '', path: '', status: 400, duration: 0 };
    const lines = storyOf(false)(entry(unreadable)).split('\n');
    assert.equal(lines[2], '14:02:31 (unreadable) 400 0ms');
  });

  it('has no line of more than 100 columns', () => {
    const tell = storyOf(false);
    const long = ['x'.repeat(5000), '镜'.repeat(200), 'a b '.repeat(100), '\x1b'.repeat(300), ID];
    for (const text of long) {
      const lines = tell(entry({ ...request, path: `/v1/${text}`, query: text, msg: text }));
      for (const line of lines.split('\n')) {
        const columns = [...line].reduce((sum, each) => sum + (each === '镜' ? 2 : 1), 0);
        assert.ok(columns <= 100, line);
      }
    }
  });

  it('is coloured on a terminal, unless somebody said NO_COLOR', () => {
    assert.equal(wantsColour(true, {}), true);
    assert.equal(wantsColour(true, { NO_COLOR: '' }), true);
    assert.equal(wantsColour(true, { NO_COLOR: '1' }), false);
    assert.equal(wantsColour(true, { TERM: 'dumb' }), false);
    assert.equal(wantsColour(false, {}), false);
    const esc = String.fromCharCode(27);
    assert.ok(
      storyOf(true)(entry({ ...request, status: 500 })).includes(`${esc}[31m 500 12ms${esc}[0m`),
    );
    assert.ok(!storyOf(false)(entry({ ...request, status: 500 })).includes(esc));
  });

  it('shows where an error came from', () => {
    const tell = storyOf(false);
    const text = tell(
      entry({ level: 50, msg: 'a request failed', err: { stack: 'Error: x\n    at y' } }),
    );
    assert.match(text, /^14:02:31 a request failed\n {9}Error: x\n {9} {4}at y\n$/m);
  });
});
