/**
 * What the chapters of the time have a reader type, done with the played docker: the lines that are printed
 * there, but for ids. "The Docker Book", chapter 4; "Learning Docker", chapter 4.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MemoryDisk } from '../../src/old-docker/index.js';
import { startTestHub, type TestHub } from '../support/hub.js';
import { type BareMachine, type Given, type Outcome, play } from '../support/played/terminal.js';

const MIB = 1024 * 1024;

/** The day of the book. */
const NOW = Date.parse('2014-07-01T12:00:00Z');

interface Reader {
  /** Types a line that begins with `docker`. */
  types(line: string, given?: Given): Promise<Outcome>;
  readonly files: MemoryDisk;
  readonly home: MemoryDisk;
}

function readerAt(hub: TestHub, version: string): Reader {
  const files = new MemoryDisk(MIB);
  const home = new MemoryDisk(MIB);
  const machine: BareMachine = {
    version,
    graph: new MemoryDisk(16 * MIB),
    home,
    homeName: '/home/james',
    files,
    index: new URL(hub.url),
    now: () => NOW,
  };
  return { files, home, types: (line, given) => play(machine, line.split(' ').slice(1), given) };
}

/** Ids are not those of the book. */
function anyId(text: string): string {
  return text.replace(/\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g, 'ID');
}

