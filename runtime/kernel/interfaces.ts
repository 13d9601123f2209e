// What went through the network interfaces of a process's network namespace.

import { readFileSync } from 'node:fs';

interface Traffic {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

export interface InterfaceUsage {
  readonly name: string;
  readonly received: Traffic;
  readonly sent: Traffic;
}

/** All but the loopback; empty where the process has gone. The file is the kernel's own, whatever the process does. */
export function interfacesOf(pid: number): InterfaceUsage[] {
  let table: string;
  try {
    table = readFileSync(`/proc/${pid}/net/dev`, 'latin1');
  } catch {
    return [];
  }
  return [...table.matchAll(/^\s*([^\s:]+):\s*(.+)$/gm)].flatMap(([, name = '', columns = '']) => {
    const numbers = columns.trim().split(/\s+/).map(Number);
    if (name === 'lo' || numbers.length < 16) return [];
    return { name, received: traffic(numbers.slice(0, 4)), sent: traffic(numbers.slice(8, 12)) };
  });
}

function traffic([bytes = 0, packets = 0, errors = 0, dropped = 0]: readonly number[]): Traffic {
  return { bytes, packets, errors, dropped };
}
