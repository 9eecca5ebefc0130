/* Options of `hub-v1 serve` that are wrong: one clear line that names the option, and exit code 2. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Command, CommanderError } from 'commander';
import { makeCertificates } from '../../src/cli/certificates.js';
import { serveOptions } from '../../src/options/command-line.js';
import { run } from '../support/command.js';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-v1-options-'));
});

after(() => rm(folder, { recursive: true, force: true }));

const NO_NUMBERS = [
  '',
  'x',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  ' 1',
  '1 ',
  'NaN',
  'Infinity',
  '9'.repeat(20),
];
const NO_SWITCHES = ['yes please', '2', 'on fire', '-'];
const NO_HOSTS = ['', ' ', 'a b', 'http://127.0.0.1', '127.0.0.1/8', '[::1]:5000', '*', 'a,b'];

/** Values that commander refuses before anything is started; every option that it can judge is here. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  host: NO_HOSTS,
  port: [...NO_NUMBERS, '65536'],
  data: [''],
  ephemeral: NO_SWITCHES,
  'no-web': NO_SWITCHES,
  endpoints: [
    '',
    ',',
    'a,',
    'http://a',
    'a:',
    'a:x',
    'a:65536',
    'a:123456',
    'a b',
    'a/b',
    '[::1',
    'a;b',
  ],
  registration: ['', 'maybe', 'Open', 'true'],
  anonymous: ['', 'none', 'Push', 'true'],
  'anonymous-anywhere': NO_SWITCHES,
  sandbox: ['', 'true', 'ON', 'always'],
  v2: ['', 'on', 'true', 'AUTO'],
  class: [...NO_NUMBERS, '0', '201'],
  'token-ttl': [...NO_NUMBERS, '0', '31536001'],
  'tls-legacy': NO_SWITCHES,
  'trusted-proxy': ['', 'proxy', '10.0.0.0/33', '10.0.0.1,', '::1/129'],
  as: ['', 'example.com', 'docker.io'],
  'bcrypt-rounds': [...NO_NUMBERS, '3', '16'],
  'max-layer': [...NO_NUMBERS, '0'],
  'max-files': [...NO_NUMBERS, '0', '10000001'],
  'max-json': [...NO_NUMBERS, '0'],
  'max-headers': [...NO_NUMBERS, '0'],
  'max-connections': [...NO_NUMBERS, '0'],
  'headers-timeout': [...NO_NUMBERS, '0'],
  'body-timeout': [...NO_NUMBERS, '0'],
  'idle-timeout': [...NO_NUMBERS, '0'],
  'keep-alive-timeout': [...NO_NUMBERS, '0'],
  'login-limit': NO_NUMBERS,
  'login-window': [...NO_NUMBERS, '0'],
  'login-queue': [...NO_NUMBERS, '0'],
  'log-level': ['', 'loud', 'INFO', '30'],
  'log-format': ['', 'xml'],
  control: NO_SWITCHES,
  'exit-with-parent': NO_SWITCHES,
  journal: NO_NUMBERS,
};

/** What commander says of a command line, as `hub-v1 serve` would. */
function complaint(args: readonly string[]): string {
  let said = '';
  const command = new Command('serve').exitOverride().configureOutput({
    writeErr: (text) => {
      said += text;
    },
  });
  for (const option of serveOptions()) command.addOption(option);
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode !== 0) return said;
    throw error;
  }
  return '';
}

function withVariable<R>(name: string, value: string, work: () => R): R {
  process.env[name] = value;
  try {
    return work();
  } finally {
    delete process.env[name];
  }
}

describe('a wrong value', () => {
  for (const [name, values] of Object.entries(WRONG)) {
    it(`of --${name} is refused, and of its variable too`, () => {
      const variable = `HUB_${name.replaceAll('-', '_').toUpperCase()}`;
      for (const value of values) {
        const byFlag = complaint([`--${name}=${value}`]);
        assert.match(byFlag, /^error: [^\n]+\n$/, `--${name}=${value}`);
        assert.ok(byFlag.includes(`--${name}`), byFlag);
        // An empty switch is one that is off; commander's "=" does not tell it from none.
        const byVariable = withVariable(variable, value, () => complaint([]));
        assert.match(byVariable, /^error: [^\n]+\n$/, `${variable}=${value}`);
        assert.ok(byVariable.includes(variable), byVariable);
      }
    });
  }

  it('is looked for in every option that has rules', () => {
    const ruled = serveOptions().filter(
      (option) => option.parseArg !== undefined || option.argChoices !== undefined,
    );
    const names = ruled.map((option) => option.name());
    assert.deepEqual(
      names.filter((name) => WRONG[name] === undefined),
      [],
    );
  });

  it('is none where it is right', () => {
    const right: readonly (readonly string[])[] = [
      ['--host', '::1', '--port', '0', '--token-ttl', '1', '--bcrypt-rounds', '4'],
      ['--host', 'localhost', '--port', '65535', '--endpoints', 'a, b:1,[::1]:5000'],
      ['--ephemeral', '--registration', 'closed', '--log-level', 'silent'],
      ['--ephemeral=0'],
      ['--no-web'],
    ];
    for (const args of right) assert.equal(complaint(args), '', args.join(' '));
    for (const value of ['', '0', 'false', '1', 'true', 'TRUE']) {
      assert.equal(
        withVariable('HUB_EPHEMERAL', value, () => complaint([])),
        '',
        value,
      );
    }
  });
});

