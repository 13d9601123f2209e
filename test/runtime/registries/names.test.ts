// How a host finds a registry: names in its own files, addresses that are never connected to, what a login may name.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'vitest';
import { registryOf } from '../../../runtime/images/login.ts';
import { isLoopback, isRefused } from '../../../runtime/registries/addresses.ts';
import { addressesInHosts, mayFind, resolveBy } from '../../../runtime/registries/names.ts';
import { temporaryDirectory } from '../images/fixture.ts';

test('a name is looked up in the host’s own /etc/hosts, IPv4 first', () => {
  const hosts = '# comment\n::1 localhost shop\n10.77.0.2\tprod Shop # shop2\n\nnonsense shop\n';
  assert.deepEqual(addressesInHosts(hosts, 'shop'), ['10.77.0.2', '::1']);
  assert.deepEqual(addressesInHosts(hosts, 'prod'), ['10.77.0.2']);
  assert.deepEqual(addressesInHosts(hosts, 'shop2'), []);
  assert.deepEqual(addressesInHosts(hosts, '10.77.0.2'), []);
});

test('a name that no file knows fails at once where the host has no name server', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(`${directory.path}/hosts`, '10.77.0.3 prod\n');
  await writeFile(`${directory.path}/resolv.conf`, '# none\nnameserver nonsense\n');
  const resolve = resolveBy(directory.path);
  assert.deepEqual(await resolve('PROD.'), ['10.77.0.3']);
  assert.deepEqual(await resolve('localhost'), ['127.0.0.1']);
  await assert.rejects(resolve('elsewhere.example'), {
    message: 'dial tcp: lookup elsewhere.example: no such host: this Docker host has no name server',
  });
  assert.equal(mayFind(directory.path, 'prod'), true);
  assert.equal(mayFind(directory.path, 'elsewhere.example'), false);
  await writeFile(`${directory.path}/resolv.conf`, 'nameserver 10.0.0.1\n');
  assert.equal(mayFind(directory.path, 'elsewhere.example'), true);
});

test('the host’s own addresses are loopback however they are written, and secrets of a cloud are refused', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) assert.ok(isLoopback(address), address);
  for (const address of ['128.0.0.1', '10.0.0.1', '::2', 'localhost']) assert.ok(!isLoopback(address), address);
  for (const address of [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '224.0.0.1',
  ])
    assert.ok(isRefused(address), address);
  for (const address of ['10.0.0.1', '127.0.0.1', '2001:db8::1']) assert.ok(!isRefused(address), address);
});

test('a login names a registry as clients write it', () => {
  for (const server of ['', 'https://index.docker.io/v1/', 'docker.io', 'registry-1.docker.io'])
    assert.equal(registryOf(server), 'docker.io');
  assert.equal(registryOf('localhost:5000'), 'localhost:5000');
  assert.equal(registryOf('https://registry.example/v2/'), 'registry.example');
  assert.equal(registryOf('prod'), 'prod');
  for (const server of ['a b', 'user@host', '../x', 'x\r\ny', '@', 'a'.repeat(300)])
    assert.throws(() => registryOf(server), { kind: 'invalid' }, server);
});
