// Pull-through: what is fetched from another registry, how often, what is kept, and what is told where that one is away or wants no more.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, test } from 'vitest';
import { Counter } from '../../../runtime/hub/mirrors/counter.ts';
import { parseMirrors } from '../../../runtime/hub/mirrors/mirrors-file.ts';
import { maxFetchesPerAsker } from '../../../runtime/limits.ts';
import { createAccount } from '../../../runtime/registry/accounts/people.ts';
import { dockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { OwnHub, type OwnHubOptions } from '../../support/own-hub.ts';
import { askRegistry, sha256 } from '../../support/own-registry.ts';
import { refuse, TestRegistry, types } from '../../support/registry.ts';
import { mediaTypes, pushParts } from '../registry/contents.ts';
import { ada, ask, code, image, message, mirrorOf, name, openMirror, password } from './pull-through.ts';

let upstream: TestRegistry;
const hubs: OwnHub[] = [];

beforeEach(async () => {
  upstream = await TestRegistry.open();
});

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

async function openHub(mirrors: Partial<OwnHubOptions['mirrors']> = {}): Promise<OwnHub> {
  const hub = await openMirror(upstream.url, mirrors);
  hubs.push(hub);
  return hub;
}

/** But for `GET /v2/`, which each thread asks first. */
const asked = (): string[] => upstream.requests.filter((line) => line !== 'GET /v2/');

test('an image is fetched once for all who ask at once, verified, and kept', async () => {
  const { digest: manifestDigest, layers, imageId } = await upstream.putImage('team/app', '1', ['one', 'two']);
  const hub = await openHub();
  const tags = await Promise.all(Array.from({ length: 8 }, () => ask(hub, `GET /v2/${image}/manifests/1`)));
  for (const { status, header } of tags)
    assert.deepEqual([status, header('docker-content-digest')], [200, manifestDigest]);
  const wanted = [...layers.map((layer) => sha256(layer)), imageId];
  const blobs = await Promise.all(
    [...wanted, ...wanted, ...wanted].map((one) => ask(hub, `GET /v2/${image}/blobs/${one}`)),
  );
  for (const [n, { status, body }] of blobs.entries())
    assert.deepEqual([status, sha256(body)], [200, wanted[n % wanted.length]]);
  assert.deepEqual(asked().toSorted(), [
    ...wanted.map((one) => `GET /v2/team/app/blobs/${one}`).toSorted(),
    `GET /v2/team/app/manifests/${manifestDigest}`,
    'HEAD /v2/team/app/manifests/1',
  ]);
  await upstream[Symbol.asyncDispose]();
  for (const line of [`manifests/1`, `manifests/${manifestDigest}`, ...wanted.map((one) => `blobs/${one}`)])
    assert.equal((await ask(hub, `GET /v2/${image}/${line}`)).status, 200, line);
  assert.equal(hub.registry.repositories.visibility(image), 'public');
  const events = hub.registry.audit.list({ repository: image, most: 100 });
  assert.equal(events.filter(({ action }) => action === 'fetch').length, 1 + wanted.length);
  assert.equal(events.filter(({ action, who }) => action === 'pull' && who === 'ada').length, 10);
  upstream = await TestRegistry.open();
});

test('an index is kept as it is, and its children come when they are asked for', async () => {
  const child = await upstream.putImage('team/app', 'child', ['one']);
  const body = { schemaVersion: 2, mediaType: types.index, manifests: [] as object[] };
  const size = upstream.manifests.get('team/app:child')?.body.length ?? 0;
  body.manifests.push({
    mediaType: types.manifest,
    digest: child.digest,
    size,
    platform: { os: 'linux', architecture: 'amd64' },
  });
  const index = upstream.putManifest('team/app', '1', types.index, body);
  const hub = await openHub();
  assert.equal((await ask(hub, `HEAD /v2/${image}/manifests/1`)).header('docker-content-digest'), index);
  assert.equal((await ask(hub, `GET /v2/${image}/manifests/${child.digest}`)).status, 200);
  assert.deepEqual((await ask(hub, `GET /v2/${image}/tags/list`)).json(), { name: image, tags: ['1', 'child'] });
});

test('a tag that has moved there is followed, one that has not is not fetched again, one that is gone is gone', async () => {
  const first = await upstream.putImage('team/app', '1', ['one']);
  const hub = await openHub({ freshMs: 0 });
  const look = async () => (await ask(hub, `GET /v2/${image}/manifests/1`)).header('docker-content-digest');
  assert.equal(await look(), first.digest);
  upstream.requests.length = 0;
  assert.equal(await look(), first.digest);
  assert.deepEqual(asked(), ['HEAD /v2/team/app/manifests/1']);
  const second = await upstream.putImage('team/app', '1', ['two']);
  assert.equal(await look(), second.digest);
  upstream.manifests.delete('team/app:1');
  assert.equal((await ask(hub, `GET /v2/${image}/manifests/1`)).status, 404);
  await upstream[Symbol.asyncDispose]();
  upstream = await TestRegistry.open();
  assert.equal(
    (await ask(hub, `GET /v2/${image}/manifests/1`)).status,
    404,
    'nor is it told when the registry is away',
  );
});

test('a registry that is away: what it had is told, with a warning that says so; what it has not given is not there', async () => {
  const { digest: manifestDigest } = await upstream.putImage('team/app', '1', ['one']);
  const hub = await openHub({ freshMs: 0 });
  await ask(hub, `GET /v2/${image}/manifests/1`);
  await upstream[Symbol.asyncDispose]();
  const stale = await ask(hub, `GET /v2/${image}/manifests/1`);
  assert.deepEqual([stale.status, stale.header('docker-content-digest')], [200, manifestDigest]);
  assert.match(
    stale.header('warning'),
    /^110 - "registry\.example\.org does not answer this machine at the moment: this is 1 as it was there on \d{4}-\d\d-\d\d \d\d:\d\d UTC"$/,
  );
  const missing = await ask(hub, `GET /v2/${image}/manifests/2`);
  assert.deepEqual([missing.status, code(missing)], [503, 'UNAVAILABLE']);
  assert.ok(!missing.body.includes('127.0.0.1') && !stale.header('warning').includes('127.0.0.1'));
  assert.ok(hub.log.some((line) => line.includes('another registry cannot be asked')));
  assert.equal(hub.mirrors.stale, 1);
  upstream = await TestRegistry.open();
});

test('a registry that wants no more is left alone for as long as it says, and whoever asks is told how long that is', async () => {
  await upstream.putImage('team/app', '1', ['one']);
  const hub = await openHub({ freshMs: 0 });
  await ask(hub, `GET /v2/${image}/manifests/1`);
  upstream.hook = (_request, response) => {
    response.setHeader('Retry-After', '7200');
    refuse(response, 429, 'TOOMANYREQUESTS', 'You have reached your pull rate limit.');
    return true;
  };
  const limited = await ask(hub, `GET /v2/${image}/manifests/2`);
  assert.deepEqual([limited.status, code(limited)], [429, 'TOOMANYREQUESTS']);
  assert.match(message(limited), /^registry\.example\.org has had as many requests .* may be asked again in 2 hours$/);
  assert.equal(limited.header('retry-after'), '7200');
  upstream.requests.length = 0;
  const again = await ask(hub, `GET /v2/${name}/other/app/manifests/1`);
  assert.equal(again.status, 429);
  assert.ok(Number(again.header('retry-after')) <= 7200 && Number(again.header('retry-after')) > 3600);
  assert.match((await ask(hub, `GET /v2/${image}/manifests/1`)).header('warning'), /may be asked again in/);
  assert.deepEqual(upstream.requests, []);
});

test('a limit without a Retry-After is taken from the RateLimit headers', async () => {
  upstream.hook = (_request, response) => {
    response.setHeader('RateLimit-Limit', '100;w=21600');
    refuse(response, 429, 'TOOMANYREQUESTS', 'You have reached your pull rate limit.');
    return true;
  };
  const hub = await openHub();
  assert.equal((await ask(hub, `GET /v2/${image}/manifests/1`)).header('retry-after'), '21600');
});

test('what is unknown there is unknown here, and not asked for again at once; what is private there is denied', async () => {
  const hub = await openHub();
  const unknown = await ask(hub, `GET /v2/${image}/manifests/1`);
  assert.deepEqual([unknown.status, code(unknown)], [404, 'MANIFEST_UNKNOWN']);
  upstream.requests.length = 0;
  assert.equal((await ask(hub, `GET /v2/${image}/manifests/1`)).status, 404);
  assert.deepEqual(upstream.requests, []);
  upstream.hook = (_request, response) => {
    refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    return true;
  };
  const denied = await ask(hub, `GET /v2/${name}/secret/app/manifests/1`);
  assert.deepEqual([denied.status, code(denied)], [403, 'DENIED']);
});

test('what nobody has used for the longest goes where there is no room; what is too large is refused', async () => {
  const random = (n: number): string => Buffer.alloc(300_000, sha256(String(n))).toString('latin1');
  const store = { compress: (tar: Buffer) => gzipSync(tar, { level: 0 }) };
  for (const tag of ['1', '2', '3']) await upstream.putImage('team/app', tag, [random(Number(tag))], store);
  await upstream.putImage('team/app', 'large', [random(4), random(5), random(6), random(7)], store);
  const hub = await openHub({ bytes: 700_000 });
  const pull = async (tag: string): Promise<number> => {
    const manifest = await ask(hub, `GET /v2/${image}/manifests/${tag}`);
    const { layers = [] } = manifest.json() as { layers?: { digest: string }[] };
    const statuses = [];
    for (const layer of layers) statuses.push((await ask(hub, `GET /v2/${image}/blobs/${layer.digest}`)).status);
    return Math.max(manifest.status, ...statuses);
  };
  for (const tag of ['1', '2', '3']) assert.equal(await pull(tag), 200, tag);
  assert.ok(hub.registry.quota.used(name) <= 700_000);
  const there = (): string[] => [...hub.registry.manifests.tagsAfter(image, '')];
  assert.deepEqual(there(), ['2', '3']);
  assert.equal(await pull('1'), 200, 'it is fetched again');
  assert.equal(await pull('large'), 403);
  await hub.registry.collect();
  assert.deepEqual(hub.registry.check(), []);
});

test('layers that come at once have room together, where the image fits and others have to go for it', async () => {
  const random = (n: number): string => Buffer.alloc(100_000, sha256(String(n))).toString('latin1');
  const store = { compress: (tar: Buffer) => gzipSync(tar, { level: 0 }) };
  const texts = (from: number): string[] => [0, 1, 2, 3, 4].map((n) => random(from + n));
  for (const [n, tag] of ['1', '2', '3'].entries()) await upstream.putImage('team/app', tag, texts(n * 10), store);
  const hub = await openHub({ bytes: 600_000 });
  for (const tag of ['1', '2', '3', '1']) {
    const { layers } = (await ask(hub, `GET /v2/${image}/manifests/${tag}`)).json() as { layers: { digest: string }[] };
    const blobs = await Promise.all(layers.map((layer) => ask(hub, `GET /v2/${image}/blobs/${layer.digest}`)));
    for (const [n, { status, body }] of blobs.entries())
      assert.deepEqual([status, sha256(body)], [200, layers[n]?.digest], tag);
  }
  assert.ok(hub.registry.quota.used(name) <= 600_000);
});

test('one asker has so many images asked for in a time, and others theirs', async () => {
  const counter = new Counter({ most: 2, windowMs: 1000, maxKeys: 2 });
  assert.deepEqual([counter.count('a', 0), counter.count('a', 400), counter.count('a', 500)], [0, 0, 500]);
  assert.equal(counter.count('b', 500), 0);
  assert.equal(counter.count('a', 1000), 0, 'a new time has begun');
  assert.equal(counter.count('c', 1000), 0);
  assert.deepEqual([counter.count('b', 1000), counter.count('b', 1000)], [0, 0], 'b was forgotten');
  const hub = await openHub({ freshMs: 0 });
  const share = (n: number) => ({ share: `host ${n}`, mayFetch: true });
  const ask = (n: number, tag: string) => hub.mirrors.bringManifest(image, tag, share(n));
  for (let n = 0; n < maxFetchesPerAsker; n++) await assert.rejects(ask(1, `t${n}`), { code: 'MANIFEST_UNKNOWN' });
  await assert.rejects(ask(1, 'more'), { code: 'TOOMANYREQUESTS', message: /^you have had this machine ask / });
  await assert.rejects(ask(2, 'more'), { code: 'MANIFEST_UNKNOWN' });
});

test('X01: an engine that is killed while a blob comes has nothing half of it, and fetches it anew', async () => {
  const { layers } = await upstream.putImage('team/app', '1', ['one']);
  const layer = layers[0] ?? Buffer.alloc(0);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'drydock-killed-'));
  const begun = Promise.withResolvers<void>();
  upstream.hook = ({ url = '' }, response) => {
    if (!url.includes(`/blobs/${sha256(layer)}`)) return false;
    response.writeHead(200, { 'Content-Length': layer.length });
    response.write(layer.subarray(0, 20), () => begun.resolve());
    return true;
  };
  const before = await OwnHub.open({ directory });
  await createAccount(before.accounts, { name: 'ada', password });
  await before[Symbol.asyncDispose]();
  const program = fileURLToPath(new URL('../../support/hub-program.ts', import.meta.url));
  const argv = [program, directory, '127.0.0.1:1', upstream.url];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const [domain] = await once(child.stdout, 'data');
    const url = `http://${String(domain).trim()}`;
    assert.equal((await askRegistry(url, 'GET', `/v2/${image}/manifests/1`, { headers: ada })).status, 200);
    // Its connection ends with the process.
    http.get(`${url}/v2/${image}/blobs/${sha256(layer)}`, { headers: ada }).on('error', () => undefined);
    await begun.promise;
    child.kill('SIGKILL');
    await exited;
    upstream.hook = () => false;
    const after = await OwnHub.open({ directory, mirrors: { of: [mirrorOf(upstream.url)] } });
    hubs.push(after);
    assert.deepEqual(after.registry.check(), []);
    assert.equal(after.registry.blobs.has(image, sha256(layer)), false);
    assert.deepEqual((await ask(after, `GET /v2/${image}/blobs/${sha256(layer)}`)).body, layer);
  } finally {
    child.kill('SIGKILL');
    await exited;
    for (const hub of hubs.splice(0)) await hub[Symbol.asyncDispose]();
    fs.rmSync(directory, { recursive: true, force: true });
  }
});

