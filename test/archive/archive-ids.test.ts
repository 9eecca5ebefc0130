/*
 * The ids that images get when they come from a `docker save` of today. The expected values were
 * computed apart from this code, from the JSON that docker is known to hash.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chainIds, createId, v1Fields } from '../../src/domain/bridge/v1-image.js';

const LAYERS = ['11', '22', '33'].map((digits) => `sha256:${digits.repeat(32)}`);
const [FIRST = '', SECOND = '', THIRD = ''] = chainIds(LAYERS);

/** A config with everything that is written differently in Go than in JavaScript. */
const CONFIG = {
  os: 'linux',
  architecture: 'arm64',
  variant: 'v8',
  id: 'not part of it',
  parent: 'sha256:nor this',
  Size: 7,
  author: 'Tëst',
  comment: 'c',
  container: 'abc',
  created: '2015-01-02T03:04:05.120000000+02:00',
  docker_version: '28.5.2',
  'os.version': 'dropped',
  history: [],
  rootfs: { type: 'layers', diff_ids: LAYERS },
  container_config: { Cmd: 'one text', Unknown: 1 },
  config: {
    Labels: { a: 'ä', '9': 'nine', '10': 'ten', '🐳': 'whale', '￦': 'wide', '': 'nothing' },
    ExposedPorts: { '9/udp': {}, '80/tcp': {}, '443/tcp': {} },
    hostname: 'h',
    User: 'web',
    AttachStdout: true,
    Env: ['A=1 & 2', 'B=<b>\b\n\u2028'],
    Cmd: ['/bin/sh'],
    Healthcheck: { Test: ['CMD', 'true'], Interval: 30_000_000_000, Timeout: 0, Retries: 3 },
    ArgsEscaped: true,
    Image: '',
    Volumes: {},
    WorkingDir: '/',
    Entrypoint: [],
    NetworkDisabled: false,
    OnBuild: [],
    StopSignal: 'SIGTERM',
    StopTimeout: 0,
    Shell: ['/bin/bash', '-c'],
  },
};

const EMPTY = v1Fields({ created: '1970-01-01T00:00:00Z' }, 'test');
const BASE = 'b92deaa799f8eb0e37ff758683cf41685a53eb2ca7a8c0853efb3c6ef9966ba4';
const MIDDLE = '29b668817176055a98223c14cb46abcd368b0c690a08b05d69285cedea8cdad0';
const TOP = '4e55760dfadb22e980a0cf9e24bc8e72883e9ef03b27ff62a2f60a8f54fd1658';

describe('the id of an image that comes without one', () => {
  it('names the layers up to each by their sums', () => {
    assert.deepEqual(chainIds(LAYERS), [
      LAYERS[0],
      'sha256:9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5',
      'sha256:50127c0d6b338be78246434b4bce23ecf75e505158ea0bbd15effeb162fbf3ec',
    ]);
    assert.deepEqual(chainIds([]), []);
  });

  it('is that of docker for a layer without a config', () => {
    assert.equal(createId(EMPTY, FIRST, undefined), BASE);
    assert.equal(createId(EMPTY, SECOND, BASE), MIDDLE);
  });

  it('is that of docker 1.10 to 1.12 for the time that these give to it', () => {
    const id = 'bc0bcad18270d84931bf5580982ad0287349aacbeb8150d0ada8a43c6d13fec5';
    assert.equal(createId(v1Fields({}, 'test'), FIRST, undefined), id);
  });

  it('is that of docker for a config', () => {
    assert.equal(createId(v1Fields(CONFIG, 'test'), THIRD, MIDDLE), TOP);
  });
});

describe('a config that docker could not read', () => {
  const odd: readonly [config: unknown, message: RegExp][] = [
    [[], /^test must be an object$/],
    [{ created: 'yesterday' }, /^test: created must be a time like 2015-01-01T00:00:00Z$/],
    [{ author: 7 }, /^test: author must be a text$/],
    [{ config: [] }, /^test: config must be an object$/],
    [{ config: { Env: 'A=1' } }, /^test: config: Env must be a list of texts$/],
    [{ config: { Cmd: [1] } }, /^test: config: Cmd\[0\] must be a text$/],
    [{ config: { Tty: 'yes' } }, /^test: config: Tty must be true or false$/],
    [{ config: { StopTimeout: 1.5 } }, /^test: config: StopTimeout must be a whole number$/],
    [{ config: { Labels: { a: 1 } } }, /^test: config: Labels\.a must be a text$/],
  ];
  for (const [config, message] of odd) {
    it(`is refused: ${JSON.stringify(config)}`, () => {
      assert.throws(() => v1Fields(config, 'test'), { message });
    });
  }
});
