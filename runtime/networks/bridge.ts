// The bridge of a network: a link in its host's network namespace, and each container's link to it. Found by its name. `gateway` is
// the host's own address on it.

import fs from 'node:fs';
import { insideNetworkOf } from '../kernel/namespaces.ts';
import type { Subnet } from '../kernel/netlink.ts';
import * as netlink from '../kernel/netlink.ts';
import { neighbourPrefixLength } from '../limits.ts';
import { type Addresses, type Endpoint, linkOf, macAddressFor } from './endpoint.ts';
import { broadcastOf, contains } from './subnet.ts';

export interface Bridge extends Addresses {
  /** The name of the link, as `ip link` shows it in the host. */
  readonly link: string;
  /** Nothing leads out of it, nor in. */
  readonly internal: boolean;
  /** What goes out of it has an address of its host. */
  readonly masquerade: boolean;
  /** Of its links, in bytes; null for the kernel's own choice. */
  readonly mtu: number | null;
}

/** The bridge that every host has. */
export const defaultBridge: Bridge = {
  network: 'bridge',
  link: 'docker0',
  subnet: { ip: '172.17.0.0', prefixLength: 16 },
  gateway: '172.17.0.1',
  range: { ip: '172.17.0.0', prefixLength: 16 },
  reserved: [],
  internal: false,
  masquerade: true,
  mtu: null,
};

/** The loopback's index, in every network namespace (LOOPBACK_IFINDEX). */
const loopback = 1;
/** The routing table with the addresses that may be resolved. The rules that select the table have this priority. */
const neighbourTable = 100;

/**
 * The addresses of a bridge that are resolved. A program that sends to all 65,534 addresses would fill the machine's table of
 * neighbours, in memory that no cgroup is charged for. Containers have the lowest addresses of the range, so only those are
 * resolved, with the gateway and the addresses in `known`, which were asked for.
 */
function reachable({ range, gateway }: Bridge, known: readonly string[]): Subnet[] {
  const lowest = { ...range, prefixLength: Math.max(range.prefixLength, neighbourPrefixLength) };
  const others = new Set([gateway, ...known].filter((address) => !contains(lowest, address)));
  return [lowest, ...[...others].map((ip) => ({ ip, prefixLength: 32 }))];
}

/** In this thread's network namespace. What is there already is what is wanted: an engine that was killed may have left it. */
function onlyReach(bridge: Bridge, known: readonly string[]): void {
  netlink.tolerating(['EEXIST'], netlink.onlyReach(reachable(bridge, known), bridge.subnet, neighbourTable));
}

function sysctl(name: string, value: string): void {
  fs.writeFileSync(`/proc/sys/net/${name}`, value);
}

/** Makes the bridge in the network namespace of `pid`, the host's workspace. */
export function createBridge(pid: number, bridge: Bridge): void {
  const { link, gateway, subnet, mtu } = bridge;
  insideNetworkOf(pid, () => {
    netlink.configureNetwork([netlink.linkUp(loopback), netlink.bridge(link, macAddressFor(gateway), mtu)]);
    netlink.configureNetwork([
      netlink.address(netlink.linkIndex(link), gateway, subnet.prefixLength, broadcastOf(subnet)),
    ]);
    onlyReach(bridge, []);
    sysctl('ipv4/ip_forward', '1');
    // For ports that are published on 127.0.0.1. Only the bridges have this setting, so nothing from outside can abuse it.
    sysctl(`ipv4/conf/${link}/route_localnet`, '1');
    sysctl(`ipv6/conf/${link}/disable_ipv6`, '1');
  });
}

/** Whether all of `createBridge` was done for a link that is there: this setting is its last step. */
export function isWhole(pid: number, { link }: Bridge): boolean {
  const setting = `/proc/sys/net/ipv6/conf/${link}/disable_ipv6`;
  return insideNetworkOf(pid, () => fs.readFileSync(setting, 'latin1').trim() === '1');
}

/** Removes the bridge from the network namespace of `pid`, with the links to containers that it may still have. Idempotent. */
export function removeBridge(pid: number, bridge: Bridge): void {
  insideNetworkOf(pid, () => {
    removeLink(bridge.link);
    netlink.tolerating(['ESRCH', 'ENOENT'], netlink.endReach(reachable(bridge, []), bridge.subnet, neighbourTable));
  });
}

/** Inside the namespace that has it. Idempotent. */
function removeLink(name: string): void {
  if (netlink.hasLink(name)) netlink.tolerating(['ENODEV'], [netlink.removeLink(netlink.linkIndex(name))]);
}

/** The lowest name of a link that is free in this thread's network namespace: `eth0` for a container's first endpoint. */
function freeLinkName(): string {
  for (let place = 0; ; place++) if (!netlink.hasLink(`eth${place}`)) return `eth${place}`;
}

/** Of a container's link to a bridge. */
export interface LinkPlan {
  /** Its name in the container; null for the lowest `ethN` that is free. */
  readonly link: string | null;
  /** The gateway of the container's default route, where it is this one; else null. */
  readonly route: string | null;
  /** The other containers' addresses there. */
  readonly known: readonly string[];
}

