// The way out of hosts that reach all of the internet: a link of each into the network namespace that the operator has made for it,
// and the rules there. That namespace forwards, the machine's own does not. A host's link is in a network of the two ends alone.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { isIPv4 } from 'node:net';
import { EngineError } from '../errors.ts';
import { insideNetworkAt, insideNetworkOf } from '../kernel/namespaces.ts';
import * as netlink from '../kernel/netlink.ts';
import { nftAt } from '../kernel/nft.ts';
import { egressBytesPerSecond, maxEgressConnectionsInAll } from '../limits.ts';
import { macAddressFor } from '../networks/endpoint.ts';
import { outLink } from '../networks/nat.ts';
import { ownAddresses, specialRanges } from './addresses.ts';

/** A packet or two more: what arrives together is counted together. */
const burstBytes = 128 * 1024;
/** From RFC 6598's range, four addresses for each host: no network of a student's or of Docker's is there. */
const first = [100, 64, 0, 0] as const;
const prefixLength = 30;

function address(number: number): string {
  const value = first.reduce<number>((sum, byte) => sum * 256 + byte, 0) + number;
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

/** The names of this engine's links begin so; a name has 15 characters at most. */
const prefixOf = (instance: string): string => `o${createHash('sha1').update(instance).digest('hex').slice(0, 3)}`;

/** Every packet of a host's comes and goes by these rules. nft(8). */
function rules(instance: string, refused: readonly string[], servers: readonly string[]): string {
  const table = `drydock_${instance.replaceAll('-', '_')}`;
  const ours = `"${prefixOf(instance)}*"`;
  // nft(8) adds a second's share to the burst.
  const rate = `limit rate over ${egressBytesPerSecond} bytes/second burst ${burstBytes} bytes`;
  const names = servers.filter(isIPv4);
  const asked = names.length > 0 ? `ip daddr { ${names.join(', ')} } meta l4proto { tcp, udp } th dport 53 accept` : '';
  return `
add table ip ${table}
delete table ip ${table}
table ip ${table} {
  set special { type ipv4_addr; flags interval; auto-merge; elements = { ${refused.join(', ')} } }
  set counted { type ifname; flags dynamic; size 65536; }
  set sent { type ifname; flags dynamic; size 65536; }
  set fetched { type ifname; flags dynamic; size 65536; }
  chain out {
    oifname ${ours} drop
    fib saddr . iif oif missing counter drop
    add @sent { iifname ${rate} } drop
    ct state established,related accept
    ${asked}
    ip daddr @special counter reject with icmp type admin-prohibited
    tcp dport 25 counter reject with icmp type admin-prohibited
    ct state new add @counted { iifname ct count over ${maxEgressConnectionsInAll} } drop
    accept
  }
  chain in {
    add @fetched { oifname ${rate} } drop
    ct state established,related accept
    drop
  }
  chain forward {
    type filter hook forward priority filter;
    iifname ${ours} goto out
    oifname ${ours} goto in
  }
  chain input {
    type filter hook input priority filter;
    iifname ${ours} drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr ${first.join('.')}/10 oifname != ${ours} masquerade
  }
}
`;
}

/**
 * Prepares the namespace pinned at `file`, which is this engine's alone. Idempotent. Throws unavailable where it is not there or is the
 * engine's own, and what nft says.
 */
export async function prepareUplink(file: string, instance: string, servers: readonly string[]): Promise<void> {
  if (!fs.existsSync(file))
    throw new EngineError('unavailable', `${file} is no network namespace: make it with ip netns add`);
  const [there, own] = [fs.statSync(file), fs.statSync('/proc/self/ns/net')];
  if (there.ino === own.ino && there.dev === own.dev)
    throw new EngineError(
      'unavailable',
      `${file} is the machine’s own network namespace: students’ traffic needs another one`,
    );
  const machine = ownAddresses().filter(isIPv4);
  const refused = [...specialRanges.map(([network, prefix]) => `${network}/${prefix}`), ...machine];
  await nftAt(file, rules(instance, refused, servers));
  insideNetworkAt(file, () => fs.writeFileSync('/proc/sys/net/ipv4/ip_forward', '1'));
}

/** A host's link: what it is called in the namespace, and its place among those of all hosts. */
export interface Place {
  readonly instance: string;
  readonly hostId: string;
  /** From 0; no other host has it. */
  readonly number: number;
}

const linkOf = ({ instance, hostId }: Place): string => `${prefixOf(instance)}${hostId.slice(0, 11)}`;

/**
 * Takes a host's link away. The kernel would do so with the workspace's network namespace, but some time after its last process, and
 * the next host may have its addresses by then.
 */
export function leaveUplink(file: string, place: Place): void {
  insideNetworkAt(file, () => netlink.removeLinkCalled(linkOf(place)));
}

/** Gives the network namespace of `pid`, a new workspace, its link and its default route. Throws SystemCallError. */
export function joinUplink(file: string, pid: number, place: Place): void {
  const [gateway, own, broadcast] = [1, 2, 3].map((each) => address(place.number * 4 + each));
  if (!gateway || !own || !broadcast) return;
  const name = linkOf(place);
  const netns = fs.openSync(`/proc/${pid}/ns/net`, 'r');
  try {
    insideNetworkAt(file, () => {
      netlink.removeLinkCalled(name);
      const peer = { name: outLink, address: macAddressFor(own), netns };
      netlink.configureNetwork([netlink.vethPair({ name, master: null }, peer)]);
      fs.writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '1');
      netlink.configureNetwork([netlink.address(netlink.linkIndex(name), gateway, prefixLength, broadcast)]);
    });
  } finally {
    fs.closeSync(netns);
  }
  insideNetworkOf(pid, () => {
    fs.writeFileSync(`/proc/sys/net/ipv6/conf/${outLink}/disable_ipv6`, '1');
    const index = netlink.linkIndex(outLink);
    netlink.configureNetwork([
      netlink.address(index, own, prefixLength, broadcast),
      netlink.linkUp(index),
      netlink.defaultRoute(gateway),
    ]);
  });
}
