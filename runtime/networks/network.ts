// Docker's networks of one host: the three that every host has. Networks that a student makes come later.

import { createHash } from 'node:crypto';
import { EngineError } from '../errors.ts';
import { type Bridge, defaultBridge } from './bridge.ts';

export interface Network {
  /** 64 hex digits; the same for as long as the network is there. */
  readonly id: string;
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** What `docker network ls` shows. */
  readonly driver: 'bridge' | 'host' | 'null';
  /** Null where containers have no endpoint in it: in `host` and `none`. */
  readonly bridge: Bridge | null;
}

/** A host's networks by name. */
export type Networks = ReadonlyMap<string, Network>;

/** The networks that the host with this ID has from the start. They cannot be removed. */
export function predefinedNetworks(hostId: string, createdAt: string): Networks {
  const network = (name: string, driver: Network['driver'], bridge: Bridge | null): [string, Network] => {
    const id = createHash('sha256').update(`${hostId} network ${name}`).digest('hex');
    return [name, { id, name, createdAt, driver, bridge }];
  };
  return new Map([
    network(defaultBridge.network, 'bridge', defaultBridge),
    network('host', 'host', null),
    network('none', 'null', null),
  ]);
}

/** The bridges of a host's networks. */
export function bridgesOf(networks: Networks): Bridge[] {
  return [...networks.values()].flatMap(({ bridge }) => bridge ?? []);
}

/** By name, or by the beginning of an ID that is no other's. Throws notFound. */
export function findNetwork(networks: Networks, reference: string): Network {
  const byId = [...networks.values()].filter(({ id }) => reference !== '' && id.startsWith(reference));
  const found = networks.get(reference) ?? (byId.length === 1 ? byId[0] : undefined);
  if (!found) throw new EngineError('notFound', `network ${reference.slice(0, 80)} not found`);
  return found;
}
