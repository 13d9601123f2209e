// Which addresses a registry may have. What a host's network cannot reach fails there; these are refused wherever a name leads.

import net from 'node:net';

const loopback = new net.BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Link-local ones, those where clouds keep their machines' secrets (E02), multicast and broadcast. */
const refused = new net.BlockList();
refused.addSubnet('169.254.0.0', 16, 'ipv4');
refused.addAddress('100.100.100.200', 'ipv4');
refused.addSubnet('224.0.0.0', 4, 'ipv4');
refused.addAddress('255.255.255.255', 'ipv4');
refused.addSubnet('fe80::', 10, 'ipv6');
refused.addAddress('fd00:ec2::254', 'ipv6');
refused.addSubnet('ff00::', 8, 'ipv6');

const isIn = (list: net.BlockList, address: string): boolean =>
  net.isIP(address) !== 0 && list.check(address, net.isIPv6(address) ? 'ipv6' : 'ipv4');

/** An address of the host itself; also as IPv6 writes those of IPv4. */
export function isLoopback(address: string): boolean {
  return isIn(loopback, address);
}

/** Never connected to, whatever the host's network would do. */
export function isRefused(address: string): boolean {
  return isIn(refused, address);
}

/** `1.2.3.4:5000`, `[::1]:5000` */
export function hostPort(address: string, port: number): string {
  return net.isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
