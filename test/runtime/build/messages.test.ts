// What the messages of clients that build may cost: memory, and time of the loop that all hosts share.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { create, toBinary } from '@bufbuild/protobuf';
import { test } from 'vitest';
import { framed, MessageRoom, messages } from '../../../runtime/build/grpc/frames.ts';
import { parsed } from '../../../runtime/build/grpc/parse.ts';
import { SolveRequestSchema, StatusRequestSchema } from '../../../runtime/build/messages/control_pb.ts';
import { PacketSchema } from '../../../runtime/build/messages/files_pb.ts';
import { ReturnRequestSchema } from '../../../runtime/build/messages/gateway_pb.ts';
import { maxBuildCalls, maxBuildMessageFields, maxBuildMessagesBytes } from '../../../runtime/limits.ts';

const KiB = 1024;

test('no more than there is room for is taken, and what is given back is there again', () => {
  const room = new MessageRoom();
  room.take(maxBuildMessagesBytes - 1);
  room.take(1);
  assert.throws(() => room.take(1), { code: 8, message: /too much at once/ });
  room.give(10);
  room.take(10);
  assert.throws(() => room.take(1), { code: 8 });
});

test('calls are counted while they are under way', () => {
  const room = new MessageRoom();
  const calls = Array.from({ length: maxBuildCalls }, () => room.beginCall());
  assert.throws(() => room.beginCall(), { code: 8, message: /calls under way, the most/ });
  calls.pop()?.[Symbol.dispose]();
  room.beginCall();
  assert.throws(() => room.beginCall(), { code: 8 });
});

async function read(pieces: readonly Buffer[], room = new MessageRoom(), most = 1024 * KiB): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const message of messages(Readable.from(pieces, { objectMode: true }), most, room)) found.push(message);
  return found;
}

test('messages come whole, however they are cut', async () => {
  const texts = ['', 'a', 'b'.repeat(300), '', 'c'.repeat(70 * KiB), 'd'];
  const bytes = Buffer.concat(texts.map((text) => framed(Buffer.from(text))));
  for (const length of [3, 4, 5, 6, 301, 64 * KiB, bytes.length]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) =>
      bytes.subarray(at * length, (at + 1) * length),
    );
    const room = new MessageRoom();
    assert.deepEqual((await read(pieces, room)).map(String), texts, `in pieces of ${length}`);
    assert.equal(room.bytesLeft, maxBuildMessagesBytes);
  }
});

test('a message that has come in part keeps nothing of what came beside it, and takes room as it grows', async () => {
  const room = new MessageRoom();
  const said = framed(Buffer.alloc(300 * KiB, 'x'));
  let least = Number.POSITIVE_INFINITY;
  const held = new Set<ArrayBufferLike>();
  function* pieces(): Generator<Buffer> {
    for (let at = 0; at < said.length; at += 10 * KiB) {
      // As a byte of a large read from the network.
      const network = Buffer.alloc(64 * KiB);
      held.add(network.buffer);
      yield network.subarray(0, said.copy(network, 0, at, at + 10 * KiB));
      least = Math.min(least, room.bytesLeft);
    }
  }
  const stream = Readable.from(pieces(), { objectMode: true });
  for await (const message of messages(stream, 1024 * KiB, room)) {
    assert.equal(message.toString(), 'x'.repeat(300 * KiB));
    assert.ok(!held.has(message.buffer), 'it is in memory of its own');
  }
  assert.ok(least >= maxBuildMessagesBytes - 300 * KiB, 'no more than its length');
  assert.equal(room.bytesLeft, maxBuildMessagesBytes);
});

test('of many messages that come at once, others have the loop in between', async () => {
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => framed(Buffer.from('a message'))));
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  let seen = 0;
  for await (const _ of messages(Readable.from([many], { objectMode: true }), KiB, new MessageRoom())) {
    // From when the first has come on: each takes a tenth of a millisecond.
    if (++seen === 1) setImmediate(count);
    if (seen > 500) continue;
    for (const until = performance.now() + 0.1; performance.now() < until; );
  }
  isOver = true;
  assert.equal(seen, 20_000);
  assert.ok(turns >= 5, `${turns} times`);
});

test('a message that is said to be long takes no memory before it comes', async () => {
  const room = new MessageRoom();
  const head = framed(Buffer.alloc(1000 * KiB)).subarray(0, 6);
  await assert.rejects(read([head], room), { code: 13, message: /ended within a message/ });
  assert.equal(room.bytesLeft, maxBuildMessagesBytes);
  await assert.rejects(read([head], room, 999 * KiB), { code: 8, message: /1024000 bytes was sent/ });
});

const tooMany = { code: 8, message: /may have 20000 fields/ };
const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at));

test('a message of a build is parsed, and one of too many fields is not: at once, in its parts, in maps', () => {
  const attributes = Object.fromEntries(numbers(3000).map((name) => [name, 'value']));
  const request = { ref: 'ref', frontendAttributes: attributes };
  const bytes = toBinary(SolveRequestSchema, create(SolveRequestSchema, request));
  assert.deepEqual(parsed(SolveRequestSchema, bytes).frontendAttributes, attributes);

  assert.throws(() => parsed(StatusRequestSchema, Buffer.alloc(2 * maxBuildMessageFields + 2, '\x78\x01')), tooMany);
  const many = Object.fromEntries(numbers(maxBuildMessageFields / 2).map((name) => [name, '']));
  const maps = toBinary(SolveRequestSchema, create(SolveRequestSchema, { frontendAttributes: many }));
  assert.throws(() => parsed(SolveRequestSchema, maps), tooMany);
  const xattrs = Object.fromEntries(Object.keys(many).map((name) => [name, new Uint8Array()]));
  const packet = toBinary(PacketSchema, create(PacketSchema, { stat: { xattrs } }));
  assert.throws(() => parsed(PacketSchema, packet), tooMany);
  const result = { result: { result: { case: 'refs' as const, value: { refs: {} } }, metadata: xattrs } };
  assert.throws(
    () => parsed(ReturnRequestSchema, toBinary(ReturnRequestSchema, create(ReturnRequestSchema, result))),
    tooMany,
  );
});

test('what is no message is told as that', () => {
  for (const bytes of [[0x0a, 0x05, 0x61], [0x7b], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x07]])
    assert.throws(() => parsed(SolveRequestSchema, Buffer.from(bytes)), { code: 3 });
});

test('fields that nobody knows are passed over, and kept by nobody', () => {
  const known = toBinary(StatusRequestSchema, create(StatusRequestSchema, { ref: 'build' }));
  const said = parsed(StatusRequestSchema, Buffer.concat([known, Buffer.from([0x78, 1, 0x7a, 1, 65])]));
  assert.deepEqual([said.ref, said.$unknown], ['build', undefined]);
});
