// conmon's log of a container: lines of `TIME STREAM P|F TEXT` (the CRI's "k8s-file"), read as the messages that Docker
// would have logged. A line that came in pieces (P…P F) is one message again; one over 16 KiB is several, as in moby.

import type { FileHandle } from 'node:fs/promises';
import { maxLogLineBytes } from '../limits.ts';

export interface LogMessage {
  /** RFC 3339 as conmon wrote it, in the machine's time zone. */
  readonly time: string;
  readonly stream: 1 | 2;
  /** With its newline, where the line has ended. */
  readonly data: Buffer;
}

interface Line {
  readonly time: string;
  readonly stream: 1 | 2;
  readonly whole: boolean;
  readonly text: Buffer;
}

const newline = Buffer.from('\n');

/** Parses one line of the file, without its newline; null if it is broken (a torn write after a fault). */
function parseLine(line: Buffer): Line | null {
  const afterTime = line.indexOf(' ');
  const head = line.toString('latin1', afterTime + 1, afterTime + 10);
  const tag = head[7];
  const stream = head.startsWith('stdout ') ? 1 : head.startsWith('stderr ') ? 2 : null;
  if (afterTime < 20 || stream === null || (tag !== 'F' && tag !== 'P') || head[8] !== ' ') return null;
  const time = line.toString('latin1', 0, afterTime);
  return { time, stream, whole: tag === 'F', text: line.subarray(afterTime + 10) };
}

/** Turns the file's bytes, in order and in any portions, into messages. */
export class LogParser {
  /** Bytes of a line whose newline has not been read. */
  #rest: Buffer = Buffer.alloc(0);
  /** The pieces of an incomplete message, by stream, and the time of the first piece. */
  readonly #pieces = new Map<1 | 2, { time: string; parts: Buffer[]; bytes: number }>();

  /** The messages that `bytes` complete. */
  push(bytes: Buffer): LogMessage[] {
    const messages: LogMessage[] = [];
    let from = 0;
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    for (let end = all.indexOf(10); end >= 0; end = all.indexOf(10, from)) {
      const line = parseLine(all.subarray(from, end));
      if (line) this.#take(line, messages);
      from = end + 1;
    }
    this.#rest = Buffer.from(all.subarray(from));
    // conmon's lines are under 9 KiB. A longer one was not written by conmon.
    if (this.#rest.length > 4 * maxLogLineBytes) this.#rest = Buffer.alloc(0);
    return messages;
  }

  /** The messages at the end of the log that have no newline. */
  end(): LogMessage[] {
    const messages: LogMessage[] = [];
    for (const [stream, { time, parts }] of this.#pieces) messages.push({ time, stream, data: Buffer.concat(parts) });
    this.#pieces.clear();
    return messages;
  }

  #take(line: Line, messages: LogMessage[]): void {
    const started = this.#pieces.get(line.stream);
    if (!started && line.whole) {
      messages.push({ time: line.time, stream: line.stream, data: Buffer.concat([line.text, newline]) });
      return;
    }
    const pieces = started ?? { time: line.time, parts: [], bytes: 0 };
    pieces.parts.push(line.text);
    pieces.bytes += line.text.length;
    if (line.whole) pieces.parts.push(newline);
    if (line.whole || pieces.bytes >= maxLogLineBytes) {
      messages.push({ time: pieces.time, stream: line.stream, data: Buffer.concat(pieces.parts) });
      this.#pieces.delete(line.stream);
    } else this.#pieces.set(line.stream, pieces);
  }
}

const blockBytes = 64 * 1024;

/**
 * Where to start reading to get the last `messages` messages of a log of `size` bytes: the beginning of a line with at least
 * that many messages after it, or 0. Reads from the end, so the cost grows with `messages`, not with the log.
 */
export async function offsetOfTail(file: FileHandle, size: number, messages: number): Promise<number> {
  let carried: Buffer = Buffer.alloc(0);
  let found = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockBytes);
    const block = Buffer.alloc(end - start);
    const { bytesRead } = await file.read(block, 0, block.length, start);
    if (bytesRead < block.length) return 0;
    const bytes = carried.length > 0 ? Buffer.concat([block, carried]) : block;
    const firstLine = start === 0 ? 0 : bytes.indexOf(10) + 1;
    if (start > 0 && firstLine === 0) return 0;
    for (let from = firstLine; from < bytes.length; ) {
      const lineEnd = bytes.indexOf(10, from);
      if (lineEnd < 0) break;
      if (parseLine(bytes.subarray(from, lineEnd))?.whole) found++;
      from = lineEnd + 1;
    }
    if (found > messages) return start + firstLine;
    carried = Buffer.from(bytes.subarray(0, firstLine));
    end = start;
  }
  return 0;
}
