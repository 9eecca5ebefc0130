/* Where commands write: what a path is, is asked before the work, and is the same afterwards. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { importArchive } from '../../src/archive/archive.js';
import { openHub } from '../../src/open-hub.js';
import { dockerLayout, modernImage, tarOf } from '../support/archives.js';
import { type Ended, run } from '../support/command.js';

/** Milliseconds after which a reader that got no end is ended. */
const PATIENCE = 20_000;
const IS_ROOT = process.getuid?.() === 0;

let folder: string;
let data: string;
/** What an export of `jamtur01/web` is. */
let exported: Buffer;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hub-v1-output-'));
  data = join(folder, 'data');
  const tar = join(folder, 'in.tar');
  const images = [{ ...modernImage(['web']), names: ['jamtur01/web:latest'] }];
  writeFileSync(tar, tarOf(...dockerLayout(images)));
  const hub = await openHub({ data });
  await importArchive(hub, tar);
  await hub.close();
  await exportTo('plain.tar');
  exported = readFileSync(join(folder, 'plain.tar'));
});

after(() => rmSync(folder, { recursive: true, force: true }));

function exportTo(output: string, name = 'jamtur01/web'): Promise<Ended> {
  return run(['export', name, '--output', output, '--data', data], { cwd: folder });
}

async function exportWell(output: string): Promise<void> {
  const { code, errors } = await exportTo(output);
  assert.equal(code, 0, errors);
}

function at(name: string): string {
  return join(folder, name);
}

describe('export --output', () => {
  it('takes - for standard output, and tells how it goes on standard error', async () => {
    const { code, output, errors } = await exportTo('-');
    assert.equal(code, 0);
    assert.equal(output.length > 0, true);
    assert.match(errors, /jamtur01\/web is written; docker load makes it sha256:/);
    assert.ok(!readdirSync(folder).includes('-'));
  });

  it('writes into a pipe, whose reader gets all and the end', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const chunks: Buffer[] = [];
    const reader = spawn('cat', [at('pipe')], { timeout: PATIENCE });
    reader.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const [{ code }] = await Promise.all([exportTo('pipe'), once(reader, 'close')]);
    assert.equal(code, 0);
    assert.deepEqual(Buffer.concat(chunks), exported);
    assert.ok(lstatSync(at('pipe')).isFIFO());
  });

  it('does not leave the reader of a pipe waiting when it fails', async () => {
    execFileSync('mkfifo', [at('waiting')]);
    const reader = spawn('cat', [at('waiting')], { timeout: PATIENCE });
    const [{ code }, ended] = await Promise.all([
      exportTo('waiting', 'no/image'),
      once(reader, 'close'),
    ]);
    assert.deepEqual([code, ended], [1, [0, null]]);
  });

  it('writes into a device', { skip: !IS_ROOT && 'only root can make a device' }, async (t) => {
    try {
      execFileSync('mknod', [at('null'), 'c', '1', '3'], { stdio: 'ignore' });
    } catch {
      t.skip('no device can be made here');
      return;
    }
    await exportWell('null');
    const { mode } = lstatSync(at('null'));
    assert.ok(lstatSync(at('null')).isCharacterDevice());
    assert.equal(mode & 0o777, 0o644);
  });

  it('follows links, also those that lead to nothing yet', async () => {
    mkdirSync(at('elsewhere'));
    writeFileSync(at('elsewhere/there.tar'), 'old');
    symlinkSync('elsewhere/there.tar', at('first'));
    symlinkSync('first', at('second'));
    symlinkSync('elsewhere/new.tar', at('dangling'));
    await exportWell('second');
    await exportWell('dangling');
    assert.deepEqual(readFileSync(at('elsewhere/there.tar')), exported);
    assert.deepEqual(readFileSync(at('elsewhere/new.tar')), exported);
    assert.equal(readlinkSync(at('second')), 'first');
    assert.equal(readlinkSync(at('dangling')), 'elsewhere/new.tar');
    assert.deepEqual(readdirSync(at('elsewhere')).sort(), ['new.tar', 'there.tar']);
  });

  it('refuses links that lead to themselves', async () => {
    symlinkSync('circle', at('circle'));
    const { code, errors } = await exportTo('circle');
    assert.equal(code, 1);
    assert.match(errors, /^hub-v1: cannot write circle: .*\n$/);
  });

  it('leaves a file its mode, and a new one what the umask says', async () => {
    writeFileSync(at('kept.tar'), 'old');
    chmodSync(at('kept.tar'), 0o640);
    await exportWell('kept.tar');
    assert.equal(statSync(at('kept.tar')).mode & 0o7777, 0o640);
    assert.deepEqual(readFileSync(at('kept.tar')), exported);
    assert.equal(statSync(at('plain.tar')).mode & 0o777, 0o666 & ~process.umask());
  });

  it('leaves a file its owner', { skip: !IS_ROOT && 'only root can give files away' }, async () => {
    writeFileSync(at('owned.tar'), 'old');
    chownSync(at('owned.tar'), 1234, 4321);
    chmodSync(at('owned.tar'), 0o604);
    await exportWell('owned.tar');
    const { uid, gid, mode } = statSync(at('owned.tar'));
    assert.deepEqual([uid, gid, mode & 0o7777], [1234, 4321, 0o604]);
  });

  it('leaves what was there when it fails', async () => {
    writeFileSync(at('precious.tar'), 'precious');
    const files = readdirSync(folder);
    const { code } = await exportTo('precious.tar', 'jamtur01/nothing');
    assert.equal(code, 1);
    assert.equal(readFileSync(at('precious.tar'), 'utf8'), 'precious');
    assert.deepEqual(readdirSync(folder), files);
  });

  const folders: readonly (readonly [what: string, path: string])[] = [
    ['a folder', 'elsewhere'],
    ['a link to a folder', 'to-folder'],
    ['what can only be a folder', 'not-there/'],
  ];
  for (const [what, path] of folders) {
    it(`refuses ${what} before any work`, async () => {
      if (path === 'to-folder') symlinkSync('elsewhere', at(path));
      // Of an image that is not there it would be told first, had the work begun.
      const { code, errors } = await exportTo(path, 'no/image');
      assert.equal(code, 2);
      assert.match(errors, /^hub-v1: \S+ (?:is|names) a folder, not a file\n$/);
    });
  }
});

