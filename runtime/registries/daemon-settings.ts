// Registries that a host need not trust: `insecure-registries` of /etc/docker/daemon.json in its workspace.

import net from 'node:net';
import { z } from 'zod';
import { readBeneath } from '../kernel/safe-read.ts';

const maxFileBytes = 64 * 1024;
const maxEntries = 100;
const schema = z.looseObject({ 'insecure-registries': z.array(z.string().max(300)).max(maxEntries).default([]) });

/** A registry by the name that it is called by, `dev:5000`, and by one of its addresses. */
export type IsInsecure = (place: string, address: string) => boolean;

/** The entries: names of registries, or ranges of addresses. Of a file that is missing or wrong there are none. */
export function insecureRegistries(pid: number): readonly string[] {
  const text = readBeneath(`/proc/${pid}/root`, 'etc/docker/daemon.json', maxFileBytes);
  if (text === null) return [];
  try {
    return schema.parse(JSON.parse(text))['insecure-registries'];
  } catch {
    return [];
  }
}

/** Reads the file each time: there is no daemon that would have to be started again. The files are those of the workspace `pid`. */
export function insecureIn(pid: number): IsInsecure {
  return (place, address) =>
    insecureRegistries(pid).some((entry) => entry === place || (isRange(entry) && isWithin(entry, address)));
}

export const isRange = (entry: string): boolean => {
  const [address = '', bits = '', ...more] = entry.split('/');
  const most = net.isIPv6(address) ? 128 : 32;
  return net.isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most && more.length === 0;
};

function isWithin(range: string, address: string): boolean {
  const [first = '', bits = ''] = range.split('/');
  const family = (text: string): 'ipv4' | 'ipv6' => (net.isIPv6(text) ? 'ipv6' : 'ipv4');
  const list = new net.BlockList();
  list.addSubnet(first, Number(bits), family(first));
  return net.isIP(address) !== 0 && list.check(address, family(address));
}
