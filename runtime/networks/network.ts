// Docker's networks of one host: the three that every host has, and those that its student made.

import { createHash } from 'node:crypto';
import { EngineError } from '../errors.ts';
import { type Bridge, defaultBridge } from './bridge.ts';
import type { AddressPool } from './endpoint.ts';
import type { NetworkRecord, StoredPool } from './network-record.ts';

export interface Network {
  /** 64 hex digits; the same for as long as the network exists. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** What `docker network ls` shows. */
  readonly driver: 'bridge' | 'host' | 'null';
  /** Null for `host` and `none`, in which containers have no endpoint. */
  readonly bridge: Bridge | null;
  /** Null for those that every host has. */
  readonly record: NetworkRecord | null;
}

/** A host's networks by name. */
export type Networks = ReadonlyMap<string, Network>;

/** The networks that the host with this ID has from the start. They cannot be removed. */
export function predefinedNetworks(hostId: string, createdAt: string): Map<string, Network> {
  const network = (name: string, driver: Network['driver'], bridge: Bridge | null): [string, Network] => {
    const id = createHash('sha256').update(`${hostId} network ${name}`).digest('hex');
    return [name, { id, name, createdAt, driver, bridge, record: null }];
  };
  return new Map([
    network(defaultBridge.network, 'bridge', defaultBridge),
    network('host', 'host', null),
    network('none', 'null', null),
  ]);
}

/** Options of a bridge network that change what the engine makes of it. */
export const bridgeOption = {
  link: 'com.docker.network.bridge.name',
  mtu: 'com.docker.network.driver.mtu',
  masquerade: 'com.docker.network.bridge.enable_ip_masquerade',
  hostIp: 'com.docker.network.bridge.host_binding_ipv4',
  ipv4: 'com.docker.network.enable_ipv4',
  ipv6: 'com.docker.network.enable_ipv6',
} as const;

/** As Go reads a truth (strconv.ParseBool). */
export const isFalse = (option: string | undefined): boolean =>
  ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(option ?? '');
export const isTrue = (option: string | undefined): boolean =>
  ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(option ?? '');

function poolOf({ subnet, gateway, ipRange, reserved }: StoredPool): AddressPool {
  return { subnet, gateway, range: ipRange ?? subnet, reserved };
}

/** The network of a record. */
export function networkOfRecord(record: NetworkRecord): Network {
  const { id, name, createdAt, options } = record;
  const mtu = Number(options[bridgeOption.mtu] ?? 0);
  return {
    id,
    name,
    createdAt,
    driver: 'bridge',
    record,
    bridge: {
      network: name,
      link: options[bridgeOption.link] ?? `br-${id.slice(0, 12)}`,
      ...poolOf(record),
      ipv6: record.ipv6 && poolOf(record.ipv6),
      internal: record.internal,
      masquerade: !isFalse(options[bridgeOption.masquerade]),
      mtu: mtu > 0 ? mtu : null,
    },
  };
}

/** The records of the networks that the host's student made. */
export function madeNetworks(networks: Networks): NetworkRecord[] {
  return [...networks.values()].flatMap(({ record }) => record ?? []);
}

/** The bridges of a host's networks. */
export function bridgesOf(networks: Networks): Bridge[] {
  return [...networks.values()].flatMap(({ bridge }) => bridge ?? []);
}

/** By name, by ID, or by the beginning of an ID that is no other's. Throws notFound, and invalid where it begins several. */
export function findNetwork(networks: Networks, reference: string): Network {
  const byName = networks.get(reference);
  if (byName) return byName;
  const byId = [...networks.values()].filter(({ id }) => reference !== '' && id.startsWith(reference));
  const [found, another] = byId;
  if (another)
    throw new EngineError('invalid', `network ${reference} is ambiguous (${byId.length} matches found on ID prefix)`);
  if (!found) throw new EngineError('notFound', `network ${reference.slice(0, 80)} not found`);
  return found;
}

/** The same, or null where there is none: a container may be made before its network. */
export function networkNamed(networks: Networks, reference: string): Network | null {
  try {
    return findNetwork(networks, reference);
  } catch {
    return null;
  }
}
