// The times in a tar, changed while it passes: for outputs that are to be the same whenever they are built.

import { EngineError } from '../../errors.ts';

const block = 512;
/** Of one extended header: its records are a path, a link, and what else a file has. */
const maxExtendedBytes = 1024 * 1024;
/** Where a header has what is read or written here (POSIX ustar). */
const at = { size: 124, mtime: 136, checksum: 148, type: 156 };

/** `change`: the time of an entry, in seconds, as it is to be. Throws invalid for an extended header beyond all sense. */
export async function* withTimes(
  tar: AsyncIterable<Uint8Array>,
  change: (seconds: number) => number,
): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  /** Of an entry's content, padded: what passes as it is. */
  let passing = 0;
  for await (const piece of tar) {
    held = held.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.length) : Buffer.concat([held, piece]);
    for (;;) {
      if (passing > 0) {
        const part = held.subarray(0, passing);
        passing -= part.length;
        held = held.subarray(part.length);
        if (part.length > 0) yield part;
      }
      if (passing > 0 || held.length < block) break;
      const header = Buffer.from(held.subarray(0, block));
      const size = sizeIn(header);
      const padded = Math.ceil(size / block) * block;
      if (String.fromCharCode(header[at.type] ?? 0) === 'x') {
        if (size > maxExtendedBytes) throw new EngineError('invalid', `an extended header has ${size} bytes`);
        if (held.length < block + padded) break;
        const records = changedRecords(held.subarray(block, block + size), change);
        writeOctal(header, at.size, records.length);
        yield sealed(changedTime(header, change));
        yield Buffer.concat([records, Buffer.alloc(-records.length & (block - 1))]);
        held = held.subarray(block + padded);
        continue;
      }
      // What ends an archive is no header.
      yield header.some((byte) => byte !== 0) ? sealed(changedTime(header, change)) : header;
      held = held.subarray(block);
      passing = padded;
    }
    // What is held outlives the piece that it came in.
    held = Buffer.from(held);
  }
  if (held.length > 0) yield held;
}

function sizeIn(header: Buffer): number {
  const field = header.subarray(at.size, at.size + 12);
  // What has no room in octal digits stands there as a number (GNU).
  if ((field[0] ?? 0) & 0x80) return Number(field.readBigUInt64BE(4));
  return Number.parseInt(field.toString('latin1').replace(/[^0-7].*$/s, '') || '0', 8);
}

function changedTime(header: Buffer, change: (seconds: number) => number): Buffer {
  const field = header.subarray(at.mtime, at.mtime + 12);
  const isNumber = ((field[0] ?? 0) & 0x80) !== 0;
  const before = isNumber ? Number(field.readBigInt64BE(4)) : Number.parseInt(field.toString('latin1'), 8) || 0;
  writeOctal(header, at.mtime, change(before));
  return header;
}

/** Eleven digits, which reach to the year 2242; what is before 1970 or behind is as near as they come. */
function writeOctal(header: Buffer, place: number, value: number): void {
  const digits = Math.min(Math.max(Math.floor(value), 0), 8 ** 11 - 1)
    .toString(8)
    .padStart(11, '0');
  header.write(`${digits}\0`, place, 'latin1');
}

function sealed(header: Buffer): Buffer {
  header.fill(' ', at.checksum, at.checksum + 8);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, at.checksum, 'latin1');
  return header;
}

/** Records of an extended header, each `LENGTH NAME=VALUE\n`. What is none is left as it is. */
function changedRecords(data: Buffer, change: (seconds: number) => number): Buffer {
  const records: Buffer[] = [];
  for (let from = 0; from < data.length; ) {
    const length = Number(/^(\d{1,7}) /.exec(data.toString('latin1', from, from + 8))?.[1] ?? 0);
    const end = length > 0 ? from + length : data.length;
    const record = data.subarray(from, end);
    const [, name = '', time = ''] =
      /^\d+ (mtime|atime|ctime)=(-?\d+(?:\.\d+)?)\n$/.exec(record.toString('latin1')) ?? [];
    const changed = name === '' ? null : change(Number(time));
    records.push(changed === null || changed === Number(time) ? record : recordOf(` ${name}=${changed}\n`));
    from = end;
  }
  return Buffer.concat(records);
}

/** Its length counts the digits that tell it. */
function recordOf(rest: string): Buffer {
  let length = rest.length;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return Buffer.from(`${length}${rest}`, 'latin1');
}
