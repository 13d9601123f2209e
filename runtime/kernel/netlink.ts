// Links, addresses and routes by rtnetlink (RFC 3549, linux/rtnetlink.h), all at once and without a program.
// A socket belongs to the namespace that it was made in: call inside `insideNetworkOf`.

import fs from 'node:fs';
import { addressBytes, isOfIpv6 } from './ip-address.ts';
import { checked, libcCalls, SystemCallError } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const NLMSG_ERROR = 2;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const IFF_UP = 1;
const IFLA = { address: 1, ifname: 3, mtu: 4, master: 10, linkinfo: 18, netNsFd: 28 } as const;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_BROADCAST = 4;
const RTA_GATEWAY = 5;
const IFA_F_NODAD = 2;
const AF_INET = 2;
const AF_INET6 = 10;
const RT_TABLE_MAIN = 254;
const RT_SCOPE_NOWHERE = 255;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const RTN_UNREACHABLE = 7;
const RTN_THROW = 9;
const RTN_LOCAL = 2;
const RT_TABLE_LOCAL = 255;
const RT_SCOPE_HOST = 254;
const RTA_DST = 1;
const RTA_OIF = 4;
/** The loopback's index, in every network namespace (LOOPBACK_IFINDEX). */
const loopback = 1;
const FRA_DST = 1;
const FRA_PRIORITY = 6;
const FR_ACT_TO_TBL = 1;
const FR_ACT_UNREACHABLE = 7;

/** A message still without its header: what to do, the fixed part, the attributes. */
interface Message {
  readonly what: string;
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const familyOf = (address: string): number => (isOfIpv6(address) ? AF_INET6 : AF_INET);
const mac = (address: string): Buffer => Buffer.from(address.replaceAll(':', ''), 'hex');

function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

/** The kernel gives a new link the next free index. */
const anyIndex = 0;

/** struct ifinfomsg: family, type, index, flags, change. */
function linkHeader(index: number, up: boolean): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(up ? IFF_UP : 0, 8);
  bytes.writeUInt32LE(up ? IFF_UP : 0, 12);
  return bytes;
}

/** Of a link; nothing for the kernel's own choice. */
const mtuOf = (mtu: number | null): Buffer[] => (mtu === null ? [] : [attribute(IFLA.mtu, u32(mtu))]);

/** A bridge with the next free index, up. */
export function bridge(name: string, address: string, mtu: number | null = null): Message {
  const info = attribute(IFLA.linkinfo, attribute(IFLA_INFO_KIND, text('bridge')));
  const body = [
    linkHeader(anyIndex, true),
    attribute(IFLA.ifname, text(name)),
    attribute(IFLA.address, mac(address)),
    ...mtuOf(mtu),
    info,
  ];
  return { what: `add bridge ${name}`, type: RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, body: Buffer.concat(body) };
}

/** A pair: this end, up, in the bridge with index `master` (null: in none); the other, down, as `peer.name` in the namespace open at `peer.netns`. */
export function vethPair(
  end: { readonly name: string; readonly master: number | null },
  peer: { readonly name: string; readonly address: string; readonly netns: number },
  mtu: number | null = null,
): Message {
  const other = Buffer.concat([
    linkHeader(anyIndex, false),
    attribute(IFLA.ifname, text(peer.name)),
    attribute(IFLA.address, mac(peer.address)),
    attribute(IFLA.netNsFd, u32(peer.netns)),
    ...mtuOf(mtu),
  ]);
  const data = attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, other));
  const info = attribute(IFLA.linkinfo, Buffer.concat([attribute(IFLA_INFO_KIND, text('veth')), data]));
  const body = [
    linkHeader(anyIndex, true),
    attribute(IFLA.ifname, text(end.name)),
    ...(end.master === null ? [] : [attribute(IFLA.master, u32(end.master))]),
    ...mtuOf(mtu),
    info,
  ];
  return {
    what: `add veth ${end.name}`,
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body: Buffer.concat(body),
  };
}

/** The index of the link called `name` in this thread's network namespace. Throws SystemCallError (ENODEV). */
export function linkIndex(name: string): number {
  const index = libcCalls.ifNameToIndex(name);
  return checked(`find link ${name}`, index === 0 ? -1 : index);
}

/** Whether there is a link of that name in this thread's network namespace. */
export function hasLink(name: string): boolean {
  return libcCalls.ifNameToIndex(name) !== 0;
}

