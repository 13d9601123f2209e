// Asking a student's port for a page: whatever it says, there is an answer to look at, and soon.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'vitest';
import { askPort } from '../../../sandbox-server/checks/http-answer.ts';
import { maxAnswerBytes } from '../../../sandbox-server/limits.ts';

/** What is made of a port that says `words` to whatever it is asked, and hangs up. */
async function asked(words: string) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(words));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    return await askPort(async () => connect(port, '127.0.0.1'), '/', new AbortController().signal);
  } finally {
    server.close();
  }
}

test('a page is its status and its text', async () => {
  assert.deepEqual(await asked('HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone'), {
    status: 404,
    text: 'none',
  });
  assert.deepEqual(await asked('HTTP/1.0 200 OK\r\n\r\nuntil the end'), { status: 200, text: 'until the end' });
  const long = await asked(`HTTP/1.0 200 OK\r\n\r\n${'x'.repeat(2 * maxAnswerBytes)}`);
  assert.equal(long.status, 200);
  assert.ok(long.text.length >= maxAnswerBytes);
});

test('a port that switches to another protocol unasked has given no answer', async () => {
  const switched = await asked('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n');
  assert.deepEqual(switched, { status: null, text: 'it gave no answer' });
});

test('what is no HTTP, breaks off, or is nothing at all, is no answer', async () => {
  for (const words of ['', 'SSH-2.0-OpenSSH\r\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 100 Continue\r\n\r\n']) {
    const { status, text } = await asked(words);
    assert.equal(status, null, words);
    assert.notEqual(text, '', words);
  }
  const broken = await asked('HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\nhalf');
  assert.equal(broken.status, null);
});