describe('certs --force', () => {
  it('makes keys that are their owner’s alone, also in the place of an open file', async () => {
    const certs = at('certs');
    assert.equal((await run(['certs', certs])).code, 0);
    for (const name of ['key.pem', 'ca-key.pem']) chmodSync(join(certs, name), 0o644);
    chmodSync(join(certs, 'cert.pem'), 0o640);
    linkSync(join(certs, 'key.pem'), at('old-key.pem'));
    const old = readFileSync(join(certs, 'key.pem'), 'utf8');
    assert.equal((await run(['certs', certs, '--force'])).code, 0);
    const modes = ['key.pem', 'ca-key.pem', 'cert.pem'].map(
      (name) => statSync(join(certs, name)).mode & 0o7777,
    );
    assert.deepEqual(modes, [0o600, 0o600, 0o640]);
    // Who had the old key open, or by another name, has the old key and no other.
    assert.equal(readFileSync(at('old-key.pem'), 'utf8'), old);
  });

  it('follows links, and replaces all or nothing', async () => {
    const certs = at('linked');
    mkdirSync(certs);
    mkdirSync(at('secret'));
    symlinkSync('../secret/real.pem', join(certs, 'key.pem'));
    const refused = await run(['certs', certs]);
    assert.match(refused.errors, /key\.pem is there already; --force replaces it\n$/);
    assert.equal((await run(['certs', certs, '--force'])).code, 0);
    assert.ok(lstatSync(join(certs, 'key.pem')).isSymbolicLink());
    assert.equal(statSync(at('secret/real.pem')).mode & 0o7777, 0o600);

    const before = new X509Certificate(readFileSync(join(certs, 'ca.pem'))).serialNumber;
    rmSync(join(certs, 'key.pem'));
    mkdirSync(join(certs, 'key.pem'));
    const { code, errors } = await run(['certs', certs, '--force']);
    assert.equal(code, 2);
    assert.match(errors, /key\.pem is a folder, not a file\n$/);
    assert.equal(new X509Certificate(readFileSync(join(certs, 'ca.pem'))).serialNumber, before);
    assert.deepEqual(readdirSync(certs).sort(), ['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
  });
});