test.skipIf(!dockerRegistry)('Debian’s docker-registry is pulled through', async () => {
  assert.ok(dockerRegistry);
  await using theirs = await startDockerRegistry(dockerRegistry);
  const url = `http://${theirs.domain}`;
  const served = {
    ask: (line: string, options = {}) => {
      const [method = '', target = ''] = line.split(' ');
      return askRegistry(url, method, target, options);
    },
  };
  const body = await pushParts(served as never, 'team/app', ['first', 'second']);
  const put = await askRegistry(url, 'PUT', '/v2/team/app/manifests/1', {
    headers: { 'Content-Type': mediaTypes.ociManifest },
    body,
  });
  assert.equal(put.status, 201);
  const hub = await openHub({ of: [mirrorOf(url)] });
  assert.equal((await ask(hub, `GET /v2/${image}/manifests/1`)).body.toString(), body);
  assert.equal((await ask(hub, `GET /v2/${image}/blobs/${sha256('second')}`)).body.toString(), 'second');
  assert.deepEqual((await ask(hub, `GET /v2/${image}/tags/list`)).json(), { name: image, tags: ['1'] });
});

test('a file of mirrors is read line by line, and what is wrong is told by its line, without what stands there', () => {
  const text = [
    '# registries',
    '',
    'docker.io https://mirror.example.org/proxy/',
    'registry.example.org http://10.0.0.5:5000 bot /etc/drydock/password # ours',
  ].join('\n');
  assert.deepEqual(parseMirrors(text, 'f'), [
    { name: 'docker.io', origin: 'https://mirror.example.org', prefix: 'proxy/', login: null },
    {
      ...{ name: 'registry.example.org', origin: 'http://10.0.0.5:5000', prefix: '' },
      login: { user: 'bot', passwordFile: '/etc/drydock/password' },
    },
  ]);
  for (const line of [
    'docker.io',
    'docker.io https://x.org user',
    'docker.io https://x.org user secret',
    'docker.io https://user:secret@x.org',
    'docker.io ftp://x.org',
    'team https://x.org',
    'UPPER.org https://x.org',
    'a.org https://x.org\na.org https://y.org',
  ])
    assert.throws(
      () => parseMirrors(line, 'f'),
      (error: Error) => /^f, line \d: /.test(error.message) && !error.message.includes('secret'),
      line,
    );
});
