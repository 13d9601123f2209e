// What went through the network interfaces of a process's network namespace.

import { readFileSync } from 'node:fs';

export interface InterfaceUsage {
  readonly name: string;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
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
    const [receivedBytes = 0, receivedPackets = 0] = numbers;
    return { name, receivedBytes, receivedPackets, sentBytes: numbers[8] ?? 0, sentPackets: numbers[9] ?? 0 };
  });
}
