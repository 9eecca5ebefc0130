import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { compareSync, getRounds } from 'bcryptjs';
import { Accounts } from '../../src/domain/accounts/accounts.js';
import { Authentication } from '../../src/domain/accounts/authentication.js';
import type { Bcrypt } from '../../src/domain/accounts/bcrypt-pool.js';
import { LoginAttempts } from '../../src/domain/accounts/login-attempts.js';
import { Logins } from '../../src/domain/accounts/logins.js';
import { Namespaces } from '../../src/domain/accounts/namespaces.js';
import { Passwords } from '../../src/domain/accounts/passwords.js';
import { HubError } from '../../src/domain/errors.js';
import { FairQueue } from '../../src/domain/fair-queue.js';
import { openStorage } from '../../src/storage/storage.js';
import { PASSWORD } from '../support/client.js';

/* How passwords are checked: what is counted, who waits for whom, and what nobody learns from the time. */

/** bcrypt that takes as long as it is told, and counts. */
class CountingBcrypt implements Bcrypt {
  readonly atOnce: number;
  compared: string[] = [];
  hashed = 0;
  #held: (() => void)[] | undefined;

  constructor(atOnce: number) {
    this.atOnce = atOnce;
  }

  hold(): void {
    this.#held = [];
  }

  async release(): Promise<void> {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }

  async hash(password: string, rounds: number): Promise<string> {
    this.hashed += 1;
    return `$2b$${String(rounds).padStart(2, '0')}$${Buffer.from(password).toString('hex')}`;
  }

  async compare(password: string, hash: string): Promise<boolean> {
    this.compared.push(hash);
    const held = this.#held;
    if (held !== undefined) await new Promise<void>((resolve) => held.push(resolve));
    return hash.endsWith(Buffer.from(password).toString('hex'));
  }

  async close(): Promise<void> {}
}

/** Accounts over bcrypt that counts. */
async function accountsWith(options: {
  limit?: number;
  queue?: number;
  /** How many passwords are looked at at a time. */
  atOnce?: number;
  clock?: { now(): number };
}) {
  const { limit = 0, queue = 100, atOnce = 1, clock = Date } = options;
  const storage = await openStorage({ folder: undefined });
  const bcrypt = new CountingBcrypt(atOnce);
  const passwords = new Passwords({ rounds: 10, queue, bcrypt });
  const attempts = new LoginAttempts({ limit, window: 60, clock });
  const logins = new Logins(passwords, attempts);
  const accounts = new Accounts({
    users: storage.users,
    namespaces: new Namespaces(storage.repositories),
    passwords,
    logins,
    clock,
    random: randomBytes,
  });
  await accounts.register({ username: 'jamtur01', password: PASSWORD, email: 'j@example.com' });
  const authentication = new Authentication(storage.users, logins);
  return {
    accounts,
    authentication,
    bcrypt,
    attempts,
    logins,
    passwords,
    close: () => storage.close(),
  };
}

function isError(id: HubError['id']): (error: unknown) => boolean {
  return (error) => error instanceof HubError && error.id === id;
}

describe('the time that a wrong login takes', () => {
  it('is that of one comparison at the same cost, whether there is such an account or not', async () => {
    const { authentication, bcrypt, close } = await accountsWith({});
    for (const username of ['jamtur01', 'nobody01', '__proto__', 'NOBODY', 'x'.repeat(5000)]) {
      bcrypt.compared = [];
      bcrypt.hashed = 0;
      const claim = { username, password: 'wrong', from: 'here' };
      await assert.rejects(authentication.authenticate(claim), isError('wrongLogin'));
      assert.equal(bcrypt.compared.length, 1, username);
      assert.match(bcrypt.compared[0] ?? '', /^\$2b\$10\$/);
      assert.equal(bcrypt.hashed, 0);
    }
    await close();
  });

  it('is that of a hash which bcrypt takes for one of its own', async () => {
    const storage = await openStorage({ folder: undefined });
    let against = '';
    const bcrypt: Bcrypt = {
      atOnce: 1,
      hash: async () => '',
      compare: async (_password, hash) => {
        against = hash;
        return false;
      },
      close: async () => undefined,
    };
    const passwords = new Passwords({ rounds: 5, queue: 1, bcrypt });
    await passwords.verify({ username: 'nobody01', password: 'x', from: 'here' }, undefined);
    assert.equal(against.length, 60);
    assert.equal(getRounds(against), 5);
    assert.equal(compareSync('x', against), false);
    await storage.close();
  });

  it('does not differ in what is counted either', async () => {
    const { authentication, attempts, close } = await accountsWith({ limit: 2 });
    for (const username of ['jamtur01', 'nobody01']) {
      const claim = { username, password: 'wrong', from: 'here' };
      await assert.rejects(authentication.authenticate(claim), isError('wrongLogin'));
      await assert.rejects(authentication.authenticate(claim), isError('wrongLogin'));
      await assert.rejects(authentication.authenticate(claim), isError('tooManyLogins'));
    }
    assert.equal(attempts.size, 2);
    await close();
  });
});

