// The default bridge of every host: docker0 with 172.17.0.0/16, and each container's place on it.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { Endpoint } from '../containers/container.ts';
import { EngineError } from '../errors.ts';
import { insideNetworkOf } from '../kernel/namespaces.ts';
import * as netlink from '../kernel/netlink.ts';
import { neighbourPrefixLength } from '../limits.ts';

export const gateway = '172.17.0.1';
export const subnet = '172.17.0.0/16';
export const prefixLength = 16;
const network = { ip: '172.17.0.0', prefixLength };
/**
 * Who looks for all 65,534 addresses of the bridge would fill the machine's table of neighbours, and memory of the kernel that
 * nobody is charged for. Containers have the lowest addresses, so only these are looked for.
 */
const lookedFor = netlink.onlyReach({ ...network, prefixLength: neighbourPrefixLength }, network, 100);
const broadcast = '172.17.255.255';
const loopback = 1;
/** A new network namespace has only `lo`, so the indexes of what we add first are ours to choose. */
const bridgeIndex = 2;
const containerLinkIndex = 2;
/** `eth0` of a host that is in a network of hosts: made before anything that gets the next free index. */
export const hostLinkIndex = 3;

function sysctl(name: string, value: string): void {
  fs.writeFileSync(`/proc/sys/net/${name}`, value);
}

/** Makes docker0 in the network namespace of `pid`, the host's workspace. */
export function createDefaultBridge(pid: number): void {
  insideNetworkOf(pid, () => {
    netlink.configureNetwork([
      netlink.linkUp(loopback),
      netlink.bridge(bridgeIndex, 'docker0', '02:42:ac:11:00:01'),
      netlink.address(bridgeIndex, gateway, prefixLength, broadcast),
      ...lookedFor,
    ]);
    sysctl('ipv4/ip_forward', '1');
    // So that a port published on 127.0.0.1 leads to a container; no other link than this has it, so nothing from outside can abuse it.
    sysctl('ipv4/conf/docker0/route_localnet', '1');
    sysctl('ipv6/conf/docker0/disable_ipv6', '1');
  });
}

/** The lowest free address, as Docker's own allocator gives them. */
export function allocateEndpoint(taken: ReadonlySet<string>, macAddress: string | null): Endpoint {
  for (let number = 2; number < 65_534; number++) {
    const ipAddress = `172.17.${number >> 8}.${number & 255}`;
    if (taken.has(ipAddress)) continue;
    const bytes = [2, 0x42, 172, 17, number >> 8, number & 255];
    return {
      endpointId: randomBytes(32).toString('hex'),
      ipAddress,
      macAddress: macAddress ?? bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':'),
    };
  }
  throw new EngineError('exhausted', 'no available IPv4 addresses on this network’s address pools: bridge');
}

/** Links the network namespace of `containerPid` to the host's bridge (both PIDs as the machine numbers them). */
export function connectToBridge(hostPid: number, containerPid: number, endpoint: Endpoint): void {
  const netns = fs.openSync(`/proc/${containerPid}/ns/net`, 'r');
  try {
    insideNetworkOf(hostPid, () => {
      netlink.configureNetwork([
        netlink.vethPair(
          { index: 0, name: `veth${endpoint.endpointId.slice(0, 7)}`, master: bridgeIndex },
          { index: containerLinkIndex, name: 'eth0', address: endpoint.macAddress, netns },
        ),
      ]);
    });
  } finally {
    fs.closeSync(netns);
  }
  insideNetworkOf(containerPid, () => {
    // As Docker has it where a network has no IPv6: a link has an address of its own else, and 2^64 neighbours.
    sysctl('ipv6/conf/eth0/disable_ipv6', '1');
    netlink.configureNetwork([
      ...lookedFor,
      netlink.linkUp(loopback),
      netlink.address(containerLinkIndex, endpoint.ipAddress, prefixLength, broadcast),
      netlink.linkUp(containerLinkIndex),
      netlink.defaultRoute(containerLinkIndex, gateway),
    ]);
  });
}

/** `--network none`: the loopback alone. */
export function raiseLoopback(containerPid: number): void {
  insideNetworkOf(containerPid, () => netlink.configureNetwork([netlink.linkUp(loopback)]));
}
