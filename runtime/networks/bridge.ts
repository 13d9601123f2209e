// The bridge of a network: a link in its host's network namespace, and each container's link to it. Found by its name.

import fs from 'node:fs';
import { insideNetworkOf } from '../kernel/namespaces.ts';
import * as netlink from '../kernel/netlink.ts';
import { neighbourPrefixLength } from '../limits.ts';
import { type Endpoint, macAddressFor } from './endpoint.ts';

export interface Bridge {
  /** The name of the network that it is the bridge of. */
  readonly network: string;
  /** The name of the link, as `ip link` shows it in the host. */
  readonly link: string;
  readonly subnet: netlink.Subnet;
  /** The host's own address on it. */
  readonly gateway: string;
}

/** The bridge that every host has. */
export const defaultBridge: Bridge = {
  network: 'bridge',
  link: 'docker0',
  subnet: { ip: '172.17.0.0', prefixLength: 16 },
  gateway: '172.17.0.1',
};

/** The loopback's index, in every network namespace (LOOPBACK_IFINDEX). */
const loopback = 1;
/** The routing table that has what may be looked for; the rules that lead to it have this priority. */
const neighbourTable = 100;

/** `172.17.0.0/16`, as Docker writes it. */
export const subnetInWords = ({ subnet }: Bridge): string => `${subnet.ip}/${subnet.prefixLength}`;

function broadcastOf({ ip, prefixLength }: netlink.Subnet): string {
  const bytes = ip.split('.').map(Number);
  return bytes.map((byte, index) => byte | (255 >> Math.min(8, Math.max(0, prefixLength - index * 8)))).join('.');
}

/**
 * A program that looks for all 65,534 addresses of a bridge would fill the machine's table of neighbours, and memory of the
 * kernel that no cgroup is charged for. Containers have the lowest addresses, so only these are looked for.
 */
function lookedFor({ subnet }: Bridge): ReturnType<typeof netlink.onlyReach> {
  const prefixLength = Math.max(subnet.prefixLength, neighbourPrefixLength);
  return netlink.onlyReach({ ...subnet, prefixLength }, subnet, neighbourTable);
}

function sysctl(name: string, value: string): void {
  fs.writeFileSync(`/proc/sys/net/${name}`, value);
}

/** Makes the bridge in the network namespace of `pid`, the host's workspace. */
export function createBridge(pid: number, bridge: Bridge): void {
  const { link, gateway, subnet } = bridge;
  insideNetworkOf(pid, () => {
    netlink.configureNetwork([netlink.linkUp(loopback), netlink.bridge(link, macAddressFor(gateway))]);
    netlink.configureNetwork([
      netlink.address(netlink.linkIndex(link), gateway, subnet.prefixLength, broadcastOf(subnet)),
      ...lookedFor(bridge),
    ]);
    sysctl('ipv4/ip_forward', '1');
    // So that a port published on 127.0.0.1 leads to a container. Only the bridges have it, so nothing from outside can abuse it.
    sysctl(`ipv4/conf/${link}/route_localnet`, '1');
    sysctl(`ipv6/conf/${link}/disable_ipv6`, '1');
  });
}

/** The name of the link in a container: `eth0` for its first endpoint. */
const linkInContainer = (place: number): string => `eth${place}`;

/**
 * Links the network namespace of `containerPid` to the bridge in that of `hostPid` (both PIDs as the machine numbers them).
 * `place` counts the container's endpoints from 0; the first has the default route.
 */
export function connectToBridge(
  hostPid: number,
  containerPid: number,
  bridge: Bridge,
  endpoint: Endpoint,
  place = 0,
): void {
  const name = linkInContainer(place);
  const netns = fs.openSync(`/proc/${containerPid}/ns/net`, 'r');
  try {
    insideNetworkOf(hostPid, () => {
      netlink.configureNetwork([
        netlink.vethPair(
          { name: `veth${endpoint.endpointId.slice(0, 7)}`, master: netlink.linkIndex(bridge.link) },
          { name, address: endpoint.macAddress, netns },
        ),
      ]);
    });
  } finally {
    fs.closeSync(netns);
  }
  insideNetworkOf(containerPid, () => {
    // As in Docker where a network has no IPv6. Else the link would have an address of its own, and 2^64 neighbours.
    sysctl(`ipv6/conf/${name}/disable_ipv6`, '1');
    const { subnet, gateway } = bridge;
    const index = netlink.linkIndex(name);
    netlink.configureNetwork([
      ...lookedFor(bridge),
      netlink.linkUp(loopback),
      netlink.address(index, endpoint.ipAddress, subnet.prefixLength, broadcastOf(subnet)),
      netlink.linkUp(index),
      ...(place === 0 ? [netlink.defaultRoute(index, gateway)] : []),
    ]);
  });
}

/** `--network none`: the loopback alone. */
export function raiseLoopback(containerPid: number): void {
  insideNetworkOf(containerPid, () => netlink.configureNetwork([netlink.linkUp(loopback)]));
}
