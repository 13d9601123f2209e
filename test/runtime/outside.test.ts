// B07: where the machine connects to for students, and where it does not, whatever a name leads to.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { dialOutside } from '../../runtime/outside/dial.ts';
import { Places } from '../../runtime/outside/places.ts';
import { resolveBy } from '../../runtime/registries/names.ts';
import { until } from '../support/until.ts';

let trap: net.Server;
let port: number;
let directory: string;
const connections: string[] = [];
const signal = new AbortController().signal;

beforeAll(async () => {
  trap = net.createServer((socket) => {
    connections.push(String(socket.localAddress));
    socket.destroy();
  });
  await new Promise<void>((listening) => trap.listen({ port: 0, host: '127.0.0.1' }, listening));
  port = (trap.address() as net.AddressInfo).port;
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'drydock-outside-'));
});

afterAll(() => {
  trap?.close();
  if (directory) fs.rmSync(directory, { recursive: true, force: true });
});

const admits = (places: readonly string[], url: string): boolean => new Places(places).admits(new URL(url));

test('a URL is admitted by its name and port', () => {
  for (const [list, url, expected] of [
    [['ci.example.org'], 'https://ci.example.org/x', true],
    [['ci.example.org'], 'http://CI.example.org./x', true],
    [['ci.example.org'], 'https://ci.example.org:8443/', false],
    [['ci.example.org:8443'], 'https://ci.example.org:8443/', true],
    [['ci.example.org:8443'], 'https://ci.example.org/', false],
    [['ci.example.org'], 'https://other.example.org/', false],
    [['*.example.org'], 'https://a.b.example.org/', true],
    [['*.example.org'], 'https://example.org/', false],
    [['*'], 'https://anything.example/', true],
    [['*'], 'http://10.0.0.7/', false],
    [['*'], 'http://[::1]/', false],
    [['*'], 'http://localhost/', false],
    [['10.0.0.0/8'], 'http://10.1.2.3/', true],
    [['10.0.0.0/8:9000'], 'http://10.1.2.3:9000/', true],
    [['10.0.0.7'], 'http://0x0a.7/', true],
    [['[fd00::1]:8080'], 'http://[fd00::1]:8080/', true],
    [['fd00::/8'], 'http://[fd12::1]/', true],
    [['10.0.0.7'], 'http://10.0.0.8/', false],
    [[], 'https://ci.example.org/', false],
  ] as const)
    assert.equal(admits(list, url), expected, `${list}: ${url}`);
});

test('an address is reached where it is one of the internet, or named itself; some never are', () => {
  const reaches = (list: readonly string[], address: string, to = 443) => new Places(list).reaches(address, to);
  assert.equal(reaches(['*'], '93.184.216.34'), true);
  for (const address of [
    '10.0.0.7',
    '127.0.0.1',
    '192.168.1.1',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '0.0.0.0',
  ])
    assert.equal(reaches(['*'], address), false, address);
  assert.equal(reaches(['10.0.0.7'], '10.0.0.7'), true);
  assert.equal(reaches(['10.0.0.7:9000'], '10.0.0.7'), false);
  for (const address of ['169.254.169.254', '::ffff:169.254.169.254', '100.100.100.200', '224.0.0.1', 'fd00:ec2::254'])
    assert.equal(reaches(['0.0.0.0/0', '::/0'], address), false, address);
});

test('what is no place is told', () => {
  for (const text of [
    '',
    'localhost',
    'a b.org',
    'ci.example.org:0',
    'ci.example.org:99999',
    '10.0.0.0/33',
    '[10.0.0.1',
    'http://x.org',
  ])
    assert.throws(() => new Places([text]), { kind: 'invalid' }, text);
});

test('a name that leads to a private address is not followed there, and no connection is made', async () => {
  const inward = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '0.0.0.0', '169.254.169.254', '10.1.2.3'];
  fs.writeFileSync(
    path.join(directory, 'hosts'),
    inward.map((address, n) => `${address} inward${n}.example.org\n`).join(''),
  );
  const places = new Places([`*.example.org:${port}`]);
  const resolve = resolveBy(directory);
  for (const n of inward.keys()) {
    const url = new URL(`http://inward${n}.example.org:${port}/`);
    await assert.rejects(dialOutside(url, places, signal, resolve), { kind: 'forbidden' }, url.host);
  }
  await assert.rejects(dialOutside(new URL('http://other.example:1/'), places, signal, resolve), { kind: 'forbidden' });
  await assert.rejects(dialOutside(new URL(`http://none.example.org:${port}/`), places, signal, resolve), {
    kind: 'unavailable',
  });
  assert.deepEqual(connections, []);
  const named = new Places([`*.example.org:${port}`, `127.0.0.1:${port}`]);
  const socket = await dialOutside(new URL(`http://inward0.example.org:${port}/`), named, signal, resolve);
  await until('the trap has heard of it', () => connections.length === 1);
  socket.destroy();
});