describe('The Docker Book, chapter 4', () => {
  let hub: TestHub;
  let reader: Reader;
  before(async () => {
    hub = await startTestHub({ people: ['jamtur01'] });
    reader = readerAt(hub, '1.0.1');
  });
  after(() => hub.close());

  it('logs in, and keeps the login in .dockercfg', async () => {
    const typed = ['jamtur01\n', 'sesame\n', 'jamtur01@example.com\n'];
    const { tty, exit } = await reader.types('docker login', { columns: 80, typed });
    assert.equal(exit, 0);
    assert.match(tty, /^Username: jamtur01\r\nPassword: \r\nEmail: .*\r\nLogin Succeeded\r\n$/);
    assert.match(String(await reader.home.read('.dockercfg')), /"https:\/\/index.docker.io\/v1\/"/);
  });

  it('builds, and goes on from what it has built before', async () => {
    await reader.files.write('web/index.html', 'Hi, I am in your container\n');
    await reader.files.write(
      'web/Dockerfile',
      '# Version: 0.0.1\nFROM base\nMAINTAINER James Turnbull "james@example.com"\n' +
        'RUN apt-get update\nRUN echo hello > /hello\nADD index.html /srv/\nEXPOSE 80\n',
    );
    await reader.files.write('base/etc/issue', 'Ubuntu\n');
    assert.equal((await reader.types('docker commit base base')).exit, 0);
    const first = await reader.types('docker build -t=jamtur01/static_web web');
    assert.match(first.stdout, /^Step 0 : FROM base\n ---> [0-9a-f]{12}\nStep 1 : MAINTAINER/);
    assert.match(first.stderr, /hub-v1 runs nothing: the layer of "RUN apt-get update" is empty/);
    const again = await reader.types('docker build -t=jamtur01/static_web web');
    assert.match(again.stdout, /Step 2 : RUN apt-get update\n ---> Using cache\n/);
    assert.equal(again.stdout.slice(-13), first.stdout.slice(-13));
  });

  it('is refused a root push, in the words of the book with 0.6', async () => {
    await reader.types('docker tag jamtur01/static_web static_web');
    const refused = await reader.types('docker push static_web');
    assert.equal(refused.exit, 1);
    assert.match(
      refused.stderr,
      /You cannot push a "root" repository\..* \(ex: jamtur01\/static_web\)/,
    );
    const old = readerAt(hub, '0.6.7');
    const login = 'docker login -u jamtur01 -p sesame -e jamtur01@example.com';
    assert.equal((await old.types(login)).exit, 0);
    assert.match(
      (await old.types('docker push static_web')).stderr,
      /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d Impossible to push a "root" repository\. Please rename your repository in <user>\/<repo> \(ex: jamtur01\/static_web\)\n$/,
    );
  });

  it('pushes, and a second reader pulls it', async () => {
    const { stdout, exit } = await reader.types('docker push jamtur01/static_web');
    assert.equal(exit, 0);
    assert.match(
      stdout,
      /^The push refers to a repository \[jamtur01\/static_web\] \(len: 1\)\nSending image list\nPushing repository jamtur01\/static_web \(1 tags\)\n/,
    );
    const other = readerAt(hub, '1.0.1');
    assert.equal((await other.types('docker pull jamtur01/static_web')).exit, 0);
    assert.match(
      (await other.types('docker history jamtur01/static_web')).stdout,
      /EXPOSE map\[80/,
    );
    assert.match((await other.types('docker search static')).stdout, /jamtur01\/static_web/);
  });

  it('deletes what is on this machine, a line a layer', async () => {
    await reader.types('docker rmi static_web');
    const { stdout } = await reader.types('docker rmi jamtur01/static_web');
    assert.match(anyId(stdout), /^Untagged: jamtur01\/static_web:latest\n(?:Deleted: ID\n){5}$/);
  });
});

describe('Learning Docker, chapter 4', () => {
  let hub: TestHub;
  let reader: Reader;
  before(async () => {
    hub = await startTestHub({ people: ['vinoddandy'] });
    reader = readerAt(hub, '1.5.0');
  });
  after(() => hub.close());

  it('asks for the name alone the second time', async () => {
    const typed = ['vinoddandy\n', 'sesame\n', 'vinoddandy@example.com\n'];
    await reader.types('docker login', { columns: 80, typed });
    const again = await reader.types('docker login', { columns: 80, typed: ['\n'] });
    assert.equal(again.tty, 'Username (vinoddandy): \r\nLogin Succeeded\r\n');
  });

  it('makes files by a Dockerfile without running anything, and pushes them', async () => {
    await reader.files.write(
      'dir/Dockerfile',
      'FROM scratch\nMAINTAINER Vinod\nRUN mkdir mynewdir\nRUN touch /mynewdir/mynewfile\n' +
        "RUN echo 'this is my new container' >/mynewdir/mynewfile\n",
    );
    const built = await reader.types('docker build -t=vinoddandy/dockerfileimageforhub dir');
    assert.equal(built.stderr, '');
    assert.equal(built.exit, 0);
    const pushed = await reader.types('docker push vinoddandy/dockerfileimageforhub');
    const lines = anyId(pushed.stdout).split('\n');
    assert.equal(lines.filter((line) => line === 'ID: Image successfully pushed').length, 4);
    assert.equal(
      lines.at(-2),
      'Pushing tag for rev [ID] on {https://index.docker.io/v1/repositories/vinoddandy/dockerfileimageforhub/tags/latest}',
    );
    const again = await reader.types('docker push vinoddandy/dockerfileimageforhub');
    assert.match(anyId(again.stdout), /Image ID already pushed, skipping/);
  });

  it('commits a folder, and prints a whole id', async () => {
    await reader.files.write('container/mynewdir/mynewfile', 'new\n');
    const { stdout } = await reader.types(
      'docker commit -m=NewImage container vinoddandy/imageforhub',
    );
    assert.match(stdout, /^[0-9a-f]{64}\n$/);
    const { stdout: history } = await reader.types(
      'docker history --no-trunc vinoddandy/imageforhub',
    );
    assert.match(history, /4 B/);
  });

  it('pulls all of it back, to the byte', async () => {
    const other = readerAt(hub, '1.5.0');
    const { stdout } = await other.types('docker pull vinoddandy/dockerfileimageforhub');
    assert.match(
      stdout,
      /Status: Downloaded newer image for vinoddandy\/dockerfileimageforhub:latest\n$/,
    );
    const archiveFrom = async (from: Reader): Promise<string> => {
      const pieces: Buffer[] = [];
      const into = (piece: Buffer) => void pieces.push(piece);
      await from.types('docker save vinoddandy/dockerfileimageforhub', { into });
      return Buffer.concat(pieces).toString('latin1');
    };
    assert.equal(await archiveFrom(other), await archiveFrom(reader));
  });

  it('says that it does not run anything', async () => {
    const { stderr, exit } = await reader.types('docker run -i -t ubuntu /bin/bash');
    assert.deepEqual([exit, stderr], [1, 'hub-v1 docker does not play "run": nothing runs here\n']);
  });
});
