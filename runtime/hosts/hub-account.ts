// The account that a lab has on the hub: all hosts of a link have one together, and it goes with the last of them.

import type { HostOptions } from '../client.ts';
import { type KeptNamespace, keepNamespace, restoreNamespace } from '../registry/kept-namespace.ts';
import type { Host, HostEngine } from './host.ts';
import type { HubAccountOf } from './host-record.ts';
import { hostsOn } from './link.ts';

/**
 * For a new host: one of its own where that is asked for; else the one that it is given, that of the others on its link, or a new one.
 * Null where the hub can have no more.
 */
export function hubAccountFor(
  engine: HostEngine,
  { hubAccount: given, ownHubAccount: own = false }: Pick<HostOptions, 'hubAccount' | 'ownHubAccount'>,
  link: { readonly name: string } | null,
): HubAccountOf | null {
  if (given !== undefined && !own) return { name: given, goesWithHosts: false, own };
  const others = link && !own ? hostsOn(engine, link.name) : [];
  const theirs = others.find(({ record }) => record.hubAccount?.own === false)?.record.hubAccount;
  if (theirs) return theirs;
  const { sessions } = engine.hub.accounts;
  try {
    return { name: sessions.ensure(sessions.freeName()).name, goesWithHosts: true, own };
  } catch (error) {
    engine.log.warn({ error }, 'a host has no account on the hub');
    return null;
  }
}

/** The host is about to be removed: with the last host that has it an account goes too, and all that it has pushed. Idempotent. */
export async function leaveHub(host: Host): Promise<void> {
  const { engine, record } = host;
  const account = record.hubAccount;
  if (!account?.goesWithHosts) return;
  const isShared = [...engine.hosts.values()].some(
    (other) => other !== host && other.record.hubAccount?.name === account.name,
  );
  if (isShared) return;
  const { accounts } = engine.hub;
  await accounts.change(() => accounts.removeAccount(account.name));
}

/** What the lab has on the hub, for a snapshot; null where the account outlives it. */
export function keepHub({ engine, record }: Host): KeptNamespace | null {
  const account = record.hubAccount;
  return account?.goesWithHosts ? keepNamespace(engine.hub.registry, account.name) : null;
}

/** Puts the lab's namespace back to what it was. Each of its hosts does; the second finds it so. */
export async function restoreHub({ engine, record }: Host, kept: KeptNamespace | null): Promise<void> {
  if (kept === null || !record.hubAccount?.goesWithHosts || record.hubAccount.name !== kept.name) return;
  const { accounts, registry } = engine.hub;
  await accounts.change(() => restoreNamespace(registry, kept));
}

/** What tells programs in the workspace whose names on the hub are the lab's. */
export function hubEnv({ record }: Host): string[] {
  return record.hubAccount ? [`HUB_NAMESPACE=${record.hubAccount.name}`] : [];
}