describe('the memory of wrong passwords', () => {
  it('is bounded, however many names are tried', async () => {
    const attempts = new LoginAttempts({ limit: 2, window: 60, clock: Date });
    for (let n = 0; n < 20_000; n += 1) await attempts.count(`name${n}`, 'here', async () => false);
    assert.equal(attempts.size, 10_000);
    await attempts.count('x'.repeat(1_000_000), 'here', async () => false);
    assert.equal(attempts.size, 10_000);
  });

  it('makes nobody wait for ages when the clock is set back', async () => {
    let now = 1_000_000_000;
    const attempts = new LoginAttempts({ limit: 1, window: 60, clock: { now: () => now } });
    await attempts.count('jamtur01', 'here', async () => false);
    await assert.rejects(
      attempts.count('jamtur01', 'here', async () => true),
      isError('tooManyLogins'),
    );
    now -= 500_000_000;
    assert.equal(await attempts.count('jamtur01', 'here', async () => true), true);
    assert.equal(attempts.size, 0);
  });

  it('counts a check that failed for neither', async () => {
    const attempts = new LoginAttempts({ limit: 1, window: 60, clock: Date });
    const failing = attempts.count('jamtur01', 'here', () => Promise.reject(new Error('no')));
    await assert.rejects(failing, /^Error: no$/);
    assert.equal(attempts.size, 0);
  });

  it('of right ones is bounded as well, and keeps those that are needed', async () => {
    const { passwords, close } = await accountsWith({});
    const claim = (n: number) => ({ username: `name${n}`, password: 'right', from: '' });
    for (let n = 0; n < 10_000; n += 1) passwords.remember(claim(n), 'hash');
    assert.ok(passwords.remembers(claim(0), 'hash'));
    passwords.remember(claim(10_000), 'hash');
    assert.ok(passwords.remembers(claim(0), 'hash'));
    assert.ok(!passwords.remembers(claim(1), 'hash'));
    assert.ok(!passwords.remembers(claim(0), 'another hash'));
    await close();
  });
});

describe('an account that changes while its password is being compared', () => {
  const claim = { username: 'jamtur01', password: PASSWORD, from: 'here' };
  /** The error of a login during which `change` happens. */
  const during = async (change: (accounts: Accounts) => Promise<unknown>) => {
    const { accounts, authentication, bcrypt, close } = await accountsWith({ atOnce: 2 });
    bcrypt.hold();
    const login = authentication.authenticate(claim).catch((error: unknown) => error);
    await new Promise(setImmediate);
    await change(accounts);
    await bcrypt.release();
    const result = await login;
    const later = authentication.remembered(claim);
    await close();
    return { error: result instanceof HubError ? result.id : 'passed', later };
  };

  it('lets nobody in with the password that it had', async () => {
    const found = await during((accounts) => accounts.setPassword('jamtur01', 'another'));
    assert.deepEqual(found, { error: 'wrongLogin', later: undefined });
  });

  it('nor when it is removed, or made again', async () => {
    const email = 'j@example.com';
    for (const change of [
      (accounts: Accounts) => accounts.remove('jamtur01'),
      async (accounts: Accounts) => {
        await accounts.remove('jamtur01');
        await accounts.register({ username: 'jamtur01', password: 'another', email });
      },
    ]) {
      assert.deepEqual(await during(change), { error: 'wrongLogin', later: undefined });
    }
  });

  it('nor when it is deactivated', async () => {
    const found = await during((accounts) => accounts.setFlags('jamtur01', { active: false }));
    assert.deepEqual(found, { error: 'inactive', later: undefined });
  });

  it('stays logged in when it is given an address', async () => {
    const found = await during((accounts) =>
      accounts.update(accounts.require('jamtur01'), 'jamtur01', { email: 'new@example.com' }),
    );
    assert.equal(found.error, 'passed');
    assert.equal(found.later?.username, 'jamtur01');
  });
});

