// The files that give a container its names: written when it starts, and changed when its networks change while it runs.

import { addressesOf, type Endpoints, inOrder } from '../networks/endpoint.ts';
import { followNameServer, type NetworkFiles, ownLine, rewriteHosts, writeNetworkFiles } from '../networks/files.ts';
import { hubHosts } from '../networks/hub-address.ts';
import type { Container } from './container.ts';
import { networkModeOf, networkOwner } from './joined.ts';
import { linkedHosts } from './links.ts';
import { needsResolver } from './resolver.ts';

function filesOf(container: Container, endpoints: Endpoints, embeddedDns: boolean): NetworkFiles {
  const { host, record } = container;
  const { config, hostConfig } = record;
  // Where it has a name server of its own, that tells where the hub is; without a network the hub is not reached.
  const knowsHub = !embeddedDns && Object.keys(endpoints).length > 0;
  return {
    hostname: config.Hostname,
    domainname: config.Domainname,
    ipAddresses: inOrder(endpoints).flatMap(([, endpoint]) => addressesOf(endpoint)),
    extraHosts: [...(hostConfig.ExtraHosts ?? []), ...linkedHosts(container), ...(knowsHub ? hubHosts : [])],
    dns: hostConfig.Dns.length > 0 ? hostConfig.Dns : host.nameServers,
    dnsSearch: hostConfig.DnsSearch,
    dnsOptions: hostConfig.DnsOptions,
    embeddedDns,
    takenFrom: networkModeOf(record).kind === 'host' ? `${host.directory}/workspace/etc` : null,
  };
}

/** Writes them, where it joins no other container's network. Their directory. */
export function writeNames(container: Container): string {
  const { host, directory, record } = container;
  const owner = networkOwner(container);
  if (owner !== container) return `${owner.directory}/etc`;
  const files = filesOf(container, record.endpoints, needsResolver(container));
  writeNetworkFiles(`${directory}/etc`, host.record.uidBase, files);
  return `${directory}/etc`;
}

/** Changes them where a container that runs has another address, or one less. `before` are its endpoints until now. */
export function changeNames(container: Container, before: Endpoints): void {
  const { directory, record, host } = container;
  const files = filesOf(container, record.endpoints, needsResolver(container));
  try {
    const [old, now] = [filesOf(container, before, false).ipAddresses, files.ipAddresses];
    const hosts = `${directory}/etc/hosts`;
    for (const address of old) if (!now.includes(address)) rewriteHosts(hosts, `${address}\t`, []);
    for (const address of now)
      if (!old.includes(address)) rewriteHosts(hosts, `${address}\t`, [ownLine(files, address)]);
    followNameServer(`${directory}/etc/resolv.conf`, files);
  } catch (error) {
    // The host's disk is full: the name server tells the names all the same.
    host.engine.log.warn({ error, container: container.id }, 'could not change the names in the files of a container');
  }
}
