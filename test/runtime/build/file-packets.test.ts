// The packets of files are read and written as protobuf's own code reads and writes them.

import assert from 'node:assert/strict';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { test } from 'vitest';
import { endPacket, packet, readPacket, requestPacket } from '../../../runtime/build/file-packets.ts';
import { type Packet, PacketSchema } from '../../../runtime/build/messages/files_pb.ts';
import { maxBuildMessageFields } from '../../../runtime/limits.ts';

const written = (init: Parameters<typeof create<typeof PacketSchema>>[1]): Buffer =>
  Buffer.from(toBinary(PacketSchema, create(PacketSchema, init)));

/** What is looked at of a packet. */
function asRead({ type, stat, id, data }: Packet) {
  const { path = '', mode = 0, size = 0n, modTime = 0n, linkname = '' } = stat ?? {};
  const told = stat ? { path, mode, size: Number(size), modTime, linkname } : null;
  return { type, stat: told, id, data: Buffer.from(data) };
}

const xattrs = { 'user.a': Uint8Array.of(1, 2), '': new Uint8Array(300) };
const stats = [
  {},
  { path: 'a/b', mode: 0o644, size: 5n, modTime: 1_700_000_000_123_456_789n },
  { path: 'ü/文/𝒳', mode: 2 ** 31 + 0o755, linkname: '../x', uid: 1000, gid: 5, devmajor: 3n, devminor: -1n, xattrs },
  { path: 'x'.repeat(300), mode: 2 ** 32 - 1, size: 2n ** 40n, modTime: -1n },
  { modTime: -(2n ** 63n), size: 127n },
  { modTime: 2n ** 63n - 1n, size: 128n },
];

test.each(stats.map((stat, at) => ({ stat, at })))('a stat as protobuf reads it: $at', ({ stat }) => {
  const bytes = written({ type: packet.stat, stat });
  assert.deepEqual(readPacket(bytes), asRead(fromBinary(PacketSchema, bytes)));
});

test('data, ends and errors as protobuf reads them, and what is unknown is passed over', () => {
  const ids = [0, 1, 127, 128, 16_383, 16_384, 39_999, 2 ** 32 - 1];
  for (const id of ids)
    for (const bytes of [
      written({ type: packet.data, id, data: Buffer.alloc(1000, id) }),
      written({ type: packet.data, id }),
      written({ type: packet.error, data: Buffer.from('no such file') }),
      written({ type: packet.end }),
      written({ type: -1, id }),
    ]) {
      const unknown = [0x29, ...[1, 2, 3, 4, 5, 6, 7, 8], 0x32, 2, 9, 9, 0x3d, 1, 2, 3, 4, 0x38, 0x80, 0x01];
      for (const more of [bytes, Buffer.concat([bytes, Buffer.from(unknown)])])
        assert.deepEqual(readPacket(more), asRead(fromBinary(PacketSchema, bytes)));
    }
});

test('requests and the end are written as protobuf writes them', () => {
  const framed = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length]), bytes]);
  for (const id of [0, 1, 127, 128, 16_383, 16_384, 39_999])
    assert.deepEqual(requestPacket(id), framed(written({ type: packet.request, id })));
  assert.deepEqual(endPacket, framed(written({ type: packet.end })));
});

test('a name that is not UTF-8 is refused, since what it becomes may be another one’s', () => {
  const bytes = written({ stat: { path: 'a/xyz' } });
  bytes[bytes.indexOf('xyz')] = 0xff;
  assert.throws(() => readPacket(bytes), /a name that is not UTF-8: "a\/\ufffdyz": rename it/);
  const named = written({ stat: { path: 'a/\ufffd' } });
  assert.equal(readPacket(named).stat?.path, 'a/\ufffd');
});

test('what is cut off, or no packet, is refused; so is one of too many fields', () => {
  const whole = written({ stat: { path: 'a/b', modTime: 1n, linkname: 'c', xattrs } });
  for (let length = 1; length < whole.length; length++)
    assert.throws(() => readPacket(whole.subarray(0, length)), { code: 3 }, `${length} bytes of it`);
  for (const bytes of [[0x0b], [0x00], [0x12, 0x02, 0x0a, 0x01], [0x08, ...Array(11).fill(0x80)], [0x22, 0xff, 0x7f]])
    assert.throws(() => readPacket(Buffer.from(bytes)), { code: 3 }, String(bytes));
  const tooMany = { code: 8, message: /may have 20000 fields/ };
  assert.throws(() => readPacket(Buffer.alloc(2 * maxBuildMessageFields + 2, '\x78\x01')), tooMany);
  const many = Object.fromEntries(Array.from({ length: maxBuildMessageFields }, (_, at) => [at, new Uint8Array()]));
  assert.throws(() => readPacket(written({ stat: { xattrs: many } })), tooMany);
});
