// Sockets of packets as streams: no packet is cut or joined to another, the end of one side is told, and no descriptor is left.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, readdirSync } from 'node:fs';
import type net from 'node:net';
import { test } from 'vitest';
import { checked, libcCalls } from '../../../runtime/kernel/libc.ts';
import { connectSeqpacket, streamOf } from '../../../runtime/kernel/seqpacket.ts';

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** A stream on one end of a pair of sockets, and the other end's number. */
function pair(): { readonly stream: net.Socket; readonly peer: number } & Disposable {
  const numbers = Buffer.alloc(8);
  checked('socketpair', libcCalls.socketpair(AF_UNIX, SOCK_SEQPACKET, 0, numbers));
  const [ours, peer] = [numbers.readInt32LE(0), numbers.readInt32LE(4)];
  const stream = streamOf(ours);
  closeSync(ours);
  return {
    stream,
    peer,
    [Symbol.dispose]: () => {
      stream.destroy();
      closeSync(peer);
    },
  };
}

/** False where there is no room for it now. */
const send = (peer: number, packet: Buffer): boolean =>
  libcCalls.send(peer, packet, packet.length, MSG_DONTWAIT | MSG_NOSIGNAL) === packet.length;

/** The size of the next packet; 0 at the end, -1 where there is none yet. */
const received = (peer: number): number => libcCalls.recv(peer, Buffer.alloc(65_536), 65_536, MSG_DONTWAIT);

test('each packet is one event, however many come at once', async () => {
  using both = pair();
  const sizes = [1, 8192, 3, 32_768, 2];
  for (const size of sizes) assert.ok(send(both.peer, Buffer.alloc(size)));
  const heard: number[] = [];
  both.stream.on('data', (packet: Buffer) => heard.push(packet.length));
  while (heard.length < sizes.length) await once(both.stream, 'data');
  assert.deepEqual(heard, sizes);
});

test('each write is one packet, and the end of writing leaves reading open', async () => {
  using both = pair();
  for (const size of [5, 30_000]) {
    await new Promise((resolve) => both.stream.write(Buffer.alloc(size), resolve));
    assert.equal(received(both.peer), size);
  }
  assert.equal(received(both.peer), -1);
  await new Promise<void>((resolve) => both.stream.end(resolve));
  assert.equal(received(both.peer), 0);
  assert.ok(send(both.peer, Buffer.from('still')));
  assert.equal(String(await once(both.stream, 'data')), 'still');
});

test('a reader that pauses holds the writer back, and loses nothing', async () => {
  using both = pair();
  const { stream, peer } = both;
  let [sent, heard] = [0, 0];
  const fill = (): void => {
    const packet = Buffer.alloc(4000);
    do packet.writeUInt32BE(sent);
    while (send(peer, packet) && ++sent);
  };
  stream.on('data', (packet: Buffer) => assert.equal(packet.readUInt32BE(0), heard++));
  stream.pause();
  fill();
  const held = sent;
  // Node reads ahead until its own buffer is full, and then no more.
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    fill();
  }
  assert.equal(heard, 0);
  assert.ok(held > 0 && sent < held + 100, `${held}, then ${sent}`);
  stream.resume();
  while (heard < sent) await once(stream, 'data');
});

test('a stream that is over, and one that cannot be connected, leave no descriptor', async () => {
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  {
    using both = pair();
    assert.equal(descriptors(), before + 2);
    both.stream.destroy();
    await once(both.stream, 'close');
    assert.equal(descriptors(), before + 1);
    assert.equal(received(both.peer), 0);
  }
  for (let times = 0; times < 5; times += 1)
    assert.throws(() => connectSeqpacket('/tmp/drydock-nobody-listens/attach'), { code: 'ENOENT' });
  assert.equal(descriptors(), before);
});
