// Connects to a port of a host of a lab, by the lab's account on the hub: what the hub sends a lab goes by the way that a preview comes.

import type { Duplex } from 'node:stream';
import { EngineError } from '../errors.ts';
import { dial } from './dial.ts';
import type { HostEngine } from './host.ts';

/** Throws notFound where the lab has no such host, and as `dial`. */
export async function dialLab(
  { hosts }: Pick<HostEngine, 'hosts'>,
  account: string,
  hostname: string,
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const host = [...hosts.values()].find(
    ({ record }) => record.hubAccount?.name === account && record.hostname === hostname,
  );
  if (!host) throw new EngineError('notFound', `${account} is of no lab that has a host ${hostname}`);
  return await dial(host, port, signal);
}
