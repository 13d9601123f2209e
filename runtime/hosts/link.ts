// The link between the hosts of a lab: a bridge in a network namespace that has nothing else, an end of it in each of the hosts,
// and their names. Nothing leads from it to the machine, to another link, or out. It is none of Docker's networks.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { EngineError } from '../errors.ts';
import { detachMount } from '../kernel/mounts.ts';
import { insideNetworkAt, insideNetworkOf, isPinned, pinNewNetwork } from '../kernel/namespaces.ts';
import * as netlink from '../kernel/netlink.ts';
import { maxHostsPerLink } from '../limits.ts';
import { macAddressFor } from '../networks/endpoint.ts';
import { rewriteHosts } from '../networks/files.ts';
import { uplink } from '../networks/nat.ts';
import type { Host, HostEngine } from './host.ts';
import type { LinkPlace } from './host-record.ts';

const prefix = '10.77.0.';
const prefixLength = 24;
const broadcast = `${prefix}255`;
const bridgeAddress = `${prefix}1`;
const firstNumber = 2;
const bridge = 'hosts';

const pinOf = (engine: HostEngine, link: string): string => `${engine.paths.links}/${link}`;

/** The hosts that have a place on a link, those that are stopped too. */
export function hostsOn(engine: HostEngine, link: string): Host[] {
  return [...engine.hosts.values()].filter(({ record }) => record.link?.name === link);
}

/** A place for one more host. Throws conflict where the hostname is taken, exhausted where the link is full. */
export function placeOn(engine: HostEngine, link: string, hostname: string): LinkPlace {
  const hosts = hostsOn(engine, link);
  if (hosts.some(({ record }) => record.hostname === hostname)) {
    throw new EngineError('conflict', `link ${link} already has a host called ${hostname}; give each its own hostname`);
  }
  if (hosts.length >= maxHostsPerLink) {
    throw new EngineError('exhausted', `link ${link} already has ${maxHostsPerLink} hosts, the most it may have`);
  }
  const taken = new Set(hosts.map(({ record }) => record.link?.address));
  let number = firstNumber;
  while (taken.has(`${prefix}${number}`)) number++;
  return { name: link, address: `${prefix}${number}` };
}

/** `NAME:IP` of every other host on the host's link, as `--add-host` has it. */
export function othersOnLink(host: Host): string[] {
  if (!host.record.link) return [];
  return hostsOn(host.engine, host.record.link.name)
    .filter((other) => other !== host)
    .map(({ record }) => `${record.hostname}:${record.link?.address}`);
}

/** Gives the network namespace of `pid`, the host's new workspace, its end of the host's link. Makes the link where it is missing. */
export function joinLink(host: Host, pid: number): void {
  const { engine } = host;
  const { link } = host.record;
  if (!link) return;
  const pin = pinOf(engine, link.name);
  if (!isPinned(pin)) {
    pinNewNetwork(pin, () => netlink.configureNetwork([netlink.bridge(bridge, macAddressFor(bridgeAddress))]));
  }
  const netns = fs.openSync(`/proc/${pid}/ns/net`, 'r');
  try {
    insideNetworkAt(pin, () => {
      // The kernel removes the end of a workspace that has ended only a moment later: until then it would answer in this one's place,
      // by the same addresses. A new name each time, as that one's may be there still.
      const ends = `v${link.address.slice(prefix.length)}-`;
      for (const name of netlink.linkNames()) if (name.startsWith(ends)) netlink.removeLinkCalled(name);
      const end = { name: `${ends}${randomBytes(4).toString('hex')}`, master: netlink.linkIndex(bridge) };
      const peer = { name: uplink, address: macAddressFor(link.address), netns };
      netlink.configureNetwork([netlink.vethPair(end, peer)]);
    });
  } finally {
    fs.closeSync(netns);
  }
  insideNetworkOf(pid, () => {
    fs.writeFileSync(`/proc/sys/net/ipv6/conf/${uplink}/disable_ipv6`, '1');
    const index = netlink.linkIndex(uplink);
    netlink.configureNetwork([netlink.address(index, link.address, prefixLength, broadcast), netlink.linkUp(index)]);
  });
}

/** Writes the names and addresses of all hosts on the link into the /etc/hosts of each of their workspaces. */
export function writeHostNames(engine: HostEngine, link: string): void {
  const hosts = hostsOn(engine, link);
  const lines = hosts.map(({ record }) => `${record.link?.address}\t${record.hostname}`);
  for (const { directory, name } of hosts) {
    try {
      rewriteHosts(`${directory}/workspace/etc/hosts`, prefix, lines);
    } catch (error) {
      // The host's disk is full: it has the old names until it is started again.
      engine.log.warn({ error, host: name }, 'could not write the names of the hosts on a link');
    }
  }
}

/** Removes the links that have no host, or all links. Idempotent. */
export function releaseLinks(engine: HostEngine, options: { readonly all: boolean }): void {
  for (const name of fs.readdirSync(engine.paths.links)) {
    if (!options.all && hostsOn(engine, name).length > 0) continue;
    const pin = pinOf(engine, name);
    if (isPinned(pin)) detachMount(pin);
    fs.rmSync(pin, { force: true });
  }
}
