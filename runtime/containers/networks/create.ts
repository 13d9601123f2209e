// docker network create.

import { at, EngineError } from '../../errors.ts';
import { maxNetworksPerHost } from '../../limits.ts';
import { createBridge, hasLinkOf } from '../../networks/bridge.ts';
import { poolsOf } from '../../networks/endpoint.ts';
import { bridgesOf, madeNetworks, networkOfRecord } from '../../networks/network.ts';
import type { ContainerHost } from '../container.ts';
import { applyRules, endBridge } from '../host-rules.ts';
import { parseNetworkRequest } from './request.ts';

const predefined = ['bridge', 'default', 'host', 'none'];

/** The answer to `POST /networks/create`. Throws invalid, forbidden, notFound, conflict (name taken), exhausted. */
export async function createNetwork(host: ContainerHost, body: unknown): Promise<{ Id: string; Warning: string }> {
  host.needRunning();
  const bridges = bridgesOf(host.networks);
  const record = parseNetworkRequest(
    body,
    bridges.flatMap(poolsOf).map(({ subnet }) => subnet),
    host.id,
  );
  const { name } = record;
  if (predefined.includes(name))
    throw new EngineError('forbidden', `operation is not permitted on predefined ${name} network `);
  if (host.networks.has(name)) throw new EngineError('conflict', `network with name ${name} already exists`);
  if (madeNetworks(host.networks).length >= maxNetworksPerHost)
    throw new EngineError(
      'exhausted',
      `this host already has ${maxNetworksPerHost} networks of its own; remove some first (docker network prune)`,
    );
  const network = networkOfRecord(record);
  const { bridge } = network;
  if (!bridge) throw new Error('a network that is made has a bridge');
  if (hasLinkOf(host.record.pid, bridge.link))
    throw new EngineError('conflict', `the host has a link ${bridge.link} already: give the bridge another name`);
  host.storeNetwork(record);
  host.networks.set(name, network);
  try {
    createBridge(host.record.pid, bridge);
    await applyRules(host);
  } catch (error) {
    host.networks.delete(name);
    endBridge(host, bridge);
    host.forgetNetwork(record.id);
    throw at(`create network ${name}`, error);
  }
  host.events.emit('network', 'create', record.id, { name, type: network.driver });
  return { Id: record.id, Warning: '' };
}
