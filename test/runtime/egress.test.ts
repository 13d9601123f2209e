// Which names and addresses a proxy lets through.

import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'vitest';
import { isPublic } from '../../runtime/egress/addresses.ts';
import { allowedName, isAllowed, plainName } from '../../runtime/egress/allow-list.ts';

const allows = (list: readonly string[], given: string): boolean => {
  const name = plainName(given);
  return name !== null && isAllowed(list, name);
};

test('a name is allowed as it stands on the list, or below one with a star, however it is written', () => {
  const list = ['deb.debian.org', '*.npmjs.org', 'xn--mnchen-3ya.de'];
  for (const name of [
    'deb.debian.org',
    'DEB.debian.org',
    'deb.debian.org.',
    'registry.npmjs.org',
    'a.b.npmjs.org',
    'münchen.de',
  ])
    assert.ok(allows(list, name), name);
  for (const name of [
    ...['debian.org', 'x.deb.debian.org', 'deb.debian.org.evil.org', 'npmjs.org', 'xnpmjs.org', 'evil-npmjs.org', ''],
    ...[
      'deb.debian.org@evil.org',
      'deb.debian.org/evil',
      'evil.org#.npmjs.org',
      '*.npmjs.org ',
      'deb.debian.org\0',
      'deb',
    ],
  ])
    assert.ok(!allows(list, name), name);
});

test('where every name is allowed, addresses and names without a dot are not', () => {
  assert.ok(allows(['*'], 'example.org'));
  for (const name of [
    '10.0.0.1',
    '93.184.216.34',
    '0x7f.1',
    '2130706433',
    '127.1',
    '::1',
    '[::1]',
    'localhost',
    'prod',
  ])
    assert.ok(!allows(['*'], name), name);
});

test('an operator writes names, and no addresses, paths or bare suffixes', () => {
  for (const name of ['*', 'a.example', '*.example.org', 'xn--mnchen-3ya.de']) assert.match(name, allowedName);
  for (const name of [
    '',
    'example',
    '*.',
    '*org',
    'a.*.org',
    '10.0.0.1',
    'http://a.example',
    'a.example:80',
    'a.example/',
    '-a.example',
  ])
    assert.doesNotMatch(name, allowedName, name);
});

test('E02: addresses that are private, the link’s, the machine’s, reserved or another name for such are not public', () => {
  for (const address of [
    '93.184.216.34',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '2606:2800:220:1::1',
    '2a00:1450::1',
  ])
    assert.ok(isPublic(address), address);
  for (const address of [
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254', '169.254.169.254'],
    ...['172.16.0.1', '172.31.255.255', '192.0.0.1', '192.168.0.1', '198.18.0.1', '198.51.100.1', '203.0.113.1'],
    ...['224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::ffff:93.184.216.34',
      '::ffff:7f00:1',
      '64:ff9b::a9fe:a9fe',
      'fd00:ec2::254',
      'fe80::1',
      'fec0::1',
    ],
    ...['ff02::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '100::1', '3fff::1', '5f00::1'],
    ...Object.values(networkInterfaces()).flatMap((each) => each?.map((own) => own.address) ?? []),
  ])
    assert.ok(!isPublic(address), address);
});
