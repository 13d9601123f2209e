// conmon's log read as Docker's messages: pieces joined, ends without a newline, tails from the end, following.

import assert from 'node:assert/strict';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'vitest';
import { LogParser, offsetOfTail } from '../../../runtime/containers/log-file.ts';

const time = '2026-11-21T20:57:38.530665935+00:00';

function line(stream: 'stdout' | 'stderr', tag: 'F' | 'P', text: string): string {
  return `${time} ${stream} ${tag} ${text}\n`;
}

function parse(...portions: string[]): [number, string][] {
  const parser = new LogParser();
  const messages = portions.flatMap((portion) => parser.push(Buffer.from(portion)));
  return [...messages, ...parser.end()].map(({ stream, data }) => [stream, data.toString()]);
}

describe('log parser', () => {
  test('gives each whole line with its newline', () => {
    assert.deepEqual(parse(line('stdout', 'F', 'out') + line('stderr', 'F', 'err')), [
      [1, 'out\n'],
      [2, 'err\n'],
    ]);
  });

  test('keeps empty lines and carriage returns', () => {
    assert.deepEqual(parse(line('stdout', 'F', '') + line('stdout', 'F', 'a\r')), [
      [1, '\n'],
      [1, 'a\r\n'],
    ]);
  });

  test('joins the pieces of a line, by stream', () => {
    const text =
      line('stdout', 'P', 'a') + line('stderr', 'P', 'x') + line('stdout', 'F', 'b') + line('stderr', 'F', 'y');
    assert.deepEqual(parse(text), [
      [1, 'ab\n'],
      [2, 'xy\n'],
    ]);
  });

  test('gives what has no newline at the end of the log', () => {
    assert.deepEqual(parse(line('stdout', 'P', 'prompt$ ')), [[1, 'prompt$ ']]);
  });

  test('tells a long line in pieces of 16 KiB', () => {
    const piece = 'x'.repeat(8192);
    const [first, second, third] = parse(line('stdout', 'P', piece).repeat(3) + line('stdout', 'F', 'end'));
    assert.equal(first?.[1].length, 16384);
    assert.equal(second?.[1], `${piece}end\n`);
    assert.equal(third, undefined);
  });

  test('takes the file in any portions', () => {
    const text =
      line('stdout', 'F', 'one') + line('stderr', 'F', 'twö') + line('stdout', 'P', 'th') + line('stdout', 'F', 'ree');
    const bytes = Buffer.from(text);
    const whole = parse(text);
    for (const size of [1, 2, 7, 40, 63]) {
      const parser = new LogParser();
      const messages: [number, string][] = [];
      for (let at = 0; at < bytes.length; at += size)
        for (const { stream, data } of parser.push(bytes.subarray(at, at + size)))
          messages.push([stream, data.toString()]);
      assert.deepEqual(messages, whole, `portions of ${size}`);
    }
  });

  test('passes over a torn line', () => {
    assert.deepEqual(parse(`2026-11-21T20:5\n${line('stdout', 'F', 'on')}`), [[1, 'on\n']]);
  });
});

describe('tail', () => {
  async function tail(text: string, messages: number): Promise<string[]> {
    const directory = await mkdtemp(path.join(tmpdir(), 'drydock-log-'));
    try {
      await writeFile(`${directory}/log`, text);
      await using file = await open(`${directory}/log`);
      const offset = await offsetOfTail(file, Buffer.byteLength(text), messages);
      const parser = new LogParser();
      const read = parser.push(Buffer.from(text).subarray(offset)).map(({ data }) => data.toString().trimEnd());
      return read.slice(-messages);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  const many = Array.from({ length: 20_000 }, (_, index) => line('stdout', 'F', `line ${index}`)).join('');

  test('finds the last messages of a long log', async () => {
    assert.deepEqual(await tail(many, 3), ['line 19997', 'line 19998', 'line 19999']);
    const last = await tail(many, 5000);
    assert.deepEqual([last.length, last[0]], [5000, 'line 15000']);
  });

  test('gives all where there are fewer', async () => {
    assert.deepEqual(await tail(line('stdout', 'F', 'only'), 10), ['only']);
  });

  test('reads little for little', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'drydock-log-'));
    try {
      await writeFile(`${directory}/log`, many);
      await using file = await open(`${directory}/log`);
      assert.ok((await offsetOfTail(file, many.length, 1)) > many.length - 65 * 1024);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
