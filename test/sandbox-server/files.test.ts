// Files of a lab over HTTP, on a real engine: what an editor asks for, and what must not come out or go in that way.

import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { FileListing, FileVersion } from '../../sandbox-server/protocol.ts';
import type { RunningEngine } from '../support/engine.ts';
import { sharedEngine } from '../support/shared.ts';
import { until } from '../support/until.ts';
import { type Answer, type OpenedLab, startTestServer, type TestServer } from './server.ts';

let engine: RunningEngine;
let server: TestServer;
let lab: OpenedLab;
let hosts: readonly string[];
/** The engine's name of the lab's host. */
let machine: string;

beforeAll(async () => {
  engine = await sharedEngine();
  server = await startTestServer({ engineSocket: engine.socket });
  lab = await server.open();
  const page = await server.enter(lab);
  ({ hosts } = await page.hears('welcome'));
  await page.hears('session', ({ phase }) => phase === 'ready');
  [{ name: machine } = { name: '' }] = await engine.client.hosts();
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await engine?.[Symbol.asyncDispose]();
});

const files = () => `/api/sessions/${lab.session}/files`;
const file = () => `/api/sessions/${lab.session}/file`;
const query = (path: string) => `?path=${encodeURIComponent(path)}`;

const get = (address: string): Promise<Answer> => server.ask('GET', address, { cookie: lab.cookie });

function put(path: string, body: string, condition: Readonly<Record<string, string>>): Promise<Answer> {
  const headers = { 'content-type': 'application/octet-stream', ...condition };
  return server.ask('PUT', file() + query(path), { cookie: lab.cookie, headers, body });
}

const change = (body: object): Promise<Answer> => server.ask('POST', files(), { cookie: lab.cookie, body });

async function shell(script: string): Promise<string> {
  const result = await engine.client.run(machine, { argv: ['bash', '-c', script], cwd: '/home/student' });
  assert.equal(result.exitCode, 0, result.stderr);
  return result.stdout;
}

const failure = (answer: Answer): [number, string] => [answer.status, JSON.parse(answer.text).error];

