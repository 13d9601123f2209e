// docker cp, export and commit against a container that changes its files meanwhile, and against clients that leave or send bombs.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, test } from 'vitest';
import { expect, expectSending } from '../runtime/api/exchange.ts';
import { entriesOf, sendArchive } from '../support/archives.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import type { RunningEngine } from '../support/engine.ts';
import { residentBytes } from '../support/outside.ts';
import { sharedEngine } from '../support/shared.ts';
import { tarOf } from '../support/tar.ts';
import { until } from '../support/until.ts';

const MiB = 1024 * 1024;
const secret = 'of the machine';
let engine: RunningEngine;
let host: DockerHost;
/** A directory of the machine, by a path that the container has too. */
let marker: string;

beforeAll(async () => {
  marker = fs.mkdtempSync(path.join(os.tmpdir(), 'c01-marker-'));
  fs.writeFileSync(`${marker}/secret`, secret);
  engine = await sharedEngine();
  host = await createDockerHost(engine, 'c01');
  // `d` is a directory, then a link to the machine's, and so on.
  const swap = `mkdir -p /race/d ${marker}; cd /race; while :; do mv d e; ln -s ${marker} d; rm d; mv e d; done`;
  await host.run('racer', ['sh', '-c', swap]);
  const there = `GET ${at('racer', '/race')}`;
  await until('the race has begun', async () => (await sendArchive(host.socket, there)).status === 200);
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  fs.rmSync(marker, { recursive: true, force: true });
});

const at = (name: string, place: string): string => `/containers/${name}/archive?path=${encodeURIComponent(place)}`;

function descriptors(): number {
  return fs.readdirSync(`/proc/${engine.pid}/fd`).length;
}

test('C01: a directory that is swapped for a link while cp writes and reads leads nowhere outside', async () => {
  const archive = await tarOf([
    [{ name: 'd/written', mode: 0o777 }, 'x'],
    [{ name: 'd/secret', mode: 0o777 }, 'overwritten'],
    [{ name: 'd/sub/deep' }, 'x'],
    [{ name: 'd/fifo', type: 'fifo', mode: 0o777 }],
    [{ name: 'd/link', type: 'symlink', linkname: '/etc/shadow' }],
  ]);
  let done = 0;
  for (let round = 0; round < 60; round++) {
    const [written, read] = await Promise.all([
      sendArchive(host.socket, `PUT ${at('racer', '/race')}`, archive),
      sendArchive(host.socket, `GET ${at('racer', '/race/d/')}`),
    ]);
    if (written.status === 200) done += 1;
    if (read.status !== 200) continue;
    for (const [name, { content }] of await entriesOf(read.body)) assert.notEqual(content.toString(), secret, name);
  }
  assert.ok(done > 0, 'some of them were not disturbed');
  assert.deepEqual(fs.readdirSync(marker), ['secret']);
  assert.equal(fs.readFileSync(`${marker}/secret`, 'utf8'), secret);
});

test('C02: no program of the container’s runs when a compressed archive is copied in', async () => {
  const fake = '#!/bin/sh\necho ran >>/ran\n';
  const programs = ['gzip', 'gunzip', 'unpigz', 'zstd', 'xz', 'tar', 'cat'];
  const planted = await tarOf(programs.map((name) => [{ name: `usr/bin/${name}`, mode: 0o755 }, fake]));
  await host.create('fakes', ['sleep', '10000']);
  assert.equal((await sendArchive(host.socket, `PUT ${at('fakes', '/')}`, planted)).status, 200);
  const packed = gzipSync(await tarOf([[{ name: 'unpacked' }, 'x']]));
  assert.equal((await sendArchive(host.socket, `PUT ${at('fakes', '/')}`, packed)).status, 200);
  assert.equal((await sendArchive(host.socket, `GET ${at('fakes', '/unpacked')}`)).status, 200);
  assert.equal((await sendArchive(host.socket, `GET ${at('fakes', '/ran')}`)).status, 404);
});

test('C03: links that lead to the machine’s files are packed as links, by cp, export and commit', async () => {
  const links = `mkdir -p /links; ln -s ${marker}/secret /links/file; ln -s ${marker} /links/directory; ln -s /proc/1/root /links/root`;
  await host.create('linker', ['sh', '-c', links]);
  await expect(host.socket, 'POST /containers/linker/start', 204);
  await expect(host.socket, 'POST /containers/linker/wait', 200);
  for (const place of [at('linker', '/links'), '/containers/linker/export']) {
    const entries = await entriesOf((await sendArchive(host.socket, `GET ${place}`)).body);
    for (const name of ['file', 'directory', 'root'])
      assert.equal(entries.get(`links/${name}`)?.header.type, 'symlink', name);
  }
  for (const place of ['/links/file', '/links/directory/', '/links/directory/secret', '/links/root/etc/shadow']) {
    const { body } = await sendArchive(host.socket, `GET ${at('linker', place)}`);
    assert.ok(!body.includes(secret), place);
  }
  await expect(host.socket, 'POST /commit?container=linker&repo=linked', 201);
  const { text } = await host.output(['readlink', '/links/file'], { Image: 'linked' });
  assert.equal(text.trim(), `${marker}/secret`);
});

