// Where the hub is reached in the network namespace of every host: an address that is the host's own there and no link's, so from the host
// and its containers and from nowhere else, and a port to which those of HTTP and HTTPS are led, so that programs of the host may have these.

import { listenInside } from '../kernel/bind.ts';
import { insideNetworkOf } from '../kernel/namespaces.ts';
import * as netlink from '../kernel/netlink.ts';

export const hubName = 'hub.drydock';
/** Of the block that IANA keeps for protocols (RFC 6890): no network of anybody's has it. */
export const hubAddress = '192.0.0.88';
/** No network of a host's may have it. */
export const hubSubnet: netlink.Subnet = { ip: hubAddress, prefixLength: 32 };
/** Below those that clients are given. HTTP and TLS are told apart by their first byte. */
export const hubRealPort = 30_443;
/** As `--add-host` has it. */
export const hubHosts: readonly string[] = [`${hubName}:${hubAddress}`];
export const hubPorts = [80, 443] as const;

/** The descriptor of a socket that listens there, in the network namespace of `pid`. Throws SystemCallError: EADDRINUSE where a program has the port. */
export function listenForHub(pid: number): number {
  insideNetworkOf(pid, () => {
    // It is there already where an engine before this one has listened.
    netlink.tolerating(['EEXIST'], [netlink.localAddress(hubAddress)]);
  });
  return listenInside(pid, hubAddress, hubRealPort);
}