describe('files over HTTP', () => {
  test('come in piece by piece, and are there once the last piece is', async () => {
    const piece = (offset: number, body: string, last: boolean) =>
      server.ask('PUT', `${file()}${query('pieces.txt')}&draft=0123456789abcdef&offset=${offset}&last=${last}`, {
        cookie: lab.cookie,
        headers: { 'content-type': 'application/octet-stream', 'if-none-match': '*' },
        body,
      });
    assert.equal((await piece(0, 'one ', false)).status, 200);
    assert.equal((await get(file() + query('pieces.txt'))).status, 404);
    assert.equal((await piece(9, 'three', false)).status, 412, 'not the next piece');
    assert.equal((await piece(4, 'two', true)).status, 200);
    assert.equal((await get(file() + query('pieces.txt'))).text, 'one two');
    const half = await server.ask('PUT', `${file()}${query('half.txt')}&offset=0`, {
      cookie: lab.cookie,
      headers: { 'content-type': 'application/octet-stream', 'if-none-match': '*' },
      body: 'x',
    });
    assert.equal(half.status, 400);
  });

  test('are made, listed, read, changed and removed', async () => {
    const made = await put('a.txt', 'one', { 'if-none-match': '*' });
    assert.equal(made.status, 200, made.text);
    const { version }: FileVersion = JSON.parse(made.text);
    const read = await get(file() + query('a.txt'));
    assert.deepEqual([read.status, read.text, read.headers.etag], [200, 'one', `"${version}"`]);
    const { entries, more }: FileListing = JSON.parse((await get(files() + query(''))).text);
    assert.deepEqual(
      entries.find(({ name }) => name === 'a.txt'),
      { name: 'a.txt', type: 'file', size: 3, version },
    );
    assert.equal(more, false);
    assert.equal((await put('a.txt', 'two', { 'if-match': `"${version}"` })).status, 200);
    assert.equal(await shell('cat a.txt'), 'two');
    assert.equal((await change({ do: 'makeFolder', path: 'd' })).status, 204);
    assert.equal((await change({ do: 'rename', path: 'a.txt', to: 'd/b.txt' })).status, 204);
    assert.equal(await shell('cat d/b.txt'), 'two');
    assert.equal((await server.ask('DELETE', file() + query('d'), { cookie: lab.cookie })).status, 204);
    assert.deepEqual(failure(await get(files() + query('d'))), [404, 'notFound']);
  });

  test('an empty file is a file', async () => {
    assert.equal((await put('empty', '', { 'if-none-match': '*' })).status, 200);
    const { status, text } = await get(file() + query('empty'));
    assert.deepEqual([status, text], [200, '']);
  });

  test('are not written over what has changed, nor unseen', async () => {
    const { version }: FileVersion = JSON.parse((await put('c.txt', 'mine', { 'if-none-match': '*' })).text);
    await shell('echo theirs > c.txt');
    assert.deepEqual(failure(await put('c.txt', 'x', { 'if-match': `"${version}"` })), [412, 'conflict']);
    assert.deepEqual(failure(await put('c.txt', 'x', { 'if-none-match': '*' })), [412, 'conflict']);
    assert.deepEqual(failure(await put('c.txt', 'x', {})), [400, 'invalid']);
    assert.deepEqual(failure(await put('c.txt', 'x', { 'if-match': '*' })), [400, 'invalid']);
    assert.equal(await shell('cat c.txt'), 'theirs\n');
  });

  test('are of the host that is named, and of no other', async () => {
    const named = `&host=${hosts[0]}`;
    assert.equal((await get(files() + query('') + named)).status, 200);
    assert.deepEqual(failure(await get(`${files()}${query('')}&host=nope`)), [404, 'notFound']);
    for (const host of ['..', '%2e%2e', 'a/b', '', 'A'])
      assert.equal((await get(`${files()}${query('')}&host=${host}`)).status, 400, host);
  });

  test('a page that watches is told of changes, until it does not want to be', async () => {
    const page = await server.enter(await server.ticket(lab));
    const [host = ''] = hosts;
    page.send({ type: 'watchFiles', host, on: true });
    page.send({ type: 'watchFiles', host: 'nope', on: true });
    assert.equal((await page.hears('refused')).of, 'watchFiles');
    // The watch stands some milliseconds after it was asked for.
    await until('a change is told', async () => {
      await shell('mkdir -p watched; date +%N > watched/file');
      return page.heard.some((message) => message.type === 'filesChanged' && message.host === host);
    });
    page.send({ type: 'watchFiles', host, on: false });
    page.send({ type: 'ping' });
    await page.hears('pong');
    const before = page.heard.filter(({ type }) => type === 'filesChanged').length;
    await shell('date +%N > watched/file; sleep 1.5');
    assert.equal(page.heard.filter(({ type }) => type === 'filesChanged').length, before);
    page.drop();
  });
});

