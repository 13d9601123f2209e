// Tables of the kernel that all hosts share, and that neither namespaces nor cgroups divide. Each is made so large that something
// else ends first: the memory of who fills it, or a bound of the engine's. They are only ever raised, and stay so.

import fs from 'node:fs';
import os from 'node:os';
import { machineTerminals, reservedTerminals, sharedNeighbours } from '../limits.ts';

export interface Table {
  /** Below /proc/sys. */
  readonly setting: string;
  /** What it is to be at least. */
  readonly least: number;
  /** What is taken from everybody where it is smaller. */
  readonly what: string;
}

/** A request for asynchronous input and output is two entries of 32 bytes in its ring, which its process pays for (fs/aio.c). */
const bytesPerAioRequest = 64;
/** A struct file, which its process pays for, has 232 bytes in Linux 6.18. */
const bytesPerOpenFile = 232;

export const tables: readonly Table[] = [
  { setting: 'fs/aio-max-nr', least: Math.ceil(os.totalmem() / bytesPerAioRequest), what: 'io_setup(2)' },
  { setting: 'fs/file-max', least: Math.ceil(os.totalmem() / bytesPerOpenFile), what: 'opening files' },
  { setting: 'net/ipv4/neigh/default/gc_thresh3', least: sharedNeighbours, what: 'connections to containers' },
  { setting: 'net/ipv6/neigh/default/gc_thresh3', least: sharedNeighbours, what: 'connections to containers by IPv6' },
  // First the sum, then the part.
  { setting: 'kernel/pty/max', least: machineTerminals, what: 'terminals' },
  { setting: 'kernel/pty/reserve', least: reservedTerminals, what: 'terminals' },
];

/** NaN where the kernel has no such table. */
export function sizeOf({ setting }: Table, directory = '/proc/sys'): number {
  try {
    return Number(fs.readFileSync(`${directory}/${setting}`, 'latin1'));
  } catch {
    return Number.NaN;
  }
}

/** Those that are too small and that an engine could not raise. `directory` is the machine's /proc/sys. */
export function smallTables(directory = '/proc/sys'): Table[] {
  return tables.filter((table) => {
    if (!(sizeOf(table, directory) < table.least)) return false;
    try {
      fs.accessSync(`${directory}/${table.setting}`, fs.constants.W_OK);
      return false;
    } catch {
      return true;
    }
  });
}

/** Raises what is too small; gives those that could not be raised. */
export function raiseTables(): Table[] {
  return tables.filter((table) => {
    if (!(sizeOf(table) < table.least)) return false;
    try {
      fs.writeFileSync(`/proc/sys/${table.setting}`, String(table.least));
      return false;
    } catch {
      return true;
    }
  });
}