/** The names of the links in this thread's network namespace. */
export function linkNames(): string[] {
  const table = fs.readFileSync('/proc/thread-self/net/dev', 'latin1');
  return [...table.matchAll(/^ *([^\s:]+):/gm)].map(([, name = '']) => name);
}

/** Makes a link a port of the bridge with index `master`. */
export function setMaster(index: number, master: number): Message {
  const body = Buffer.concat([linkHeader(index, true), attribute(IFLA.master, u32(master))]);
  return { what: `put link ${index} on bridge ${master}`, type: RTM_NEWLINK, flags: 0, body };
}

/** A pair goes with either of its ends. */
function removeLink(index: number): Message {
  return { what: `remove link ${index}`, type: RTM_DELLINK, flags: 0, body: linkHeader(index, false) };
}

/** Removes the link called `name` from this thread's network namespace. Idempotent. */
export function removeLinkCalled(name: string): void {
  const index = libcCalls.ifNameToIndex(name);
  if (index !== 0) tolerating(['ENODEV'], [removeLink(index)]);
}

export function linkUp(index: number): Message {
  return { what: `set link ${index} up`, type: RTM_NEWLINK, flags: 0, body: linkHeader(index, true) };
}

/** One of IPv6 is used at once: nobody else has it, so it is not looked for first (duplicate address detection). */
export function address(index: number, ip: string, prefixLength: number, broadcast: string | null): Message {
  const header = Buffer.from([familyOf(ip), prefixLength, isOfIpv6(ip) ? IFA_F_NODAD : 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(index, 4);
  const local = [
    attribute(IFA_LOCAL, addressBytes(ip)),
    attribute(IFA_ADDRESS, addressBytes(ip)),
    ...(broadcast === null ? [] : [attribute(IFA_BROADCAST, addressBytes(broadcast))]),
  ];
  return { what: `add address ${ip}`, type: RTM_NEWADDR, flags: NLM_F_CREATE, body: Buffer.concat([header, ...local]) };
}

/** In place of the one of its family that there is. */
export function defaultRoute(gateway: string): Message {
  const header = Buffer.from([familyOf(gateway), 0, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, 0, RTN_UNICAST, 0, 0, 0, 0]);
  const body = Buffer.concat([header, attribute(RTA_GATEWAY, addressBytes(gateway))]);
  return { what: `set route via ${gateway}`, type: RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_REPLACE, body };
}

/** That of IPv4. Fails with ESRCH where there is none. */
export function removeDefaultRoute(): Message {
  const body = Buffer.from([AF_INET, 0, 0, 0, RT_TABLE_MAIN, 0, RT_SCOPE_NOWHERE, 0, 0, 0, 0, 0]);
  return { what: 'remove the default route', type: RTM_DELROUTE, flags: 0, body };
}

/** An address with the length of its prefix. */
export interface Subnet {
  readonly ip: string;
  readonly prefixLength: number;
}

function routeTo({ ip, prefixLength }: Subnet, type: number, table: number): Pick<Message, 'what' | 'body'> {
  const header = Buffer.from([AF_INET, prefixLength, 0, 0, table, RTPROT_BOOT, 0, type, 0, 0, 0, 0]);
  const body = Buffer.concat([header, attribute(RTA_DST, addressBytes(ip))]);
  return { what: `route to ${ip}/${prefixLength}`, body };
}

/** Lets the machine itself be at an address, in this thread's network namespace, that no link of it has. Fails with EEXIST where it is so. */
export function localAddress(ip: string): Message {
  const header = Buffer.from([AF_INET, 32, 0, 0, RT_TABLE_LOCAL, RTPROT_BOOT, RT_SCOPE_HOST, RTN_LOCAL, 0, 0, 0, 0]);
  const body = Buffer.concat([header, attribute(RTA_DST, addressBytes(ip)), attribute(RTA_OIF, u32(loopback))]);
  return { what: `be at ${ip}`, type: RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_EXCL, body };
}

interface RuleAction {
  readonly action: number;
  readonly table: number;
  readonly priority: number;
}

function ruleFor({ ip, prefixLength }: Subnet, does: RuleAction): Pick<Message, 'what' | 'body'> {
  const header = Buffer.from([familyOf(ip), prefixLength, 0, 0, does.table, 0, 0, does.action, 0, 0, 0, 0]);
  const body = Buffer.concat([
    header,
    attribute(FRA_DST, addressBytes(ip)),
    attribute(FRA_PRIORITY, u32(does.priority)),
  ]);
  return { what: `rule for ${ip}/${prefixLength}`, body };
}

/**
 * What lets an address be looked for, and what holds back the rest of its subnet. IPv4 has routes in a table of its own for it. IPv6
 * has rules: for a socket that is bound to a link its routes to nowhere do not count.
 */
const throughMain = (table: number): RuleAction => ({ action: FR_ACT_TO_TBL, table: RT_TABLE_MAIN, priority: table });
const toNowhere = (table: number): RuleAction => ({ action: FR_ACT_UNREACHABLE, table: 0, priority: table + 1 });

function letting(subnet: Subnet, table: number): Pick<Message, 'what' | 'body'> {
  return isOfIpv6(subnet.ip) ? ruleFor(subnet, throughMain(table)) : routeTo(subnet, RTN_THROW, table);
}

/** Lets the addresses in `reachable` be looked for, whatever table number `table` says of the subnet that they are in. */
export function reach(reachable: readonly Subnet[], table: number): Message[] {
  return reachable.map((subnet) => ({
    ...letting(subnet, table),
    type: isOfIpv6(subnet.ip) ? RTM_NEWRULE : RTM_NEWROUTE,
    flags: NLM_F_CREATE | NLM_F_EXCL,
  }));
}

/**
 * Of the addresses in `subnet` only those in `reachable` are looked for on the link; for the others "no route to host" is said at
 * once. By a table of its own, number `table`, so that the main one shows what it does under Docker.
 */
export function onlyReach(reachable: readonly Subnet[], subnet: Subnet, table: number): Message[] {
  if (reachable.some((each) => each.prefixLength === subnet.prefixLength)) return []; // all of it
  const newRule = { type: RTM_NEWRULE, flags: NLM_F_CREATE | NLM_F_EXCL };
  if (isOfIpv6(subnet.ip)) return [...reach(reachable, table), { ...ruleFor(subnet, toNowhere(table)), ...newRule }];
  return [
    ...reach(reachable, table),
    { ...routeTo(subnet, RTN_UNREACHABLE, table), type: RTM_NEWROUTE, flags: NLM_F_CREATE },
    { ...ruleFor(subnet, { action: FR_ACT_TO_TBL, table, priority: table }), ...newRule },
  ];
}

/** Takes back what `reach` did. */
export function noReach(reachable: readonly Subnet[], table: number): Message[] {
  return reachable.map((subnet) => ({
    ...letting(subnet, table),
    type: isOfIpv6(subnet.ip) ? RTM_DELRULE : RTM_DELROUTE,
    flags: 0,
  }));
}

/** Takes back what `onlyReach` did. */
export function endReach(reachable: readonly Subnet[], subnet: Subnet, table: number): Message[] {
  const oldRule = { type: RTM_DELRULE, flags: 0 };
  if (isOfIpv6(subnet.ip)) return [...noReach(reachable, table), { ...ruleFor(subnet, toNowhere(table)), ...oldRule }];
  return [
    { ...ruleFor(subnet, { action: FR_ACT_TO_TBL, table, priority: table }), ...oldRule },
    ...noReach(reachable, table),
    { ...routeTo(subnet, RTN_UNREACHABLE, table), type: RTM_DELROUTE, flags: 0 },
  ];
}

/** Sends the messages in their order; throws SystemCallError naming the first that the kernel refused. */
export function configureNetwork(messages: readonly Message[]): void {
  tolerating([], messages);
}

/** The same, but what the kernel refuses with one of the errors `codes` is taken as done. */
export function tolerating(codes: readonly string[], messages: readonly Message[]): void {
  const fd = checked('netlink socket', libcCalls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, 0));
  try {
    for (const [index, message] of messages.entries()) {
      const header = Buffer.alloc(16);
      header.writeUInt32LE(16 + message.body.length, 0);
      header.writeUInt16LE(message.type, 4);
      header.writeUInt16LE(NLM_F_REQUEST | NLM_F_ACK | message.flags, 6);
      header.writeUInt32LE(index + 1, 8);
      const bytes = Buffer.concat([header, message.body]);
      checked(message.what, libcCalls.send(fd, bytes, bytes.length, 0));
      const answer = Buffer.alloc(4096);
      checked(message.what, libcCalls.recv(fd, answer, answer.length, 0));
      if (answer.readUInt16LE(4) !== NLMSG_ERROR)
        throw new Error(`${message.what}: an answer that is no acknowledgement`);
      const error = -answer.readInt32LE(16);
      if (error === 0) continue;
      const refusal = new SystemCallError(message.what, error);
      if (!codes.includes(refusal.code)) throw refusal;
    }
  } finally {
    fs.closeSync(fd);
  }
}