/** Links the network namespace of `containerPid` to the bridge in that of `hostPid` (both PIDs as the machine numbers them). */
export function connectToBridge(
  hostPid: number,
  containerPid: number,
  bridge: Bridge,
  endpoint: Endpoint,
  { link, route, known }: LinkPlan,
): void {
  const name = link ?? insideNetworkOf(containerPid, freeLinkName);
  const netns = fs.openSync(`/proc/${containerPid}/ns/net`, 'r');
  try {
    insideNetworkOf(hostPid, () => {
      netlink.configureNetwork([
        netlink.vethPair(
          { name: linkOf(endpoint), master: netlink.linkIndex(bridge.link) },
          { name, address: endpoint.macAddress, netns },
          bridge.mtu,
        ),
      ]);
    });
  } finally {
    fs.closeSync(netns);
  }
  insideNetworkOf(containerPid, () => {
    // As in Docker for a network without IPv6. Otherwise the link would have an IPv6 address, and 2^64 possible neighbours.
    sysctl(`ipv6/conf/${name}/disable_ipv6`, '1');
    const { subnet } = bridge;
    const index = netlink.linkIndex(name);
    onlyReach(bridge, known);
    netlink.configureNetwork([
      netlink.linkUp(loopback),
      netlink.address(index, endpoint.ipAddress, subnet.prefixLength, broadcastOf(subnet)),
      ...endpoint.linkLocal.map((ip) => netlink.address(index, ip, 16, '169.254.255.255')),
      netlink.linkUp(index),
      ...(route === null ? [] : [netlink.defaultRoute(route)]),
    ]);
  });
}

/** Puts the host's ends of containers' links on the bridge, those that are there. Idempotent. */
export function putOnBridge(pid: number, { link: bridge }: Bridge, endpoints: readonly Endpoint[]): void {
  insideNetworkOf(pid, () => {
    const links = endpoints.map(linkOf).filter(netlink.hasLink);
    const master = netlink.linkIndex(bridge);
    netlink.configureNetwork(links.map((link) => netlink.setMaster(netlink.linkIndex(link), master)));
  });
}

/** Ends what `connectToBridge` did; its link in the container goes with the one in the host. Idempotent. */
export function disconnectFromBridge(hostPid: number, containerPid: number, bridge: Bridge, endpoint: Endpoint): void {
  insideNetworkOf(hostPid, () => removeLink(linkOf(endpoint)));
  insideNetworkOf(containerPid, () => {
    netlink.tolerating(['ESRCH', 'ENOENT'], netlink.endReach(reachable(bridge, []), bridge.subnet, neighbourTable));
  });
}

/** Lets `address` of the bridge's network be looked for, in the network namespace of `pid`: where it is not one of the lowest. Idempotent. */
export function letReach(pid: number, bridge: Bridge, address: string): void {
  const others = reachable(bridge, [address]).filter(({ prefixLength }) => prefixLength === 32);
  if (others.length === 0) return;
  insideNetworkOf(pid, () => netlink.tolerating(['EEXIST'], netlink.reach(others, neighbourTable)));
}

/** Takes back what `letReach` did. Idempotent. */
export function endReach(pid: number, bridge: Bridge, address: string): void {
  const others = reachable(bridge, [address]).filter(({ ip }) => ip === address && ip !== bridge.gateway);
  if (others.length === 0) return;
  insideNetworkOf(pid, () => netlink.tolerating(['ESRCH'], netlink.noReach(others, neighbourTable)));
}

/** The default route of the container's network namespace: by the gateway of a network that it is on, or none. Idempotent. */
export function setDefaultRoute(containerPid: number, gateway: string | null): void {
  insideNetworkOf(containerPid, () => {
    if (gateway === null) netlink.tolerating(['ESRCH'], [netlink.removeDefaultRoute()]);
    else netlink.configureNetwork([netlink.defaultRoute(gateway)]);
  });
}

/** The names of the links in the network namespace of `pid`. */
export function linksOf(pid: number): string[] {
  return insideNetworkOf(pid, () => fs.readFileSync('/proc/thread-self/net/dev', 'latin1'))
    .split('\n')
    .flatMap((line) => /^ *([^ :]+):/.exec(line)?.[1] ?? []);
}

/** Whether the network namespace of `pid` has a link of that name. */
export function hasLinkOf(pid: number, name: string): boolean {
  return insideNetworkOf(pid, () => netlink.hasLink(name));
}

/** Removes a link from the network namespace of `pid`. Idempotent. */
export function removeLinkOf(pid: number, name: string): void {
  insideNetworkOf(pid, () => removeLink(name));
}

/** `--network none`: the loopback alone. */
export function raiseLoopback(containerPid: number): void {
  insideNetworkOf(containerPid, () => netlink.configureNetwork([netlink.linkUp(loopback)]));
}
