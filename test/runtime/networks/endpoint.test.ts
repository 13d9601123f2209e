// Addresses of endpoints, and their order.

import assert from 'node:assert/strict';
import { test } from 'vitest';
import type { Bridge } from '../../../runtime/networks/bridge.ts';
import { defaultBridge, subnetInWords } from '../../../runtime/networks/bridge.ts';
import { allocateEndpoint, endpointIn, inOrder, mainAddress } from '../../../runtime/networks/endpoint.ts';
import { findNetwork, predefinedNetworks } from '../../../runtime/networks/network.ts';

const small: Bridge = {
  network: 'small',
  link: 'br-small',
  subnet: { ip: '10.1.2.240', prefixLength: 29 },
  gateway: '10.1.2.243',
};

test('an endpoint has the lowest free address of its subnet, which is neither the gateway’s nor the broadcast’s', () => {
  const taken = new Set<string>();
  for (let count = 0; count < 5; count++) taken.add(allocateEndpoint(small, taken, null).ipAddress);
  assert.deepEqual([...taken], ['10.1.2.241', '10.1.2.242', '10.1.2.244', '10.1.2.245', '10.1.2.246']);
  assert.throws(() => allocateEndpoint(small, taken, null), {
    kind: 'exhausted',
    message: 'no available IPv4 addresses on this network’s address pools: small',
  });
  taken.delete('10.1.2.242');
  assert.equal(allocateEndpoint(small, taken, null).ipAddress, '10.1.2.242');
});

test('a MAC address is made of the IPv4 address, as Docker makes it, where none is asked for', () => {
  const second = new Set(['172.17.0.2']);
  assert.equal(allocateEndpoint(defaultBridge, second, null).macAddress, '02:42:ac:11:00:03');
  assert.equal(allocateEndpoint(defaultBridge, second, '02:00:00:00:00:09').macAddress, '02:00:00:00:00:09');
  assert.equal(subnetInWords(defaultBridge), '172.17.0.0/16');
});

test('ports lead to the endpoint of the first network by name, also where names are numbers', () => {
  const at = (ipAddress: string) => ({ endpointId: '', macAddress: '', ipAddress });
  const endpoints = { backend: at('10.0.0.1'), '7': at('10.0.0.2'), '10': at('10.0.0.3') };
  assert.deepEqual(
    inOrder(endpoints).map(([network]) => network),
    ['10', '7', 'backend'],
  );
  assert.equal(mainAddress(endpoints), '10.0.0.3');
  assert.equal(mainAddress({}), null);
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
