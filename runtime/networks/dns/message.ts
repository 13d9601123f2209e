// DNS messages (RFC 1035), as far as the embedded server needs them: one question in, an answer out. Whatever the bytes are, nothing
// here throws, and nothing is read beyond what `parseQuery` has looked at.

import { addressBytes, addressOfNumber, isOfIpv6 } from '../../kernel/ip-address.ts';

export const types = { A: 1, PTR: 12, MX: 15, AAAA: 28 } as const;
const OPT = 41;
const IN = 1;

export const codes = { ok: 0, malformed: 1, failed: 2 } as const;

export interface Query {
  readonly id: number;
  /** Without the last dot, in lower case. */
  readonly name: string;
  readonly type: number;
  readonly isInternet: boolean;
  /** How many bytes the client takes in a datagram. */
  readonly maxBytes: number;
  /** The header's second word, of which the answer keeps some. */
  readonly flags: number;
  /** The question as it was sent. */
  readonly question: Buffer;
}

const headerBytes = 12;
const maxNameBytes = 255;
const maxLabelBytes = 63;
/** Of a client that says nothing else (RFC 1035 §4.2.1), and the most that is believed of one that does (RFC 6891). */
const plainBytes = 512;
const mostBytes = 4096;

/** Null for what is no query with one question. */
export function parseQuery(message: Buffer): Query | null {
  if (message.length < headerBytes + 5) return null;
  const flags = message.readUInt16BE(2);
  const isQuery = (flags & 0xf800) === 0; // a question (QR 0) of the standard kind (OPCODE 0)
  if (!isQuery || message.readUInt16BE(4) !== 1) return null;
  const labels: string[] = [];
  let at = headerBytes;
  for (;;) {
    const length = message[at] ?? 0xff;
    if (length > maxLabelBytes || at - headerBytes > maxNameBytes) return null;
    if (length === 0) break;
    if (at + 1 + length > message.length) return null;
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  if (end > message.length) return null;
  // A dot within a label is no boundary of labels, so no name of ours has it.
  const name = labels.some((label) => label.includes('.')) ? '\0' : labels.join('.').toLowerCase();
  return {
    id: message.readUInt16BE(0),
    name,
    type: message.readUInt16BE(at + 1),
    isInternet: message.readUInt16BE(at + 3) === IN,
    maxBytes: maxBytesIn(message, end),
    flags,
    question: message.subarray(headerBytes, end),
  };
}

/** What an OPT record right behind the question says. */
function maxBytesIn(message: Buffer, at: number): number {
  const counts = [6, 8, 10].map((place) => message.readUInt16BE(place));
  const hasOption = counts.join() === '0,0,1' && message.length >= at + 11 && message[at] === 0;
  if (!hasOption || message.readUInt16BE(at + 1) !== OPT) return plainBytes;
  return Math.min(mostBytes, Math.max(plainBytes, message.readUInt16BE(at + 3)));
}

/** As Docker's own (`respTTL`). */
const ttlSeconds = 600;

/** A record of the name that was asked for, which the answer refers to. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | headerBytes, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(IN, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** Null where it is no name that DNS can tell. */
function nameBytes(name: string): Buffer | null {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'));
  if (labels.some(({ length }) => length === 0 || length > maxLabelBytes)) return null;
  const bytes = Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.alloc(1)]);
  return bytes.length > maxNameBytes ? null : bytes;
}

export function addressRecord(address: string): Buffer {
  return record(isOfIpv6(address) ? types.AAAA : types.A, addressBytes(address));
}

/** Null where it is no name that DNS can tell. */
export function pointerRecord(name: string): Buffer | null {
  const bytes = nameBytes(name);
  return bytes && record(types.PTR, bytes);
}

/** The address in `4.3.2.1.in-addr.arpa`, or in the 32 digits of `….ip6.arpa`; null for another name. */
export function addressInPointer(name: string): string | null {
  const [, d, c, b, a] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name) ?? [];
  if (a !== undefined) return `${a}.${b}.${c}.${d}`;
  if (!/^([0-9a-f]\.){32}ip6\.arpa$/.test(name)) return null;
  const digits = [...name.slice(0, 63).replaceAll('.', '')].reverse().join('');
  return addressOfNumber(BigInt(`0x${digits}`), 128);
}

const answerFlag = 0x8000;
const truncatedFlag = 0x0200;
const wantsRecursion = 0x0100;
const hasRecursion = 0x0080;

/** As many of the records as fit into `maxBytes`; the answer says where some do not. */
export function answerTo(query: Query, code: number, records: readonly Buffer[], maxBytes: number): Buffer {
  const fitting: Buffer[] = [];
  let bytes = headerBytes + query.question.length;
  for (const each of records) {
    if (bytes + each.length > maxBytes) break;
    bytes += each.length;
    fitting.push(each);
  }
  const header = Buffer.alloc(headerBytes);
  const cut = fitting.length < records.length ? truncatedFlag : 0;
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(answerFlag | (query.flags & wantsRecursion) | hasRecursion | cut | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(fitting.length, 6);
  return Buffer.concat([header, query.question, ...fitting]);
}