describe('the command, told something wrong', () => {
  interface Case {
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly says: RegExp;
  }
  const cases: Readonly<Record<string, Case>> = {
    'a port': { args: ['--port', 'x'], says: /--port.* whole number from 0 to 65535/ },
    'a variable': { args: [], env: { HUB_PORT: 'x' }, says: /HUB_PORT/ },
    'no host': { args: ['--host', ''], says: /--host/ },
    "another machine's address": { args: ['--host', '192.0.2.1'], says: /--host.*192\.0\.2\.1/ },
    'no folder': { args: ['--data', ''], says: /--data/ },
    'an option that there is not': { args: ['--colour', 'red'], says: /unknown option '--colour'/ },
    'an option without its value': { args: ['--port'], says: /--port.* missing/ },
    'an admin without a password': { args: ['--admin', 'boss'], says: /--admin.*NAME:PASSWORD/ },
    'an admin without a name': { args: ['--admin', ':secret-x'], says: /--admin.*NAME:PASSWORD/ },
    'an admin with a short password': { args: ['--admin', 'boss:tiny'], says: /--admin.*password/ },
    'an admin with an odd name': {
      args: ['--admin', 'The Boss:secret-x'],
      says: /--admin.*username/,
    },
    'a reserved admin': {
      args: [],
      env: { HUB_ADMIN: 'library:secret-x' },
      says: /admin.*reserved/i,
    },
    'a certificate without a key': { args: ['--tls-cert', 'x.pem'], says: /--tls-cert.*--tls-key/ },
    'a key without a certificate': { args: ['--tls-key', 'x.pem'], says: /--tls-cert.*--tls-key/ },
    'a certificate that is not there': {
      args: ['--tls-cert', '/nowhere/cert.pem', '--tls-key', '/nowhere/key.pem'],
      says: /--tls-cert: \/nowhere\/cert\.pem: there is no such file$/m,
    },
  };
  for (const [what, { args, env = {}, says }] of Object.entries(cases)) {
    it(`says so on one line and exits 2: ${what}`, async () => {
      const cwd = await mkdtemp(join(folder, 'cwd-'));
      const port = args.includes('--port') || 'HUB_PORT' in env ? [] : ['--port', '0'];
      const { code, output, errors } = await run(['serve', ...port, ...args], { cwd, env });
      assert.deepEqual([code, output], [2, '']);
      assert.match(errors, /^hub-v1: [^\n]+\n$/);
      assert.match(errors, says);
      assert.doesNotMatch(errors, /secret-x/);
      assert.ok(!(await readdir(cwd)).includes('users'));
    });
  }

  it('says so of invalid certificates, and of those that another key belongs to', async () => {
    const { leaf } = await makeCertificates(new Date());
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const texts = {
      cert: leaf.cert,
      key: leaf.key,
      other: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      none: 'nothing',
    };
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
    for (const [cert, key] of [
      ['none', 'key'],
      ['cert', 'none'],
      ['cert', 'other'],
      ['key', 'cert'],
    ] as const) {
      const files = ['--tls-cert', join(folder, cert), '--tls-key', join(folder, key)];
      const { code, output, errors } = await run(['serve', '--port', '0', '--ephemeral', ...files]);
      assert.deepEqual([code, output], [2, ''], `${cert} ${key}`);
      assert.match(errors, /^hub-v1: --tls-cert: [^\n]+\n$/);
    }
  });

  it('says so of a command that there is not', async () => {
    for (const args of [
      ['nothing'],
      ['user'],
      ['user', 'nothing'],
      ['serve', 'now'],
      ['user', 'add'],
    ]) {
      const { code, output, errors } = await run(args, { cwd: folder });
      assert.deepEqual([code, output], [2, ''], args.join(' '));
      assert.notEqual(errors, '');
    }
  });
});
