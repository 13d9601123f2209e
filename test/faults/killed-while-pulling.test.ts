// The engine is killed in the middle of a pull from a registry: nothing half is left, and the next pull brings it all (X01).

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import { bindInside } from '../../runtime/kernel/bind.ts';
import { digestOf } from '../../runtime/store/blobs.ts';
import { ask, expect } from '../runtime/api/exchange.ts';
import { createDockerHost, type DockerHost } from '../support/docker-host.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { residentBytes } from '../support/outside.ts';
import { type Hook, say, TestRegistry, types } from '../support/registry.ts';
import { until } from '../support/until.ts';

let engine: TestEngine;
let host: DockerHost;
/** Listens in the host's own network. */
let registry: TestRegistry;
const name = '127.0.0.1:5000';
const mebibyte = 1024 * 1024;
const store = (): string => `/proc/${engine.pid}/root${engine.instance.data}/store`;

beforeAll(async () => {
  engine = await startEngine();
  host = await createDockerHost(engine, 'pulling');
  const [fd] = bindInside(host.info.pid, ['tcp'], '127.0.0.1', 5000, 0);
  registry = await TestRegistry.open(fd);
});

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

beforeEach(() => {
  registry.hook = () => false;
});

async function pull(repository: string): Promise<string> {
  const { body } = await ask(host.socket, `POST /images/create?fromImage=${name}/${repository}&tag=1`);
  return typeof body === 'string' ? body : JSON.stringify(body);
}

test('X01: an engine that is killed while layers come leaves nothing half, and the pull can be made again', async () => {
  const random = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(50_000))).toString('hex');
  const made = await registry.putImage('cut', '1', [random(), random()]);
  const digests = made.layers.map(digestOf);
  const isOf = (url: string | undefined, digest = ''): boolean => url?.endsWith(digest) ?? false;
  /** By what is waited for: the manifest, half of the first layer, the second layer when the first one is unpacked. */
  const moments: ((reached: () => void) => Hook)[] = [
    (reached) => (request) => {
      if (!request.url?.includes('/manifests/sha256')) return false;
      reached();
      return true;
    },
    (reached) => (request, response) => {
      if (!isOf(request.url, digests[0])) return false;
      response.writeHead(200, { 'Content-Length': made.layers[0]?.length });
      response.write(made.layers[0]?.subarray(0, 20_000), () => setTimeout(reached, 50));
      return true;
    },
    (reached) => {
      const layers = `${store()}/layers`;
      const before = readdirSync(layers).length;
      return (request) => {
        if (!isOf(request.url, digests[1])) return false;
        void until('the first layer is unpacked', () => readdirSync(layers).length > before).then(reached);
        return true;
      };
    },
  ];
  for (const moment of moments) {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    registry.hook = moment(reach);
    const pulled = pull('cut').catch(() => 'cut off');
    await reached;
    await engine.kill();
    await pulled;
    await engine.start();
    registry.hook = () => false;
    assert.deepEqual((await engine.client.check()).findings, []);
    await expect(host.socket, `GET /images/${name}/cut:1/json`, 404);
    assert.deepEqual(readdirSync(`${store()}/incoming/uploads`), []);
    assert.deepEqual(readdirSync(`${store()}/blobs/sha256`), []);
  }
  assert.match(await pull('cut'), /Downloaded newer image/);
  assert.deepEqual((await engine.client.check()).findings, []);
});

test('B05: endless and deep answers cost the engine’s memory little', async () => {
  await registry.putImage('large', '1', ['content']);
  await pull('large');
  await expect(host.socket, `DELETE /images/${name}/large:1`, 200);
  const before = residentBytes(engine.pid);
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, residentBytes(engine.pid));
  }, 20);
  const spaces = Buffer.alloc(mebibyte, ' ');
  registry.hook = (request, response) => {
    if (request.method === 'HEAD' || request.url === '/v2/') return false;
    response.writeHead(200, { 'Content-Type': types.manifest });
    const more = (): void => {
      while (!response.destroyed) if (!response.write(spaces)) return void response.once('drain', more);
    };
    more();
    return true;
  };
  assert.match(await pull('large'), /the answer is over/);
  const deep = Buffer.from(`{"schemaVersion":2,"config":${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}}`);
  const digest = digestOf(deep);
  registry.hook = (request, response) => {
    if (request.url === '/v2/') return false;
    say(response, 200, { 'Content-Type': types.manifest, 'Docker-Content-Digest': digest }, deep);
    return true;
  };
  assert.match(await pull('large'), /not well formed|not JSON|too much memory/);
  clearInterval(watch);
  assert.ok(most - before < 200 * mebibyte, `${Math.round((most - before) / mebibyte)} MiB more at the most`);
  await until('the engine has given its memory back', () => residentBytes(engine.pid) - before < 50 * mebibyte);
});
