// Whose request it is: the address that limits count by.

import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'vitest';
import { Addresses, addressKey } from '../../../sandbox-server/http/addresses.ts';
import { maxUnnamedProxies } from '../../../sandbox-server/limits.ts';
import { askOften, startTestServer } from '../server.ts';

test('F11 an address of IPv6 counts for its whole /64, and one of IPv4 for itself however it is written', () => {
  const keys: readonly (readonly [string, string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::ffff', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::7:192.0.2.1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:192.0.2.1', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ];
  for (const [address, key] of keys) assert.equal(addressKey(address), key, address);
});

/** What a request from this machine, with this header, counts for. */
async function keyOf(trusted: readonly string[], forwarded: string | undefined): Promise<string> {
  const addresses = new Addresses(trusted);
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = createServer((message, response) => {
    resolve(addresses.keyOf(message));
    response.end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  request({ port, host: '127.0.0.1', headers, agent: false }, (answer) => answer.resume()).end();
  const key = await promise;
  await new Promise((closed) => server.close(closed));
  return key;
}

test('F13 X-Forwarded-For is believed from a trusted proxy alone, and only what that proxy added', async () => {
  const spoofed = '198.51.100.9, 203.0.113.5';
  assert.equal(await keyOf([], spoofed), '127.0.0.1', 'no proxy is trusted');
  assert.equal(await keyOf(['192.0.2.1'], spoofed), '127.0.0.1', 'another proxy is trusted');
  assert.equal(await keyOf(['127.0.0.1'], spoofed), '203.0.113.5', 'the first was written by whoever asks');
  assert.equal(await keyOf(['127.0.0.1', '10.0.0.7'], `${spoofed}, 10.0.0.7`), '203.0.113.5', 'two proxies');
  assert.equal(await keyOf(['127.0.0.1'], '2001:db8:1:2:3::4'), '2001:db8:1:2::/64');
  assert.equal(await keyOf(['127.0.0.1'], undefined), '127.0.0.1');
  assert.equal(await keyOf(['127.0.0.1'], 'unknown'), '127.0.0.1');
});

test('F13 a range of proxies is trusted as each of them is, IPv4 and IPv6', async () => {
  assert.equal(await keyOf(['127.0.0.0/8'], '203.0.113.5'), '203.0.113.5');
  assert.equal(await keyOf(['10.0.0.0/8'], '203.0.113.5'), '127.0.0.1');
  assert.equal(await keyOf(['127.0.0.0/8', '2001:db8:7::/48'], '203.0.113.5, 2001:db8:7:1::9'), '203.0.113.5');
  assert.equal(await keyOf(['127.0.0.0/8', '2001:db8:7::/48'], '203.0.113.5, 2001:db8:8::9'), '2001:db8:8:0::/64');
});

test('F13 a proxy that nobody named is told of once, however often it asks', async () => {
  const told: string[] = [];
  const addresses = new Addresses(['10.0.0.0/8'], (address) => told.push(address));
  const from = (remoteAddress: string, header?: string) =>
    addresses.keyOf({
      socket: { remoteAddress },
      headers: header === undefined ? {} : { 'x-forwarded-for': header },
    } as never);
  from('192.0.2.1');
  from('10.0.0.1', '203.0.113.5');
  assert.deepEqual(told, []);
  for (let round = 0; round < 3; round += 1) assert.equal(from('::ffff:192.0.2.1', '203.0.113.5'), '192.0.2.1');
  assert.deepEqual(told, ['192.0.2.1']);
  for (let other = 0; other < 100; other += 1) from(`198.51.100.${other}`, '203.0.113.5');
  assert.equal(told.length, maxUnnamedProxies);
  assert.deepEqual(addresses.unnamedProxies, told);
});

test('F11 students behind a trusted proxy have a limit each, and one of them cannot use up the others’', async () => {
  await using server = await startTestServer({ trustedProxies: ['127.0.0.1'] });
  const ask = (address: string) => server.ask('GET', '/healthz', { headers: { 'x-forwarded-for': address } });
  let refused = false;
  // Until it is refused: how many that takes depends on how fast the machine answers.
  for (let round = 0; round < 20 && !refused; round += 1) {
    const addresses = Array.from({ length: 20 }, (_, n) => `198.51.100.${n}, 203.0.113.5`);
    const asked = addresses.map((address) => askOften(server.settings.port, 'GET /healthz', address));
    refused = (await Promise.all(asked)).flat().includes(429);
  }
  assert.ok(refused, 'all count for the one address that the proxy saw');
  assert.equal((await ask('203.0.113.6')).status, 200);
});