describe('passwords that wait to be checked', () => {
  /** A queue in which nothing begins before `release`, and who waits or was refused in it. */
  const heldQueue = (mostWaiting: number) => {
    const queue = new FairQueue({ atOnce: 1, mostWaiting });
    const told: string[] = [];
    let release = (): void => undefined;
    const running = queue.run('first', () => new Promise<void>((resolve) => (release = resolve)));
    const all: Promise<unknown>[] = [running];
    const join = (lane: string | undefined, name: string): void => {
      all.push(
        queue
          .run(lane, async () => undefined)
          .then(
            () => told.push(`${name} ran`),
            () => told.push(`${name} was refused`),
          ),
      );
    };
    const end = async (): Promise<string[]> => {
      await new Promise(setImmediate);
      release();
      await Promise.all(all);
      return told;
    };
    return { queue, join, end };
  };

  it('are as many as may, and not one more', async () => {
    const { queue, join, end } = heldQueue(2);
    for (const name of ['a 1', 'a 2', 'a 3']) join('a', name);
    assert.equal(queue.waiting, 2);
    assert.deepEqual(await end(), ['a 3 was refused', 'a 1 ran', 'a 2 ran']);
  });

  it('are refused where every address has as many as the one that comes', async () => {
    const { queue, join, end } = heldQueue(2);
    for (const name of ['a', 'b', 'c']) join(name, name);
    assert.equal(queue.waiting, 2);
    assert.deepEqual(await end(), ['c was refused', 'a ran', 'b ran']);
  });

  it('take no place from who has one more than they', async () => {
    const { join, end } = heldQueue(3);
    for (const [lane, name] of [
      ['a', 'a 1'],
      ['a', 'a 2'],
      ['b', 'b 1'],
      ['b', 'b 2'],
    ] as const) {
      join(lane, name);
    }
    assert.deepEqual(await end(), ['b 2 was refused', 'a 1 ran', 'b 1 ran', 'a 2 ran']);
  });

  it('do not count those of the operator', async () => {
    const { queue, join, end } = heldQueue(1);
    for (const name of ['operator 1', 'operator 2']) join(undefined, name);
    for (const name of ['a 1', 'a 2']) join('a', name);
    assert.equal(queue.waiting, 3);
    const told = await end();
    assert.deepEqual(told, ['a 2 was refused', 'operator 1 ran', 'a 1 ran', 'operator 2 ran']);
  });

  it('take turns by address, and the longest row gives way', async () => {
    const queue = new FairQueue({ atOnce: 1, mostWaiting: 4 });
    const order: string[] = [];
    let release = (): void => undefined;
    const first = queue.run('flood', () => new Promise<void>((resolve) => (release = resolve)));
    const join = (lane: string | undefined, name: string) =>
      queue.run(lane, async () => void order.push(name)).catch(() => order.push(`no ${name}`));
    const all = [1, 2, 3, 4, 5].map((n) => join('flood', `flood ${n}`));
    all.push(join('victim', 'victim'), join(undefined, 'operator'), join('third', 'third'));
    assert.equal(queue.waiting, 5);
    await new Promise(setImmediate);
    assert.deepEqual(order.splice(0), ['no flood 5', 'no flood 4', 'no flood 3']);
    release();
    await Promise.all([first, ...all]);
    assert.deepEqual(order, ['flood 1', 'victim', 'operator', 'third', 'flood 2']);
    assert.equal(queue.waiting, 0);
  });

  it('are refused when the hub ends', async () => {
    const queue = new FairQueue({ atOnce: 1, mostWaiting: 4 });
    let release = (): void => undefined;
    const first = queue.run('a', () => new Promise<void>((resolve) => (release = resolve)));
    const second = assert.rejects(
      queue.run('a', async () => undefined),
      isError('busy'),
    );
    queue.close();
    await second;
    release();
    await first;
  });

  it('are compared once when the same one comes many times at once', async () => {
    const { authentication, bcrypt, logins, close } = await accountsWith({ limit: 5 });
    bcrypt.hold();
    const claim = { username: 'jamtur01', password: PASSWORD, from: 'here' };
    const all = Promise.all(Array.from({ length: 100 }, () => authentication.authenticate(claim)));
    await new Promise(setImmediate);
    await bcrypt.release();
    await all;
    assert.equal(bcrypt.compared.length, 1);
    await authentication.authenticate(claim);
    assert.deepEqual(logins.counts, { right: 100, remembered: 1, wrong: 0, refused: 0 });
    await close();
  });

  it('do not hold up a good login from elsewhere for longer than one of them takes', async () => {
    const { authentication, bcrypt, close } = await accountsWith({ queue: 10 });
    bcrypt.hold();
    const floods = Array.from({ length: 500 }, (_, n) =>
      authentication
        .authenticate({ username: `name${n}`, password: 'wrong', from: 'flood' })
        .catch((error: unknown) => error),
    );
    const good = authentication.authenticate({
      username: 'jamtur01',
      password: PASSWORD,
      from: 'home',
    });
    await new Promise(setImmediate);
    await bcrypt.release();
    assert.equal((await good).username, 'jamtur01');
    const ids = (await Promise.all(floods)).map((error) => error instanceof HubError && error.id);
    assert.equal(ids.filter((id) => id === 'busy').length, 490);
    assert.ok(bcrypt.compared.findIndex((hash) => hash.includes(hex(PASSWORD))) <= 2);
    await close();
  });
});

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}
