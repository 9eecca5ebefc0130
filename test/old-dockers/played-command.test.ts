/** `hub-v1 docker` as a process: its own folder, its options, its exit codes, and what `--step` shows. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run as runHubCommand } from '../support/command.js';
import { startTestHub, type TestHub } from '../support/hub.js';

describe('hub-v1 docker', () => {
  let hub: TestHub;
  let folder: string;
  before(async () => {
    hub = await startTestHub({ people: ['jamtur01'] });
    folder = await mkdtemp(join(tmpdir(), 'hub-v1-docker-'));
    await mkdir(join(folder, 'context'));
    await writeFile(join(folder, 'context/Dockerfile'), 'FROM scratch\nADD hello /hello\n');
    await writeFile(join(folder, 'context/hello'), 'hello\n');
  });
  after(async () => {
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (options: readonly string[], words: readonly string[], input = '') =>
    runHubCommand(
      ['docker', '--graph', join(folder, 'graph'), '--index', hub.url, ...options, ...words],
      {
        input,
        cwd: folder,
        env: { HOME: folder },
      },
    );

  it('keeps its images and its login in its own folder, and nothing elsewhere', async () => {
    const login = ['login', '-u', 'jamtur01', '-p', 'sesame', '-e', 'jamtur01@example.com'];
    assert.deepEqual(await outcome(run([], login)), [0, 'Login Succeeded\n', '']);
    const [exit, output] = await outcome(run([], ['build', '-t', 'jamtur01/web', 'context']));
    assert.equal(exit, 0);
    assert.match(output, /Successfully built [0-9a-f]{12}\n$/);
    assert.deepEqual(await readdir(join(folder, 'graph')), ['graph.json', 'home', 'layers']);
    assert.equal((await stat(join(folder, 'graph/home/.dockercfg'))).mode & 0o777, 0o600);
    assert.deepEqual((await readdir(folder)).sort(), ['context', 'graph']);
  });

  it('pushes, saves and loads', async () => {
    const [exit, output] = await outcome(run([], ['push', 'jamtur01/web']));
    assert.equal(exit, 0, output);
    assert.match(output, /Image successfully pushed\nPushing tag for rev/);
    assert.deepEqual(await outcome(run([], ['save', '-o', 'web.tar', 'jamtur01/web'])), [
      0,
      '',
      '',
    ]);
    assert.ok((await readFile(join(folder, 'web.tar'))).includes('hello\n'));
    assert.deepEqual(await outcome(run([], ['rmi', 'jamtur01/web'])).then(([code]) => code), 0);
    assert.deepEqual(await outcome(run([], ['load', '-i', 'web.tar'])), [0, '', '']);
    assert.match((await outcome(run([], ['images'])))[1], /jamtur01\/web {8}latest/);
  });

  it('is another docker with --as, on the same graph', async () => {
    const [, output] = await outcome(run(['--as', '1.12.6'], ['images', '--no-trunc']));
    assert.match(output, /jamtur01\/web +latest +sha256:[0-9a-f]{64} /);
    const [exit, , errors] = await outcome(run(['--as', '2.0.0'], ['images']));
    assert.equal(exit, 2);
    assert.match(errors, /there was no docker 2\.0\.0: 0\.6\.0 to 1\.12\.6 are played\n$/);
  });

  it('shows each request with --step, and the same as curl', async () => {
    const [exit, , errors] = await outcome(run(['--step'], ['pull', 'jamtur01/web'], '\n\n\n\n'));
    assert.equal(exit, 0, errors);
    assert.match(errors, /^GET \/v1\/repositories\/jamtur01\/web\/images: which images/);
    assert.match(
      errors,
      / {2}curl -i -X GET -H 'Host: index\.docker\.io' .*-H 'Authorization: Basic/,
    );
  });

  it('ends with the exit code of docker', async () => {
    assert.deepEqual((await outcome(run([], ['frobnicate'])))[0], 1);
    assert.deepEqual((await outcome(run(['--as', '0.9.1'], ['frobnicate'])))[0], 0);
    assert.deepEqual((await outcome(run(['--as', '0.9.1'], ['push'])))[0], 2);
    assert.deepEqual((await outcome(run(['--as', '1.12.6'], ['images', '--frob'])))[0], 125);
  });
});

async function outcome(
  running: ReturnType<typeof runHubCommand>,
): Promise<[code: number | null, output: string, errors: string]> {
  const { code, output, errors } = await running;
  return [code, output, errors];
}
