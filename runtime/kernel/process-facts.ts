// What /proc tells of one process, bounded. Names, programs and command lines are the process's own say: text, nothing more.

import fs from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';

export interface ProcessStatus {
  /** At most 15 characters, chosen by the process. */
  readonly name: string;
  /** As the machine numbers it. */
  readonly parent: number;
  /** Its PID in each namespace from the machine's inwards (`NSpid`). */
  readonly pids: readonly number[];
  /** Effective, as the machine numbers them. */
  readonly uid: number;
  readonly gid: number;
  readonly residentBytes: number;
}

/** Fields of /proc/PID/stat (proc(5)), by their number there; 0 where there is no such. */
export interface ProcessStat {
  /** All of it, where `ProcessStatus` may escape some. */
  readonly name: string;
  /** One letter. */
  readonly state: string;
  readonly at: (field: number) => number;
}

function field(status: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';
}

/** Null where the process has gone. Does not block: nothing in it waits for the process. */
export function statusOf(pid: number): ProcessStatus | null {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'latin1');
    return {
      name: field(status, 'Name'),
      parent: Number(field(status, 'PPid')),
      pids: field(status, 'NSpid').split(/\s+/).map(Number),
      uid: Number(field(status, 'Uid').split(/\s+/)[1] ?? 0),
      gid: Number(field(status, 'Gid').split(/\s+/)[1] ?? 0),
      residentBytes: Number(field(status, 'VmRSS').split(' ')[0] ?? 0) * 1024,
    };
  } catch {
    return null;
  }
}

/** Null where the process has gone. Does not block either. */
export function statOf(pid: number): ProcessStat | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may contain any character: what follows the last one counts.
    const numbers = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')),
      state: numbers[0] ?? '?',
      at: (number) => Number(numbers[number - 3] ?? 0),
    };
  } catch {
    return null;
  }
}

/** The file name of the program that it executes; empty where there is none to tell. */
export function executableOf(pid: number): string {
  try {
    return path.basename(fs.readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));
  } catch {
    return '';
  }
}

/** Reading a command line waits for the process's memory map: never more than so many threads of ours, for all hosts. */
const maxReading = 2;
let reading = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(read: () => Promise<T>): Promise<T> {
  if (reading < maxReading) reading += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await read();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else reading -= 1;
  }
}

/**
 * The first `maxBytes` of each process's command line, its words separated by spaces; missing where it has none, has gone,
 * or could not be read within `withinMs`: a process may hold its memory map for long.
 */
export async function commandLinesOf(
  pids: readonly number[],
  maxBytes: number,
  withinMs: number,
): Promise<ReadonlyMap<number, string>> {
  const lines = new Map<number, string>();
  const left = [...pids];
  const endsAtMs = performance.now() + withinMs;
  const readSome = async (): Promise<void> => {
    for (let pid = left.pop(); pid !== undefined && performance.now() < endsAtMs; pid = left.pop()) {
      const line = await commandLineOf(pid, maxBytes).catch(() => '');
      if (line !== '') lines.set(pid, line);
    }
  };
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, withinMs);
  await Promise.race([Promise.all(Array.from({ length: maxReading }, () => inTurn(readSome))), late]);
  clearTimeout(timer);
  return new Map(lines);
}

async function commandLineOf(pid: number, maxBytes: number): Promise<string> {
  await using file = await open(`/proc/${pid}/cmdline`);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
  return buffer.toString('utf8', 0, bytesRead).replace(/\0+$/, '').replaceAll('\0', ' ');
}
