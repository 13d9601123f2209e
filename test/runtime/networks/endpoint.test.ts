// Addresses of endpoints, and their order.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { Bridge } from '../../../runtime/networks/bridge.ts';
import { defaultBridge } from '../../../runtime/networks/bridge.ts';
import { allocateEndpoint, endpointIn, inOrder, noWish } from '../../../runtime/networks/endpoint.ts';
import { findNetwork, predefinedNetworks } from '../../../runtime/networks/network.ts';
import {
  contains,
  freeSubnet,
  hostAddresses,
  ipv6Pools,
  overlap,
  parseSubnet,
  subnetInWords,
} from '../../../runtime/networks/subnet.ts';

const small: Bridge = {
  network: 'small',
  link: 'br-small',
  subnet: { ip: '10.1.2.240', prefixLength: 29 },
  gateway: '10.1.2.243',
  range: { ip: '10.1.2.240', prefixLength: 29 },
  reserved: [],
  ipv6: null,
  internal: false,
  masquerade: true,
  mtu: null,
};

test('an endpoint has the lowest free address of its subnet, which is neither the gateway’s nor the broadcast’s', () => {
  const taken = new Set<string>();
  for (let count = 0; count < 5; count++) taken.add(allocateEndpoint(small, taken, noWish).ipAddress);
  assert.deepEqual([...taken], ['10.1.2.241', '10.1.2.242', '10.1.2.244', '10.1.2.245', '10.1.2.246']);
  assert.throws(() => allocateEndpoint(small, taken, noWish), {
    kind: 'exhausted',
    message: 'no available IPv4 addresses on this network’s address pools: small',
  });
  taken.delete('10.1.2.242');
  assert.equal(allocateEndpoint(small, taken, noWish).ipAddress, '10.1.2.242');
});

test('a subnet of IPv6 is as wide as its prefix says, and all but its first address are for machines', () => {
  const subnet = parseSubnet('FD00:1:0:0:8000::/66');
  assert.deepEqual(subnet, { ip: 'fd00:1:0:0:8000::', prefixLength: 66 });
  for (const wrong of [
    'fd00:1::/129',
    'fd00:1::',
    'fe80::1%eth0/64',
    '::ffff:10.0.0.0/104',
    'fd00::/064',
    '10.0.0.0/33',
  ])
    assert.equal(parseSubnet(wrong), null, wrong);
  const few = { ip: 'fd00:8::4', prefixLength: 126 };
  assert.deepEqual([...hostAddresses(few, few)], ['fd00:8::5', 'fd00:8::6', 'fd00:8::7']);
  const [first, second, other] = ['fd00:1::/64', 'fd00:1::/32', 'fd00:2::/64'].map((text) => parseSubnet(text));
  assert.ok(first && second && other);
  assert.deepEqual([overlap(first, second), overlap(first, other), overlap(first, small.subnet)], [true, false, false]);
  assert.equal(contains(first, 'fd00:1::ffff:ffff:ffff:ffff'), true);
  assert.equal(contains(first, '10.1.2.3'), false);
  const [pool] = ipv6Pools('0123456789ab');
  assert.deepEqual(ipv6Pools('0123456789ab'), [pool]);
  assert.ok(pool && freeSubnet([], [pool])?.ip === pool.ip);
  assert.notDeepEqual(ipv6Pools('ba9876543210'), [pool]);
});

test('a MAC address is made of the IPv4 address, as Docker makes it, where none is asked for', () => {
  const second = new Set(['172.17.0.2']);
  assert.equal(allocateEndpoint(defaultBridge, second, noWish).macAddress, '02:42:ac:11:00:03');
  assert.equal(
    allocateEndpoint(defaultBridge, second, { ...noWish, macAddress: '02:00:00:00:00:09' }).macAddress,
    '02:00:00:00:00:09',
  );
  assert.equal(subnetInWords(defaultBridge.subnet), '172.17.0.0/16');
});

test('links are in the order of the names of the networks, the default one first, also where names are numbers', () => {
  const at = (ipAddress: string) => ({ endpointId: '', macAddress: '', ipAddress, ip6Address: null, linkLocal: [] });
  const endpoints = { backend: at('10.0.0.1'), '7': at('10.0.0.2'), '10': at('10.0.0.3'), bridge: at('172.17.0.2') };
  assert.deepEqual(
    inOrder(endpoints).map(([network]) => network),
    ['bridge', '10', '7', 'backend'],
  );
  assert.equal(endpointIn(endpoints, 'constructor'), null);
});

test('a host has three networks, found by name and by the beginning of their ID', () => {
  const networks = predefinedNetworks('0123456789ab', '2026-01-01T00:00:00.000Z');
  assert.deepEqual(
    [...networks.values()].map(({ name, driver, bridge }) => [name, driver, bridge?.link]),
    [
      ['bridge', 'bridge', 'docker0'],
      ['host', 'host', undefined],
      ['none', 'null', undefined],
    ],
  );
  const { id } = findNetwork(networks, 'bridge');
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(findNetwork(networks, id.slice(0, 12)).name, 'bridge');
  for (const reference of ['', 'nope', 'constructor'])
    assert.throws(() => findNetwork(networks, reference), {
      kind: 'notFound',
      message: `network ${reference} not found`,
    });
  assert.notEqual(predefinedNetworks('ba9876543210', '').get('bridge')?.id, id, 'another host has other IDs');
});
