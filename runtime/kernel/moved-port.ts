// Ports of addresses that really are other ports, for all programs of a cgroup: their sockets are led there and back by small BPF
// programs. So the first ones are free for whoever wants to listen at them, and no packet filter has to look at every packet.

import {
  address,
  begin,
  hooks,
  type KeptProgram,
  keepProgram,
  load,
  proceed,
  set,
  setProgram,
  skipUnlessEqual,
  store,
  swapped,
} from './bpf.ts';

/** Whoever connects or sends to `port` of the IPv4 address `ip` reaches `real`, and has its answers from `port`. */
export interface MovedPort {
  readonly ip: string;
  readonly port: number;
  readonly real: number;
}

/** Leads what goes to the one port of `ip` to the other. The address is in register 2, the port in 3. */
function step({ ip, port, real }: MovedPort): Buffer[] {
  const change = [set(1, swapped(real)), store(address.port, 1), ...proceed];
  return [
    skipUnlessEqual(2, Buffer.from(ip.split('.').map(Number)).readInt32LE(), change.length + 1),
    skipUnlessEqual(3, swapped(port), change.length),
    ...change,
  ];
}

function programFor(moves: readonly MovedPort[]): Buffer {
  return Buffer.concat([begin, load(2, address.ip4), load(3, address.port), ...moves.flatMap(step), ...proceed]);
}

export interface MovedPorts {
  readonly connect: KeptProgram;
  readonly send: KeptProgram;
  readonly receive: KeptProgram;
}

/** To be moved in many cgroups. `datagrams` are led both ways. Throws SystemCallError, as on a kernel without BPF for cgroups. */
export function prepareMoves(connections: readonly MovedPort[], datagrams: readonly MovedPort[]): MovedPorts {
  const back = datagrams.map(({ ip, port, real }) => ({ ip, port: real, real: port }));
  return {
    connect: keepProgram(hooks.connect4, programFor([...connections, ...datagrams])),
    send: keepProgram(hooks.sendUdp4, programFor(datagrams)),
    receive: keepProgram(hooks.receiveUdp4, programFor(back)),
  };
}

/** For the programs of the cgroup `group` in every network namespace, in place of what was led there before. Idempotent. Throws SystemCallError. */
export function movePorts(group: string, { connect, send, receive }: MovedPorts): void {
  setProgram(group, hooks.connect4, connect);
  setProgram(group, hooks.sendUdp4, send);
  setProgram(group, hooks.receiveUdp4, receive);
}
