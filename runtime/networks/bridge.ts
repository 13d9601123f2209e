// The bridge of a network: a link in its host's network namespace, and each container's link to it. Found by its name. `gateway` is
// the host's own address on it.

import fs from 'node:fs';
import { isOfIpv6 } from '../kernel/ip-address.ts';
import { insideNetworkOf } from '../kernel/namespaces.ts';
import * as netlink from '../kernel/netlink.ts';
import { type Addresses, addressesOf, type Endpoint, linkOf, macAddressFor, poolsOf } from './endpoint.ts';
import { reachable } from './reachable.ts';
import { broadcastOf } from './subnet.ts';

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
  ipv6: null,
  internal: false,
  masquerade: true,
  mtu: null,
};

/** From which a bridge asks where somebody is, for packets of others. It is alone there, so it makes no neighbours. */
const askingAddress = 'fe80::1';
/** The loopback's index, in every network namespace (LOOPBACK_IFINDEX). */
const loopback = 1;
/** The routing table with the addresses that may be resolved. The rules that select the table have this priority. */
const neighbourTable = 100;

/** In this thread's network namespace. What is there already is what is wanted: an engine that was killed may have left it. */
function onlyReach(bridge: Bridge, known: readonly string[]): void {
  const messages = poolsOf(bridge).flatMap((pool) =>
    netlink.onlyReach(reachable(pool, known), pool.subnet, neighbourTable),
  );
  netlink.tolerating(['EEXIST'], messages);
}

/** Takes back what `onlyReach` did, but for the addresses that were asked for. */
function endOnlyReach(bridge: Bridge): void {
  const messages = poolsOf(bridge).flatMap((pool) =>
    netlink.endReach(reachable(pool, []), pool.subnet, neighbourTable),
  );
  netlink.tolerating(['ESRCH', 'ENOENT'], messages);
}

function sysctl(name: string, value: string): void {
  fs.writeFileSync(`/proc/sys/net/${name}`, value);
}

/**
 * Before a link gets addresses of IPv6. Without a link-local one, which Docker's have: it would make 2^64 possible neighbours. And
 * nobody on the link says what else is on it.
 */
function prepareIpv6(link: string): void {
  sysctl(`ipv6/conf/${link}/addr_gen_mode`, '1');
  sysctl(`ipv6/conf/${link}/accept_ra`, '0');
}

/** Makes the bridge in the network namespace of `pid`, the host's workspace. */
export function createBridge(pid: number, bridge: Bridge): void {
  const { link, gateway, mtu, ipv6 } = bridge;
  insideNetworkOf(pid, () => {
    // Of links to come: the bridges, and the ends of containers' links, which would have link-local addresses.
    sysctl('ipv6/conf/default/disable_ipv6', '1');
    netlink.configureNetwork([netlink.linkUp(loopback), netlink.bridge(link, macAddressFor(gateway), mtu)]);
    const index = netlink.linkIndex(link);
    if (ipv6) {
      prepareIpv6(link);
      sysctl(`ipv6/conf/${link}/disable_ipv6`, '0');
      // For published ports, whose packets go from one bridge to another. Nothing else is forwarded (`ipv6Rules`).
      sysctl('ipv6/conf/all/forwarding', '1');
    }
    netlink.configureNetwork([
      ...poolsOf(bridge).map((pool) =>
        netlink.address(index, pool.gateway, pool.subnet.prefixLength, broadcastOf(pool.subnet)),
      ),
      ...(ipv6 ? [netlink.address(index, askingAddress, 128, null)] : []),
    ]);
    onlyReach(bridge, []);
    sysctl('ipv4/ip_forward', '1');
    // For ports that are published on 127.0.0.1. Only the bridges have this setting, so nothing from outside can abuse it.
    sysctl(`ipv4/conf/${link}/route_localnet`, '1');
  });
}

/** Whether all of `createBridge` was done for a link that is there: this setting is its last step. */
export function isWhole(pid: number, { link }: Bridge): boolean {
  const setting = `/proc/sys/net/ipv4/conf/${link}/route_localnet`;
  return insideNetworkOf(pid, () => fs.readFileSync(setting, 'latin1').trim() === '1');
}

/** Where a host's last network with IPv6 has gone. */
export function endForwardingOfIpv6(pid: number): void {
  insideNetworkOf(pid, () => sysctl('ipv6/conf/all/forwarding', '0'));
}

/** Removes the bridge from the network namespace of `pid`, with the links to containers that it may still have. Idempotent. */
export function removeBridge(pid: number, bridge: Bridge): void {
  insideNetworkOf(pid, () => {
    netlink.removeLinkCalled(bridge.link);
    endOnlyReach(bridge);
  });
}

/** The lowest name of a link that is free in this thread's network namespace: `eth0` for a container's first endpoint. */
function freeLinkName(): string {
  for (let place = 0; ; place++) if (!netlink.hasLink(`eth${place}`)) return `eth${place}`;
}

