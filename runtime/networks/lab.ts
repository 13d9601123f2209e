// A link of their own for hosts that belong together: a bridge in a network namespace that has nothing else, an end of it in
// each of the hosts, and their names. Nothing leads from it to the machine, to another network, or out.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import type { Host } from '../hosts/host.ts';
import { detachMount } from '../kernel/mounts.ts';
import { insideNetworkAt, insideNetworkOf, isPinned, pinNewNetwork } from '../kernel/namespaces.ts';
import * as netlink from '../kernel/netlink.ts';
import { nft } from '../kernel/nft.ts';
import { maxHostsPerNetwork } from '../limits.ts';
import { hostLinkIndex } from './bridge.ts';
import { rewriteHosts } from './files.ts';
import { natTable } from './publish.ts';

const prefix = '10.77.0.';
const prefixLength = 24;
const broadcast = `${prefix}255`;
const firstNumber = 2;
/** A new network namespace has only `lo`, so this is ours to choose. */
const bridgeIndex = 2;

const pinOf = (engine: Engine, network: string): string => `${engine.paths.networks}/${network}`;

/** The hosts of a network, those that are stopped too. */
export function membersOf(engine: Engine, network: string): Host[] {
  return [...engine.hosts.values()].filter(({ record }) => record.network?.name === network);
}

/** A place for one more. Throws conflict where the hostname is taken, exhausted where the network is full. */
export function placeInNetwork(engine: Engine, name: string, hostname: string): { name: string; address: string } {
  const members = membersOf(engine, name);
  if (members.some(({ record }) => record.hostname === hostname)) {
    throw new EngineError(
      'conflict',
      `network ${name} already has a host called ${hostname}; give each its own hostname`,
    );
  }
  if (members.length >= maxHostsPerNetwork) {
    throw new EngineError('exhausted', `network ${name} already has ${maxHostsPerNetwork} hosts, the most it may have`);
  }
  const taken = new Set(members.map(({ record }) => record.network?.address));
  let number = firstNumber;
  while (taken.has(`${prefix}${number}`)) number++;
  return { name, address: `${prefix}${number}` };
}

/** `NAME:IP` of every other host of the network, as `--add-host` has it. */
export function othersOf(host: Host): string[] {
  if (!host.record.network) return [];
  return membersOf(host.engine, host.record.network.name)
    .filter((other) => other !== host)
    .map(({ record }) => `${record.hostname}:${record.network?.address}`);
}

/** Gives the network namespace of `pid`, the host's new workspace, its end of the link. The bridge is made where it is missing. */
export async function joinNetwork(host: Host, pid: number): Promise<void> {
  const { engine } = host;
  const { network } = host.record;
  if (!network) return;
  const pin = pinOf(engine, network.name);
  if (!isPinned(pin)) {
    pinNewNetwork(pin, () => netlink.configureNetwork([netlink.bridge(bridgeIndex, 'hosts', '02:42:0a:4d:00:01')]));
  }
  const number = Number(network.address.slice(prefix.length));
  const address = `02:42:0a:4d:00:${number.toString(16).padStart(2, '0')}`;
  const netns = fs.openSync(`/proc/${pid}/ns/net`, 'r');
  try {
    // Another name each time: the kernel takes the end of a workspace that is gone away a moment later.
    const end = { index: 0, name: `v${randomBytes(6).toString('hex')}`, master: bridgeIndex };
    insideNetworkAt(pin, () =>
      netlink.configureNetwork([netlink.vethPair(end, { index: hostLinkIndex, name: 'eth0', address, netns })]),
    );
  } finally {
    fs.closeSync(netns);
  }
  insideNetworkOf(pid, () => {
    fs.writeFileSync('/proc/sys/net/ipv6/conf/eth0/disable_ipv6', '1');
    netlink.configureNetwork([
      netlink.address(hostLinkIndex, network.address, prefixLength, broadcast),
      netlink.linkUp(hostLinkIndex),
    ]);
  });
  // Containers speak to other hosts by the address of their own, as on any two machines.
  await nft(pid, natTable);
}

/** Writes who is in the network, and at which address, into the /etc/hosts of every workspace in it. */
export function tellMembers(engine: Engine, network: string): void {
  const members = membersOf(engine, network);
  const lines = members.map(({ record }) => `${record.network?.address}\t${record.hostname}`);
  for (const { directory, name } of members) {
    try {
      rewriteHosts(`${directory}/workspace/etc/hosts`, prefix, lines);
    } catch (error) {
      // Its disk is full: it has the old names until it starts anew.
      engine.log.warn({ error, host: name }, 'could not write the names of a network');
    }
  }
}

/** Takes away the links of networks that no host is in, or of all. Idempotent. */
export function releaseNetworks(engine: Engine, options: { readonly all: boolean }): void {
  for (const name of fs.readdirSync(engine.paths.networks)) {
    if (!options.all && membersOf(engine, name).length > 0) continue;
    const pin = pinOf(engine, name);
    if (isPinned(pin)) detachMount(pin);
    fs.rmSync(pin, { force: true });
  }
}