test.for(['runs', 'was never started'])(
  'C01: through a bind mount of a container that %s nothing of the kernel’s is copied, and nothing changed that is not the student’s',
  async (kind) => {
    const name = kind.replaceAll(' ', '-');
    const Binds = ['/proc:/p', '/sys:/s', '/var/lib/docker/volumes:/v', '/:/h'];
    await expectSending(host.socket, 'POST /volumes/create', { Name: name }, 201);
    await host.create(name, ['sleep', '10000'], { HostConfig: { Binds } });
    if (kind === 'runs') await expect(host.socket, `POST /containers/${name}/start`, 204);
    for (const place of ['/p/version', '/p/sys/kernel/ostype', '/s/kernel', '/h/proc/version', '/h/sys/kernel'])
      assert.equal((await sendArchive(host.socket, `GET ${at(name, place)}`)).status, 404, place);
    const archive = await tarOf([[{ name: 'core_pattern' }, '|/evil']]);
    assert.equal((await sendArchive(host.socket, `PUT ${at(name, '/p/sys/kernel')}`, archive)).status, 404);
    const swaps = [
      [{ name, type: 'symlink', linkname: marker }],
      [{ name: `${name}/_data`, type: 'symlink', linkname: marker }],
      [{ name: 'new', type: 'directory' }],
    ] as const;
    for (const entry of swaps) {
      const { status, body } = await sendArchive(host.socket, `PUT ${at(name, '/v')}`, await tarOf([[...entry]]));
      assert.equal(status, 500);
      assert.match(JSON.parse(body.toString()).message, /permission denied/);
    }
    const own = await tarOf([[{ name: 'f' }, 'x']]);
    assert.equal((await sendArchive(host.socket, `PUT ${at(name, `/v/${name}/_data`)}`, own)).status, 200);
    assert.equal((await sendArchive(host.socket, `PUT ${at(name, '/h/srv')}`, own)).status, 200);
    assert.equal((await host.shell(`cat /var/lib/docker/volumes/${name}/_data/f /srv/f`)).stdout, 'xx');
    await expect(host.socket, `DELETE /containers/${name}?force=1`, 204);
  },
);

/** Sends `total` bytes of a file in an archive, without holding them. */
function sendLargeFile(place: string, total: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath: host.socket, method: 'PUT', path: place, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    request.on('error', reject);
    const piece = Buffer.alloc(MiB, 'a');
    let sent = 0;
    const more = (): void => {
      while (sent < total) {
        sent += piece.length;
        if (!request.write(piece)) return void request.once('drain', more);
      }
      request.end(Buffer.alloc(1024));
    };
    void tarOf([[{ name: 'large', size: 0 }]]).then((head) => {
      const header = Buffer.from(head.subarray(0, 512));
      header.write(`${total.toString(8).padStart(11, '0')} `, 124);
      header.fill(' ', 148, 156);
      header.write(
        `${header
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, '0')}\0 `,
        148,
      );
      request.write(header);
      more();
    });
  });
}

/** Reads an answer and drops it; gives how long it was. */
function lengthOf(place: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath: host.socket, path: place, agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (piece: Buffer) => (bytes += piece.length)).on('end', () => resolve(bytes));
    });
    request.on('error', reject).end();
  });
}

test('B05: 300 MB are copied in and out with memory for a part of them', async () => {
  const sizeBytes = 300 * MiB;
  await host.create('large', ['true']);
  await lengthOf(at('large', '/bin/busybox'));
  const before = residentBytes(engine.pid);
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, residentBytes(engine.pid))), 20);
  try {
    assert.equal(await sendLargeFile(at('large', '/'), sizeBytes), 200);
    assert.equal(await lengthOf(at('large', '/large')), sizeBytes + 512 + 1024);
  } finally {
    clearInterval(watch);
  }
  // Pieces that are done with stay until the next garbage collection: some 64 MiB in each thread.
  assert.ok(most - before < 200 * MiB, `${Math.round((most - before) / MiB)} MiB more`);
});

test('D10: a client that leaves in the middle leaves nothing open', async () => {
  await host.run('left', ['sleep', '10000']);
  // As many threads wait for the next job as there are afterwards.
  await Promise.all([lengthOf(at('left', '/bin')), lengthOf(at('left', '/bin'))]);
  const before = descriptors();
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      ['GET', 'PUT'].map(
        (method) =>
          new Promise<void>((resolve) => {
            const request = http.request({
              socketPath: host.socket,
              method,
              path: at('left', '/'),
              agent: false,
              headers: method === 'PUT' ? { 'Content-Type': 'application/x-tar', 'Content-Length': 100 * MiB } : {},
            });
            request.on('error', () => undefined);
            request.once('close', () => resolve());
            if (method === 'GET') request.once('response', () => request.destroy()).end();
            else request.write(Buffer.alloc(512), () => request.destroy());
          }),
      ),
    );
  }
  await until('the engine has closed what it opened', () => descriptors() <= before + 3);
  await expect(host.socket, 'DELETE /containers/left?force=1', 204);
});

test('D04: an archive that is larger than the host’s disk stops at its quota, and the host goes on', async () => {
  const small = await engine.client.createHost('c01-small', { limits: { diskBytes: 64 * MiB } });
  await expect(small.dockerSocket, 'POST /images/create?fromImage=busybox&tag=latest', 200);
  const command = { Image: 'busybox', Cmd: ['true'] };
  const { Id } = (await expectSending(small.dockerSocket, 'POST /containers/create', command, 201)) as { Id: string };
  const bomb = gzipSync(await tarOf([[{ name: 'bomb' }, new Uint8Array(120 * MiB)]]));
  const { status, body } = await sendArchive(small.dockerSocket, `PUT ${at(Id, '/')}`, bomb);
  assert.equal(status, 500);
  assert.match(JSON.parse(body.toString()).message, /the disk of this host is full|no space|no room/);
  await expect(small.dockerSocket, `DELETE /containers/${Id}`, 204);
});
