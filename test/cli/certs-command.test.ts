import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { run } from '../support/command.js';

/* `hub-v1 certs DIR`: files, and the three lines that are left for a person to do. */

it('makes certificates once, and says what to do with them', async (t) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'hub-v1-certs-')), 'certs');
  t.after(() => rmSync(folder, { recursive: true }));

  const first = await run(['certs', folder]);
  assert.equal(first.code, 0, first.errors);
  assert.deepEqual(readdirSync(folder).sort(), ['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
  assert.equal(statSync(join(folder, 'key.pem')).mode & 0o077, 0);
  const [, hosts, trust, start] = first.output.split('\n');
  assert.match(hosts ?? '', /^1\. .*index\.docker\.io .* registry-1\.docker\.io.*\/etc\/hosts$/);
  assert.match(trust ?? '', /^2\. .*ca\.pem/);
  assert.match(start ?? '', /^3\. .*hub-v1 serve --as index\.docker\.io .*--tls-cert .*--tls-key /);

  const made = readFileSync(join(folder, 'cert.pem'), 'utf8');
  const second = await run(['certs', folder]);
  assert.equal(second.code, 1);
  assert.match(second.errors, /^hub-v1: .*is there already; --force replaces it\n$/);
  assert.equal(readFileSync(join(folder, 'cert.pem'), 'utf8'), made);

  for (const name of ['ca.pem', 'ca-key.pem']) rmSync(join(folder, name));
  assert.equal((await run(['certs', folder])).code, 1);
  assert.deepEqual(readdirSync(folder).sort(), ['cert.pem', 'key.pem']);

  const nowhere = await run(['certs', '/proc/nowhere']);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.errors, /^hub-v1: .*\/proc\/nowhere.*\n$/);

  assert.equal((await run(['certs', folder, '--force'])).code, 0);
  const forced = new X509Certificate(readFileSync(join(folder, 'cert.pem')));
  assert.ok(forced.verify(new X509Certificate(readFileSync(join(folder, 'ca.pem'))).publicKey));
});
