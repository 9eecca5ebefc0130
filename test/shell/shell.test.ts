/**
 * The shell of the terminal pane: what it plays, what it refuses, and that it reaches nothing but its hub.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { Shell, Shells } from '../../src/shell/index.js';
import { PASSWORD } from '../support/client.js';
import { useHub } from '../support/hub.js';

const hub = useHub({ people: ['jamtur01'] });

function reach() {
  return { index: new URL(hub.url), hosts: [`127.0.0.1:${hub.port}`], onConnection: () => {} };
}

/** Types lines one after the other; gives what the last one came to. */
async function typed(shell: Shell, ...lines: readonly string[]) {
  let ran = { line: '', text: '', exit: -1 };
  for (const line of lines)
    ran = await shell.run(line.replaceAll('HUB', `127.0.0.1:${hub.port}`), reach());
  return ran;
}

const LINES: readonly {
  readonly lines: readonly string[];
  readonly text: string | RegExp;
  readonly exit?: number;
}[] = [
  { lines: ['pwd'], text: '/\n' },
  { lines: ['mkdir web && cd web', 'pwd'], text: '/web\n' },
  { lines: ['mkdir web', 'cd web', 'cd ../../..', 'pwd'], text: '/\n' },
  { lines: ['echo hi > a', 'echo you >> a', 'cat a'], text: 'hi\nyou\n' },
  { lines: ['mkdir -p a/b', 'echo x > a/b/c', 'ls a'], text: 'b/\n' },
  { lines: ['touch .dockercfg x', 'ls'], text: 'x\n' },
  {
    lines: ['mkdir a', 'touch a/b', 'rm a'],
    text: "rm: cannot remove 'a': Is a directory\n",
    exit: 1,
  },
  { lines: ['mkdir a', 'touch a/b', 'rm -r a', 'ls'], text: '' },
  { lines: ['cat /etc/passwd'], text: 'cat: /etc/passwd: No such file or directory\n', exit: 1 },
  { lines: ['cat ../../../../etc/passwd'], text: /No such file/, exit: 1 },
  { lines: ['echo x > no/such'], text: 'sh: no/such: No such file or directory\n', exit: 2 },
  { lines: ['node -e 1'], text: /^sh: node: command not found/, exit: 127 },
  { lines: ['echo $HOME'], text: /no variables, patterns or pipes/, exit: 2 },
  { lines: ['ls | cat'], text: /no variables, patterns or pipes/, exit: 2 },
  { lines: ['echo `id`'], text: /no variables, patterns or pipes/, exit: 2 },
  { lines: ["echo 'a\u001b[31mb'"], text: 'a[31mb\n' },
  { lines: [`echo ${'x'.repeat(5000)}`], text: /at most 4000 characters/, exit: 2 },
  { lines: [`${'pwd;'.repeat(30)}pwd`], text: /at most 20 commands/, exit: 2 },
  {
    lines: ['cat nothing && echo on'],
    text: /^cat: nothing: No such file or directory\n$/,
    exit: 1,
  },
  { lines: ['$ sudo docker version'], text: /^Docker version 1\.5\.0/ },
  { lines: ['docker run ubuntu'], text: /does not play "run"/, exit: 1 },
  { lines: ['help'], text: /^docker COMMAND/ },
  { lines: ['touch .dockercfg', 'mkdir a', 'cd a', 'ls -a ~/'], text: '.dockercfg\na/\n' },
  { lines: ['echo it#1 a~b wow!'], text: 'it#1 a~b wow!\n' },
  { lines: ['ls ?'], text: /no variables, patterns or pipes/, exit: 2 },
  { lines: ['curl HUB/v1/search?q=nothing'], text: /"num_results": 0/ },
  {
    lines: ['curl HUB/v1/search?q=nothing&page=2'],
    text: /letters such as \$ \? \* & \[/,
    exit: 2,
  },
  { lines: ['curl HUB/v1/_ping'], text: 'true\n' },
  { lines: ['curl -s -i http://HUB/v1/_ping'], text: /^HTTP\/1\.1 200 OK\n[\s\S]*\n\ntrue\n$/ },
  { lines: [`curl -u jamtur01:${PASSWORD} http://HUB/v1/users/`], text: '"OK"\n' },
  { lines: ['curl -o x HUB/v1/_ping', 'cat x'], text: 'true\n' },
  { lines: ['curl http://example.com/v1/_ping'], text: /only this hub is reached/, exit: 6 },
  { lines: ['curl file:///etc/passwd'], text: /only this hub is reached/, exit: 6 },
  { lines: ['curl http://HUB@example.com/v1/'], text: /only this hub is reached/, exit: 6 },
  { lines: ['curl http://HUB/_hub/health'], text: /is not reached from here/, exit: 7 },
  { lines: ['curl http://HUB/v1/../_hub/health'], text: /is not reached from here/, exit: 7 },
  { lines: ['curl http://HUB/v1/%2e%2e/_hub/health'], text: /is not reached from here/, exit: 7 },
  { lines: ['curl http://HUB/metrics'], text: /is not reached from here/, exit: 7 },
  {
    lines: ["curl -H 'X-Forwarded-For: 1.2.3.4' HUB/v1/_ping"],
    text: /is not set from here/,
    exit: 2,
  },
  { lines: ["curl -H 'Host: x' HUB/v1/_ping"], text: /is not set from here/, exit: 2 },
  { lines: ['curl -X CONNECT HUB/v1/_ping'], text: /is not known here/, exit: 2 },
  { lines: ['curl -K config HUB/v1/_ping'], text: /known here: -X/, exit: 2 },
  { lines: ['curl -d @nothing HUB/v1/users'], text: /can't read nothing/, exit: 26 },
];

for (const { lines, text, exit = 0 } of LINES) {
  it(`does as it should with ${lines.join(', ').slice(0, 100)}`, async () => {
    const ran = await typed(new Shell(), ...lines);
    if (typeof text === 'string') assert.equal(ran.text, text);
    else assert.match(ran.text, text);
    assert.equal(ran.exit, exit);
  });
}

/** Lines as they are shown. The secret in each is `pa55`, and is not among the words around it. */
const SECRETS: readonly string[] = [
  'curl -iu ann:pa55 HUB/v1/users/',
  'curl -siuann:pa55 HUB/v1/users/',
  'curl -S -u ann:pa55 HUB/v1/users/',
  'curl "-u" ann:pa55 HUB/v1/users/',
  "curl -i'u' ann:pa55 HUB/v1/users/",
  'curl --user=ann:pa55 HUB/v1/users/',
  'curl -u "ann:pa55 and more" HUB/v1/users/',
  'curl http://ann:pa55@HUB/v1/users/',
  "curl -H 'Authorization: Basic pa55' HUB/v1/users/",
  "curl -iH'Authorization: Basic pa55' HUB/v1/users/",
  `curl -d '{"password":"pa55"}' HUB/v1/users/`,
  "curl -sd'password=pa55' HUB/v1/users/",
  'docker login -u ann -ppa55 -e a@example.com',
  "docker login -u ann '-p' pa55 -e a@example.com",
  'docker login -u ann --password=pa55 -e a@example.com',
];

for (const line of SECRETS) {
  it(`shows no secret of ${line}`, async () => {
    const ran = await typed(new Shell(), line);
    assert.doesNotMatch(ran.line, /pa55/);
    assert.match(ran.line, /\*\*\*/);
  });
}

it('shows what need not be hidden', async () => {
  for (const line of ["curl -is -H 'Accept: a/b' HUB/v1/_ping", "curl -d '[]' HUB/v1/_ping"]) {
    const ran = await typed(new Shell(), line);
    assert.equal(ran.line, line.replace('HUB', `127.0.0.1:${hub.port}`));
  }
});

describe('the docker of the shell', () => {
  it('builds, logs in, pushes and pulls on the files of the shell', async () => {
    const shell = new Shell();
    const login = `docker login -u jamtur01 -p ${PASSWORD} -e j@example.com`;
    const { text, line } = await typed(shell, login);
    assert.match(text, /Login Succeeded/);
    assert.equal(line, 'docker login -u jamtur01 -p *** -e j@example.com');
    assert.equal(await shell.passwordOf('jamtur01'), PASSWORD);
    assert.equal(await shell.passwordOf('james'), undefined);
    assert.match((await typed(shell, 'cat .dockercfg')).text, /"auth"/);
    const pushed = await typed(
      shell,
      'mkdir web',
      'cd web',
      'echo hi > index.html',
      'echo FROM scratch > Dockerfile',
      'echo COPY index.html /srv/ >> Dockerfile',
      'docker build -t jamtur01/static_web .',
      'docker push jamtur01/static_web',
    );
    assert.equal(pushed.exit, 0, pushed.text);
    assert.equal((await typed(new Shell(), 'docker pull jamtur01/static_web')).exit, 0);
    assert.equal((await typed(new Shell(), 'docker pull HUB/jamtur01/static_web')).exit, 0);
  });

  it('asks at a login as docker does, and shows no password', async () => {
    const shell = new Shell();
    await typed(shell, 'docker login');
    assert.deepEqual([shell.prompt, shell.asks], ['Username:', 'word']);
    await typed(shell, 'jamtur01');
    assert.deepEqual([shell.prompt, shell.asks], ['Password:', 'secret']);
    await typed(shell, PASSWORD);
    assert.deepEqual([shell.prompt, shell.asks], ['Email:', 'word']);
    const last = await typed(shell, 'j@example.com');
    assert.deepEqual(last, { line: 'j@example.com', text: 'Login Succeeded\n', exit: 0 });
    assert.deepEqual([shell.prompt, shell.asks], ['/ $', undefined]);
    assert.deepEqual(
      shell.transcript.map(({ prompt, line, text }) => [prompt, line, text]),
      [
        ['/ $', 'docker login', ''],
        ['Username:', 'jamtur01', ''],
        ['Password:', '', ''],
        ['Email:', 'j@example.com', 'Login Succeeded\n'],
      ],
    );
    assert.equal(await shell.passwordOf('jamtur01'), PASSWORD);
    // The name is known from then on.
    await typed(shell, 'sudo docker login');
    assert.equal(shell.prompt, 'Username (jamtur01):');
  });

  it('sends nothing before all is answered, and leaves off where it is told to', async () => {
    const shell = new Shell();
    const deaf = { ...reach(), onConnection: () => assert.fail('something was sent') };
    await shell.run('docker login -u jamtur01', deaf);
    await shell.run('wrong', deaf);
    assert.equal(shell.prompt, 'Email:');
    shell.interrupt();
    assert.deepEqual([shell.prompt, shell.transcript.at(-1)?.line], ['/ $', '^C']);
    assert.equal((await typed(shell, 'pwd')).text, '/\n');
  });

  it('asks nothing in the middle of a line of several commands', async () => {
    const shell = new Shell();
    assert.match((await typed(shell, 'pwd && docker login')).text, /EOF/);
    assert.equal(shell.prompt, '/ $');
  });

  it('speaks of itself in the language of the reader', async () => {
    const ran = await new Shell().run('vi Dockerfile', reach(), 'zh');
    assert.match(ran.text, /没有 vi 这个命令/);
    assert.match((await new Shell().run('help', reach(), 'zh')).text, /只能访问这个 Hub/);
  });

  it('reaches no other host, not even to say hello', async () => {
    let met = 0;
    const other = createServer((socket) => {
      met += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      for (const command of ['pull', 'search', 'login -u a -p b -e c@example.com']) {
        const name = command.startsWith('login') ? '' : '/jamtur01/static_web';
        const ran = await typed(new Shell(), `docker ${command} 127.0.0.1:${port}${name}`);
        assert.match(ran.text, /no such host/);
        assert.notEqual(ran.exit, 0);
      }
      assert.equal(met, 0);
    } finally {
      other.close();
    }
  });
});

describe('the bounds of the shell', () => {
  it('bound the files, empty ones too', async () => {
    const shell = new Shell();
    let ran = await typed(shell, `echo ${'x'.repeat(3000)} > f`);
    for (let at = 0; at < 400 && ran.exit === 0; at += 1)
      ran = await typed(shell, 'cat f f f f f f f f f f >> g');
    assert.match(ran.text, /no space left on device/);
    const empty = new Shell();
    ran = await typed(empty, 'pwd');
    for (let at = 0; at < 4000 && ran.exit === 0; at += 1) ran = await typed(empty, `mkdir d${at}`);
    assert.match(ran.text, /no space left on device/);
  });

  it('bound what is shown', async () => {
    const shell = new Shell();
    await typed(shell, `echo ${'x'.repeat(3900)} > f`);
    const { text } = await typed(shell, `cat ${'f '.repeat(50)}`);
    assert.ok(text.length < 33_000);
    assert.match(text, /characters are shown/);
  });

  it('let one line run at a time', async () => {
    const shell = new Shell();
    const first = shell.run('docker search x', reach());
    assert.match((await shell.run('pwd', reach())).text, /still under way/);
    assert.equal((await first).exit, 0);
  });
});

describe('the shells of a hub', () => {
  it('are few for each account, the one that was not used for the longest time giving way', () => {
    const shells = new Shells();
    const other = shells.of('other', 'alice');
    const own = [1, 2, 3, 4].map((each) => shells.of(`bobby ${each}`, 'bobby'));
    assert.equal(shells.of('bobby 1', 'bobby'), own[0]);
    shells.of('bobby 5', 'bobby');
    assert.equal(shells.of('bobby 1', 'bobby'), own[0]);
    assert.notEqual(shells.of('bobby 2', 'bobby'), own[1]);
    assert.equal(shells.of('other', 'alice'), other);
  });
});