/** Of a container's link to a bridge. */
export interface LinkPlan {
  /** Its name in the container; null for the lowest `ethN` that is free. */
  readonly link: string | null;
  /** The gateways of the container's default routes, where they are this bridge's; else none. */
  readonly routes: readonly string[];
  /** The other containers' addresses there. */
  readonly known: readonly string[];
}

/** Links the network namespace of `containerPid` to the bridge in that of `hostPid` (both PIDs as the machine numbers them). */
export function connectToBridge(
  hostPid: number,
  containerPid: number,
  bridge: Bridge,
  endpoint: Endpoint,
  { link, routes, known }: LinkPlan,
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
    const { subnet } = bridge;
    const index = netlink.linkIndex(name);
    const { ip6Address } = endpoint;
    const pool = ip6Address !== null && hasIpv6(name) ? bridge.ipv6 : null;
    if (pool) prepareIpv6(name);
    // As in Docker for a network without IPv6. Otherwise the link would have an IPv6 address, and 2^64 possible neighbours.
    else sysctl(`ipv6/conf/${name}/disable_ipv6`, '1');
    onlyReach(bridge, known);
    netlink.configureNetwork([
      netlink.linkUp(loopback),
      netlink.address(index, endpoint.ipAddress, subnet.prefixLength, broadcastOf(subnet)),
      ...endpoint.linkLocal.map((ip) => netlink.address(index, ip, 16, '169.254.255.255')),
      netlink.linkUp(index),
      ...(pool && ip6Address ? [netlink.address(index, ip6Address, pool.subnet.prefixLength, null)] : []),
      ...routes.filter((gateway) => pool !== null || !isOfIpv6(gateway)).map(netlink.defaultRoute),
    ]);
  });
}

/** False where the container asked for none (`--sysctl net.ipv6.conf.all.disable_ipv6=1`). */
function hasIpv6(link: string): boolean {
  return fs.readFileSync(`/proc/sys/net/ipv6/conf/${link}/disable_ipv6`, 'latin1').trim() === '0';
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
  insideNetworkOf(hostPid, () => netlink.removeLinkCalled(linkOf(endpoint)));
  insideNetworkOf(containerPid, () => endOnlyReach(bridge));
}

/** Lets the endpoint's addresses be looked for, in the network namespace of `pid`: those that are not of the lowest. Idempotent. */
export function letReach(pid: number, bridge: Bridge, endpoint: Endpoint): void {
  const known = addressesOf(endpoint);
  const others = poolsOf(bridge).flatMap((pool) => reachable(pool, known).slice(1));
  if (others.length === 0) return;
  insideNetworkOf(pid, () => netlink.tolerating(['EEXIST'], netlink.reach(others, neighbourTable)));
}

/** Takes back what `letReach` did. Idempotent. */
export function endReach(pid: number, bridge: Bridge, endpoint: Endpoint): void {
  const known = addressesOf(endpoint);
  const others = poolsOf(bridge).flatMap((pool) =>
    reachable(pool, known)
      .slice(1)
      .filter(({ ip }) => ip !== pool.gateway),
  );
  if (others.length === 0) return;
  insideNetworkOf(pid, () => netlink.tolerating(['ESRCH', 'ENOENT'], netlink.noReach(others, neighbourTable)));
}

/**
 * The default routes of the container's network namespace: by the gateways of a network that it is on, or none. That of IPv6 goes with
 * its link: a network with IPv6 has both (`gatewayOf`). Idempotent.
 */
export function setDefaultRoutes(containerPid: number, gateways: readonly string[]): void {
  const ofIpv6 = gateways.filter(isOfIpv6);
  insideNetworkOf(containerPid, () => {
    if (gateways.length === 0) netlink.tolerating(['ESRCH'], [netlink.removeDefaultRoute()]);
    else netlink.configureNetwork(gateways.filter((gateway) => !isOfIpv6(gateway)).map(netlink.defaultRoute));
    // The kernel refuses it where the container asked for no IPv6.
    if (ofIpv6.length > 0)
      netlink.tolerating(['EACCES', 'EHOSTUNREACH', 'ENETUNREACH'], ofIpv6.map(netlink.defaultRoute));
  });
}

/** The names of the links in the network namespace of `pid`. */
export function linksOf(pid: number): string[] {
  return insideNetworkOf(pid, netlink.linkNames);
}

/** Whether the network namespace of `pid` has a link of that name. */
export function hasLinkOf(pid: number, name: string): boolean {
  return insideNetworkOf(pid, () => netlink.hasLink(name));
}

/** Removes a link from the network namespace of `pid`. Idempotent. */
export function removeLinkOf(pid: number, name: string): void {
  insideNetworkOf(pid, () => netlink.removeLinkCalled(name));
}

/** `--network none`: the loopback alone. */
export function raiseLoopback(containerPid: number): void {
  insideNetworkOf(containerPid, () => netlink.configureNetwork([netlink.linkUp(loopback)]));
}