describe('C04 over HTTP', () => {
  test('a path that leads out is refused, however it is written', async () => {
    await put('in.txt', 'x', { 'if-none-match': '*' });
    const written = ['..', '../x', '../../etc/passwd', '/etc/passwd', 'a/../../x', 'a\0b', 'a//b', './in.txt'];
    const raw = ['%2e%2e', '%2e%2e%2fetc%2fpasswd', '..%2f..%2fetc', '%2Fetc%2Fpasswd', 'in.txt%00', '%2e/in.txt'];
    for (const address of [...written.map(query), ...raw.map((path) => `?path=${path}`)]) {
      for (const route of [files(), file()]) assert.equal((await get(route + address)).status, 400, address);
      assert.equal((await server.ask('DELETE', file() + address, { cookie: lab.cookie })).status, 400, address);
    }
    for (const path of written) {
      assert.equal((await put(path, 'x', { 'if-none-match': '*' })).status, 400, path);
      assert.equal((await change({ do: 'makeFolder', path })).status, 400, path);
      assert.equal((await change({ do: 'rename', path: 'in.txt', to: path })).status, 400, path);
      assert.equal((await change({ do: 'rename', path, to: 'out.txt' })).status, 400, path);
    }
    assert.equal((await get(`${file()}?path=in.txt&path=..`)).status, 400, 'two paths');
    assert.equal((await get(file() + query('x'.repeat(5000)))).status, 400);
  });

  test('what is decoded twice elsewhere, or is a separator elsewhere, is a name that is not there', async () => {
    for (const path of ['%2e%2e', '%252e%252e', '..\\..\\etc\\passwd', 'IN.TXT', '%2e%2e%2fetc', '%u002e', '..%c0%af'])
      assert.equal((await get(file() + query(path))).status, 404, path);
  });

  test('links, FIFOs, devices’ files and what is too large are refused at once', async () => {
    await shell(`mkdir t; cd t; ln -s /proc/1/root root; ln -s /proc/self/environ environ; ln -s . loop; mkfifo fifo
      truncate -s 10G huge; ln -s /dev/zero zero`);
    for (const path of ['t/root/etc/shadow', 't/environ', 't/loop/loop/fifo', 't/fifo', 't/zero', 't/root'])
      assert.equal((await get(file() + query(path))).status, 400, path);
    assert.deepEqual(failure(await get(file() + query('t/huge'))), [413, 'tooLarge']);
    assert.equal((await get(files() + query('t/root'))).status, 400);
    assert.deepEqual(failure(await put('big', 'x'.repeat(1024 * 1024 + 1), { 'if-none-match': '*' })), [
      413,
      'tooLarge',
    ]);
    assert.equal((await put('big', 'x'.repeat(1024 * 1024), { 'if-none-match': '*' })).status, 200);
    await shell('rm -r t');
  });

  test('a folder of very many entries is cut off, and says so', async () => {
    await shell('mkdir many; cd many; seq 6000 | xargs touch');
    const { entries, more }: FileListing = JSON.parse((await get(files() + query('many'))).text);
    assert.deepEqual([entries.length, more], [5000, true]);
  });

  test('F07 a file’s bytes are a download and never a page', async () => {
    await put('evil.html', '<script>alert(1)</script>', { 'if-none-match': '*' });
    const { headers } = await get(file() + query('evil.html'));
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(String(headers['content-disposition']), /^attachment/);
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.equal(headers['cache-control'], 'no-store');
  });

  test('another student’s cookie, another site’s page and another type of body change nothing', async () => {
    const other = await server.open();
    for (const [method, address] of [
      ['GET', files() + query('')],
      ['GET', file() + query('in.txt')],
      ['PUT', file() + query('in.txt')],
      ['DELETE', file() + query('in.txt')],
    ] as const) {
      const type = { 'content-type': 'application/octet-stream' };
      const body = method === 'PUT' ? { body: 'x', headers: { ...type, 'if-none-match': '*' } } : {};
      assert.equal((await server.ask(method, address, { cookie: other.cookie, ...body })).status, 404, method);
    }
    for (const origin of ['https://evil.example', `http://x.preview.localhost:${server.settings.port}`]) {
      const headers = { origin, 'sec-fetch-site': 'cross-site' };
      const asked = { cookie: lab.cookie, headers };
      assert.equal((await server.ask('DELETE', file() + query('in.txt'), asked)).status, 403, origin);
    }
    assert.equal((await put('in.txt', '{}', { 'content-type': 'application/json', 'if-none-match': '*' })).status, 400);
    assert.equal(await shell('cat in.txt'), 'x');
  });

  test('F11 files are asked for so often and no oftener', async () => {
    const statuses = new Set<number>();
    // Until it is refused: how many that takes depends on how fast the machine answers.
    for (let round = 0; round < 10 && !statuses.has(429); round += 1) {
      const asked = Array.from({ length: 300 }, () => get(files() + query('none')));
      for (const { status } of await Promise.all(asked)) statuses.add(status);
    }
    assert.deepEqual([...statuses].sort(), [404, 429]);
  });
});
