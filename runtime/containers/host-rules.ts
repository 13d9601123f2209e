// The packet filter of a host's network namespace, kept in step with its networks. A script is several milliseconds of nft(8), so all
// rules are applied when a network comes or goes, and with the first published port; else what is new alone.

import { nft } from '../kernel/nft.ts';
import { type Bridge, endForwardingOfIpv6, removeBridge } from '../networks/bridge.ts';
import { natRules } from '../networks/nat.ts';
import { noIpv6Rules } from '../networks/nat6.ts';
import { bridgesOf } from '../networks/network.ts';
import type { ContainerHost } from './container.ts';

interface Rules {
  /** The workspace whose network namespace has them. */
  readonly pid: number;
  readonly applied: Promise<void>;
}

const rulesOf = new WeakMap<ContainerHost, Rules>();

/** Applies the rules of the networks that the host has by then, and `more`, after what is being applied. The host runs. */
export function applyRules(host: ContainerHost, more = ''): Promise<void> {
  const { pid } = host.record;
  const before = rulesOf.get(host)?.applied.catch(() => undefined);
  const apply = () => nft(pid, natRules(bridgesOf(host.networks)) + more);
  const applied = before ? before.then(apply) : apply();
  rulesOf.set(host, { pid, applied });
  applied.catch(() => {
    if (rulesOf.get(host)?.applied === applied) rulesOf.delete(host); // the next one tries it again
  });
  return applied;
}

/** Applies `script`, which needs the host's rules: with them, where they are not in force yet. */
export async function applyInForce(host: ContainerHost, script: string): Promise<void> {
  if (script === '') return;
  const rules = rulesOf.get(host);
  if (rules?.pid !== host.record.pid) return await applyRules(host, script);
  await rules.applied;
  await nft(host.record.pid, script);
}

/** Removes the bridge of a network that is no longer one of the host's. What is to be applied with the host's rules then. */
export function endBridge(host: ContainerHost, bridge: Bridge): string {
  const { pid } = host.record;
  removeBridge(pid, bridge);
  if (bridge.ipv6 === null || bridgesOf(host.networks).some(({ ipv6 }) => ipv6 !== null)) return '';
  endForwardingOfIpv6(pid);
  return noIpv6Rules;
}
