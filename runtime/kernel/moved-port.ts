// A port of a loopback address that really is another port, for all programs of a cgroup: their sockets are led there and back by small
// BPF programs. So the first one is free for whoever wants to listen at it, and no packet filter has to look at every packet.

import { address, begin, hooks, load, proceed, set, setProgram, skipUnlessEqual, store, swapped } from './bpf.ts';

/** Leads what goes to (or seems to come from) the one port of `ip` to the other. */
function programFor(ip: string, from: number, to: number): Buffer {
  const change = [set(1, swapped(to)), store(address.port, 1)];
  return Buffer.concat([
    begin,
    load(2, address.ip4),
    skipUnlessEqual(2, Buffer.from(ip.split('.').map(Number)).readInt32LE(), change.length + 2),
    load(3, address.port),
    skipUnlessEqual(3, swapped(from), change.length),
    ...change,
    ...proceed,
  ]);
}

/**
 * For the programs of the cgroup `group` in every network namespace: who connects or sends to `port` of the IPv4 address `ip` reaches
 * `real`, and has its answers from `port`. Idempotent. Throws SystemCallError, as on a kernel without BPF for cgroups.
 */
export function movePort(group: string, ip: string, port: number, real: number): void {
  setProgram(group, hooks.connect4, programFor(ip, port, real));
  setProgram(group, hooks.sendUdp4, programFor(ip, port, real));
  setProgram(group, hooks.receiveUdp4, programFor(ip, real, port));
}
