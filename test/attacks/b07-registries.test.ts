// Registries that attack the engine through a pull. The host of these tests stands in a network namespace of the test's own, and so does
// its registry; the traps listen in the machine's, and at addresses that are given to that namespace for it.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { bindInside } from '../../runtime/kernel/bind.ts';
import { startTicksOf } from '../../runtime/kernel/processes.ts';
import { maxRegistryRedirects } from '../../runtime/limits.ts';
import { nobody } from '../../runtime/registries/credentials.ts';
import { downloadBlob } from '../../runtime/registries/download.ts';
import { Repository } from '../../runtime/registries/repository.ts';
import { Transport } from '../../runtime/registries/transport.ts';
import { collect, pullAll, type TestHost, type TestImages, testImages, untilDone } from '../runtime/images/fixture.ts';
import { refuse, say, TestRegistry } from '../support/registry.ts';
import { until } from '../support/until.ts';

let images: TestImages;
/** Keeps the namespace. */
let holder: ChildProcess;
let registry: TestRegistry;
let hosts = 0;
/** In the registry's namespace, where no other listens. */
const port = 5000;
const name = `127.0.0.1:${port}`;

beforeAll(async () => {
  images = await testImages();
  holder = spawn('unshare', [
    '--net',
    'sh',
    '-c',
    'ip link set lo up && ip addr add 169.254.169.254/32 dev lo && exec sleep 600',
  ]);
  const pid = holder.pid ?? 0;
  await until('the namespace has its addresses', () =>
    execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', '-o', 'addr']).includes('169.254.169.254'),
  );
  const [fd] = bindInside(pid, ['tcp'], '127.0.0.1', port, 0);
  registry = await TestRegistry.open(fd);
  mkdirSync(`${images.directory}/names`);
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  holder?.kill();
  await images?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  registry.hook = () => false;
  registry.requests.length = 0;
  registry.authorizations.length = 0;
  writeFileSync(`${images.directory}/names/hosts`, '');
});

function newHost(): TestHost {
  const pid = holder.pid ?? 0;
  const namesDirectory = `${images.directory}/names`;
  return images.host(`attacked-${hosts++}`, {
    pid,
    startTicks: startTicksOf(pid),
    namesDirectory,
    proxy: null,
  });
}

