/* Where a request comes from: the peer, or what proxies that are trusted say of it. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { parseNetworks } from '../../src/options/option-texts.js';
import { ClientAddresses, networkOf } from '../../src/wire/client-address.js';
import { startPlainHub } from '../support/hub.js';

function request(remoteAddress: string | undefined, said?: string): IncomingMessage {
  const headers = said === undefined ? {} : { 'x-forwarded-for': said };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

describe('the address of a client', () => {
  const clients = new ClientAddresses(parseNetworks('10.0.0.0/8, 192.0.2.1,2001:db8:1::/48'));
  const table: readonly (readonly [
    what: string,
    peer: string,
    said: string | undefined,
    found: string,
  ])[] = [
    ['no header', '10.0.0.1', undefined, '10.0.0.1'],
    ['a peer that is not trusted', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a trusted peer', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a trusted peer, inside of IPv6', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a trusted peer of IPv6', '2001:db8:1::5', '2001:db8:2::9', '2001:db8:2::9'],
    ['what the client says itself', '10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['proxies in a row', '10.0.0.1', '1.1.1.1,198.51.100.1,192.0.2.1,10.9.9.9', '198.51.100.1'],
    ['proxies alone', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['a port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['brackets', '10.0.0.1', '[2001:db8:2::9]', '2001:db8:2::9'],
    ['brackets and a port', '10.0.0.1', '[2001:db8:2::9]:4711', '2001:db8:2::9'],
    ['a mapped address', '10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['an invalid address', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['an invalid address, behind a proxy', '10.0.0.1', '_hidden, 10.0.0.2', '10.0.0.2'],
    ['nothing', '10.0.0.1', '', '10.0.0.1'],
    ['nothing but commas', '10.0.0.1', ',,,', '10.0.0.1'],
    ['a comma at the end', '10.0.0.1', '198.51.100.1,', '10.0.0.1'],
  ];
  for (const [what, peer, said, found] of table) {
    it(`with ${what}`, () => assert.equal(clients.of(request(peer, said)), found));
  }

  it('is the peer where no proxy is trusted, or unknown where the connection is gone', () => {
    const plain = new ClientAddresses();
    assert.equal(plain.of(request('127.0.0.1', '198.51.100.1')), '127.0.0.1');
    assert.equal(plain.of(request(undefined)), 'unknown');
  });

  it('is looked for in a bounded part of a long list', () => {
    const proxies = Array.from({ length: 5000 }, () => '10.0.0.2').join(',');
    assert.equal(clients.of(request('10.0.0.1', `198.51.100.1,${proxies}`)), '10.0.0.2');
    assert.equal(clients.of(request('10.0.0.1', '1'.repeat(16_000))), '10.0.0.1');
  });

  it('counts as an IPv6 network, or as an IPv4 address', () => {
    assert.equal(networkOf('192.0.2.7'), '192.0.2.7');
    assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
    assert.equal(networkOf('2001:db8::6'), '2001:db8:0:0::/64');
    assert.equal(networkOf('::1'), '0:0:0:0::/64');
    assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  });
});

describe('--trusted-proxy', () => {
  for (const text of [
    '',
    'proxy',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '::1/129',
    '10.0.0.1,',
    '1.2.3/8',
    '::1/',
  ]) {
    it(`can not be ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseNetworks(text), /list like/));
  }

  it('is said by its name when it is wrong', async () => {
    await assert.rejects(startPlainHub({ trustedProxy: ['10.0.0.1', 'proxy'] }), {
      message: 'trustedProxy: It must be a list like ADDRESS,ADDRESS/PREFIX.',
    });
  });
});
