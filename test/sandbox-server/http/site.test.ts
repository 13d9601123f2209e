// Serving the built site: types, caching, compression, the 404 page, and nothing from outside it.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, test } from 'vitest';
import { testRun } from '../../support/instance.ts';
import { askOften, startTestServer } from '../server.ts';

const directory = await mkdtemp(`/tmp/${testRun}-site-`);
afterAll(() => rm(directory, { recursive: true }));
await mkdir(join(directory, '_astro'));
await mkdir(join(directory, 'playground'));
const files = {
  'index.html': '<!doctype html><title>Home</title>',
  'playground/index.html': '<!doctype html><title>Playground</title>',
  '404.html': '<!doctype html><title>Nothing here</title>',
  '_astro/page.Ab12.js': `export const text = '${'x'.repeat(5_000)}';`,
  '_astro/page.Ab12.css': 'body { color: red }',
  'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
};
for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
await writeFile(join(directory, '.secret'), 'canary');
// Other words than the file's own, so that one sees which was sent.
const zipped = gzipSync('from the compressed file');
for (const name of ['_astro/page.Ab12.js', 'playground/index.html'])
  await writeFile(join(directory, `${name}.gz`), zipped);

const server = await startTestServer({ siteDirectory: directory });
afterAll(() => server[Symbol.asyncDispose]());

const served: readonly (readonly [string, RegExp, RegExp])[] = [
  ['/', /^text\/html; charset=utf-8/, /^no-cache$/],
  ['/playground/', /^text\/html; charset=utf-8/, /^no-cache$/],
  ['/_astro/page.Ab12.js', /^(text|application)\/javascript/, /immutable/],
  ['/_astro/page.Ab12.css', /^text\/css/, /immutable/],
  ['/icon.svg', /^image\/svg\+xml/, /^no-cache$/],
];
for (const [address, type, caching] of served) {
  test(`site serves ${address} with its type and caching`, async () => {
    const { status, headers } = await server.ask('GET', address);
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), type);
    assert.match(String(headers['cache-control']), caching);
    assert.equal((await server.ask('HEAD', address)).status, 200);
  });
}

test('site sends what was compressed when it was built to who can read it, and compresses nothing by itself', async () => {
  const headers = { 'accept-encoding': 'gzip' };
  for (const [address, type] of [
    ['/_astro/page.Ab12.js', /javascript/],
    ['/playground/', /^text\/html; charset=utf-8/],
  ] as const) {
    const { headers: got } = await server.ask('GET', address, { headers });
    assert.equal(got['content-encoding'], 'gzip', address);
    assert.equal(got['content-length'], String(zipped.length), address);
    assert.match(String(got['content-type']), type);
    assert.match(String(got.vary), /accept-encoding/i);
    const plain = await server.ask('GET', address);
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.match(String(plain.headers.vary), /accept-encoding/i);
  }
  const { headers: script } = await server.ask('GET', '/_astro/page.Ab12.js', { headers });
  assert.match(String(script['cache-control']), /immutable/);
  const none = await server.ask('GET', '/_astro/page.Ab12.css', { headers });
  assert.deepEqual([none.status, none.headers['content-encoding']], [200, undefined]);
});

test('F11 site is sent so often to one address and no oftener', async () => {
  await using own = await startTestServer({ siteDirectory: directory });
  const statuses = new Set<number>();
  // Until it is refused: how many that takes depends on how fast the machine answers.
  for (let round = 0; round < 20 && !statuses.has(429); round += 1) {
    const asked = Array.from({ length: 20 }, () => askOften(own.settings.port, 'HEAD /icon.svg'));
    for (const status of (await Promise.all(asked)).flat()) statuses.add(status);
  }
  assert.deepEqual([...statuses].sort(), [200, 429]);
});

test('site sends a directory without its slash to the one with it, and has its own 404 page', async () => {
  const redirect = await server.ask('GET', '/playground');
  assert.ok([301, 302, 308].includes(redirect.status));
  assert.equal(redirect.headers.location, '/playground/');
  const missing = await server.ask('GET', '/nothing/');
  assert.equal(missing.status, 404);
  assert.match(missing.text, /Nothing here/);
  assert.match(String(missing.headers['content-type']), /^text\/html/);
});

test('site serves nothing that is not a page: no dot files, nothing outside', async () => {
  for (const address of ['/.secret', '/..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd', '/_astro/..%2f.secret']) {
    const answer = await server.ask('GET', address);
    assert.ok(answer.status >= 400 && answer.status < 500, `${address}: ${answer.status}`);
    assert.doesNotMatch(answer.text, /canary|root:/);
  }
});

test('site redirects nowhere else', async () => {
  for (const address of ['//evil.example', '//evil.example/..', '/\\evil.example', '/%5cevil.example/']) {
    const { headers } = await server.ask('GET', address).catch(() => ({ headers: {} as Record<string, undefined> }));
    assert.doesNotMatch(String(headers.location ?? ''), /^(\/\/|\/\\|http)/, address);
  }
});