/** Listens, and counts who comes. */
async function openTrap(
  where: net.ListenOptions,
): Promise<AsyncDisposable & { readonly came: () => number; readonly port: number }> {
  let came = 0;
  const server = net.createServer((socket) => {
    came++;
    socket.destroy();
  });
  server.listen(where);
  await once(server, 'listening');
  return {
    came: () => came,
    port: (server.address() as net.AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

const stored = (): string[] => readdirSync(`${images.directory}/store/blobs/sha256`);
const options = () => ({ signal: untilDone() });

/** Nothing of a pull that failed is there. */
async function fails(host: TestHost, repository: string, why: RegExp, tag = '1'): Promise<void> {
  const before = stored();
  await assert.rejects(pullAll(host, `${name}/${repository}`, tag), (error: Error) => {
    assert.match(error.message, why);
    return true;
  });
  assert.deepEqual(host.images.stored(), []);
  assert.deepEqual(stored(), before);
  await until('its files are gone', () => readdirSync(`${images.directory}/store/incoming/uploads`).length === 0);
  await until('its layers are gone', () => readdirSync(`${images.directory}/store/incoming/layers`).length === 0);
}

test('B07: a host’s registry is asked in the host’s network, and nobody in the machine’s is', async () => {
  await using trap = await openTrap({ host: '127.0.0.1', port: 0 });
  const host = newHost();
  for (const direct of [`127.0.0.1:${trap.port}`, `localhost:${trap.port}`, `127.1.2.3:${trap.port}`])
    await assert.rejects(pullAll(host, `${direct}/x`, '1'), /connection refused/);
  assert.equal(trap.came(), 0);
  await registry.putImage('good', '1', ['content']);
  await pullAll(host, `${name}/good`, '1');
});

test('B07: neither a redirect nor a token server leads into the machine’s network', async () => {
  await using trap = await openTrap({ host: '127.0.0.1', port: 0 });
  await using trap6 = await openTrap({ host: '::1', port: 0 });
  const host = newHost();
  await registry.putImage('led', '1', ['content']);
  const places = [
    `http://127.0.0.1:${trap.port}/x`,
    `http://localhost:${trap.port}/x`,
    `http://2130706433:${trap.port}/x`,
    `http://0.0.0.0:${trap.port}/x`,
    `http://[::ffff:127.0.0.1]:${trap.port}/x`,
    `http://[::1]:${trap6.port}/x`,
    `https://127.0.0.1:${trap.port}/x`,
  ];
  for (const place of places) {
    registry.hook = (request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      say(response, 307, { Location: place }, '');
      return true;
    };
    await fails(host, 'led', /dial tcp|plain HTTP|redirects/);
    registry.hook = (_, response) => {
      response.setHeader('WWW-Authenticate', `Bearer realm="${place}",service="x"`);
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
      return true;
    };
    await fails(host, 'led', /dial tcp|plain HTTP|redirects/);
  }
  assert.deepEqual([trap.came(), trap6.came()], [0, 0]);
});

test('E02: an address where clouds keep secrets is not connected to, by whatever way it is named', async () => {
  const pid = holder.pid ?? 0;
  const [fd = -1] = bindInside(pid, ['tcp'], '169.254.169.254', 80, 0);
  await using trap = await openTrap({ fd } as net.ListenOptions);
  const host = newHost();
  await registry.putImage('metadata', '1', ['content']);
  writeFileSync(`${images.directory}/names/hosts`, '169.254.169.254 secrets.example\n');
  for (const there of ['169.254.169.254', '[::ffff:169.254.169.254]', 'secrets.example']) {
    for (const [place, why] of [
      [`http://${there}/latest`, /plain HTTP is for registries of this Docker host/],
      [`https://${there}:80/latest`, /network is unreachable/],
    ] as const) {
      registry.hook = (request, response) => {
        if (!request.url?.includes('/blobs/')) return false;
        say(response, 302, { Location: place }, '');
        return true;
      };
      await fails(host, 'metadata', why);
    }
  }
  await assert.rejects(pullAll(host, '169.254.169.254:80/x', '1'), /network is unreachable/);
  assert.equal(trap.came(), 0);
});

test('B07: a password is not sent along where a redirect leads to, and the places for layers that a manifest names are not looked at', async () => {
  const pid = holder.pid ?? 0;
  const [fd = -1] = bindInside(pid, ['tcp'], '127.0.0.1', port + 1, 0);
  await using other = await TestRegistry.open(fd);
  const made = await registry.putImage('secretive', '1', ['content'], {
    manifest: { urls: [`http://127.0.0.1:${port + 1}/urls`] },
  });
  const [layer = Buffer.alloc(0)] = made.layers;
  other.hook = (_, response) => {
    say(response, 200, {}, layer);
    return true;
  };
  registry.hook = (request, response) => {
    if (request.headers.authorization === undefined) {
      response.setHeader('WWW-Authenticate', 'Basic realm="ours"');
      refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
      return true;
    }
    if (!request.url?.includes('/blobs/') || request.url.endsWith(made.imageId)) return false;
    say(response, 307, { Location: `http://127.0.0.1:${port + 1}/layer` }, '');
    return true;
  };
  const host = newHost();
  const credentials = { ...nobody, username: 'ann', password: 'secret' };
  await collect(await host.images.pull(`${name}/secretive`, '1', { ...options(), credentials }));
  assert.deepEqual(other.requests, ['GET /layer']);
  assert.deepEqual(other.authorizations, ['']);
});

test('B06: a registry that redirects for ever is left after some', async () => {
  const host = newHost();
  registry.hook = (request, response) => {
    if (request.url === '/v2/') return false;
    say(response, 302, { Location: `${request.url}x` }, '');
    return true;
  };
  await fails(host, 'loop', /stopped after 5 redirects/);
  assert.equal(registry.requests.length, 1 + maxRegistryRedirects + 1);
});

test('B06: a registry that sends a byte now and then, or none, is left', async () => {
  await using slow = await TestRegistry.open();
  const made = await slow.putImage('slow', '1', ['content']);
  const [layer = Buffer.alloc(0)] = made.layers;
  const digest = [...slow.blobs.keys()].at(-1)?.split('@')[1] ?? '';
  slow.hook = (request, response) => {
    if (!request.url?.includes('/blobs/')) return false;
    response.writeHead(200, { 'Content-Length': layer.length });
    const timer = setInterval(() => response.write('x'), 20);
    response.once('close', () => clearInterval(timer));
    return true;
  };
  // So long must nothing come before a head, and `idleMs` within a body: this process serves the registry too, and may have to wait.
  using transport = new Transport({ resolve: async () => ['127.0.0.1'] }, 1_000);
  const place = { domain: slow.domain, path: 'slow', credentials: nobody, actions: 'pull' };
  const repository = await Repository.open(transport, place);
  let retries = 0;
  const pace = { idleMs: 200, pauseMs: 1, onBytes: () => undefined, onRetry: () => void retries++ };
  const descriptor = { mediaType: '', digest, size: layer.length };
  const path = `${images.directory}/slow`;
  await assert.rejects(
    downloadBlob(repository, descriptor, path, pace),
    /timeout while reading body|verification failed/,
  );
  slow.hook = (request) => request.url?.includes('/blobs/') ?? false;
  await assert.rejects(downloadBlob(repository, descriptor, `${path}-2`, pace), /timeout awaiting response headers/);
  assert.ok(retries >= 4, `${retries} retries`);
});
