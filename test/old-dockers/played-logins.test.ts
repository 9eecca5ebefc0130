/** Versions of the played docker share a home: from 1.7 on the login of an older one counts where config.json is not there. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { MemoryDisk } from '../../src/old-docker/index.js';
import { PASSWORD } from '../support/client.js';
import { useHub } from '../support/hub.js';
import { MIB, machineAt } from '../support/played/machine.js';
import { type BareMachine, type Outcome, play } from '../support/played/terminal.js';

const OLD = '.dockercfg';
const NEW = '.docker/config.json';
const hub = useHub({ people: ['jamtur01'] });

describe('a login by an older docker', () => {
  let machine: BareMachine;
  beforeEach(async () => {
    const files = new MemoryDisk(MIB);
    await files.write('site/index.html', 'hello');
    machine = machineAt(hub.url, new MemoryDisk(MIB), files);
  });

  const run = (version: string, ...words: string[]): Promise<Outcome> =>
    play({ ...machine, version }, words);
  const logIn = async (version: string, ...host: string[]): Promise<void> => {
    const login = ['login', '-u', 'jamtur01', '-p', PASSWORD];
    const email = version.startsWith('1.1') ? [] : ['-e', 'james@example.com'];
    const { exit, stderr } = await run(version, ...login, ...email, ...host);
    assert.equal(exit, 0, stderr);
  };
  const keysIn = async (): Promise<string[]> => {
    const { auths } = JSON.parse(String(await machine.home.read(NEW)));
    return Object.keys(auths);
  };

  for (const version of ['1.7.1', '1.9.1', '1.10.3', '1.12.6']) {
    it(`is good for a push by ${version}, which leaves the file as it is`, async () => {
      await logIn('1.5.0');
      const before = String(await machine.home.read(OLD));
      const name = `jamtur01/by-${version}`;
      await run(version, 'commit', 'site', name);
      const { exit, stderr } = await run(version, 'push', name);
      assert.equal(exit, 0, stderr);
      assert.equal(String(await machine.home.read(OLD)), before);
      assert.equal(await machine.home.read(NEW), undefined);
    });
  }

  it('under the address of a host, as 0.7 kept it, is good for that host', async () => {
    const host = `127.0.0.1:${hub.port}`;
    await logIn('0.7.6', host);
    for (const version of ['1.5.0', '1.12.6']) {
      const name = `${host}/jamtur01/host-${version}`;
      await run(version, 'commit', 'site', name);
      const { exit, stderr } = await run(version, 'push', name);
      assert.equal(exit, 0, stderr);
    }
  });

  it('is taken over into config.json by the next login, and counts no more after a logout', async () => {
    const host = `127.0.0.1:${hub.port}`;
    await logIn('1.5.0');
    await logIn('1.12.6', host);
    assert.deepEqual(await keysIn(), [host, 'https://index.docker.io/v1/']);
    assert.match((await run('1.12.6', 'logout')).stdout, /^Remove login credentials/);
    assert.deepEqual(await keysIn(), [host]);
    assert.match((await run('1.12.6', 'logout')).stdout, /^Not logged in/);
    assert.match(String(await machine.home.read(OLD)), /index\.docker\.io/);
    await run('1.12.6', 'commit', 'site', 'jamtur01/out');
    const { exit, stderr } = await run('1.12.6', 'push', 'jamtur01/out');
    assert.equal(exit, 1);
    assert.match(stderr, /unauthorized: authentication required/);
  });
});
