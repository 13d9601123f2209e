// What people change on the hub's pages. Each change is on the disk when it resolves. What is not theirs is not found, or forbidden.

import type { HubAccessToken, HubTokenScope, HubVisibility } from '../../client-hub-people.ts';
import { EngineError } from '../../errors.ts';
import type { AccessTokenInfo } from '../../registry/accounts/access-tokens.ts';
import type { HubAccounts } from '../../registry/accounts/hub-accounts.ts';
import type { MemberAccess, NamespaceInfo } from '../../registry/accounts/namespaces.ts';
import { changePassword } from '../../registry/accounts/people.ts';
import { type Asker, stampOf } from './asker.ts';

export async function setVisibility(
  hub: HubAccounts,
  asker: Asker,
  repository: string,
  visibility: HubVisibility | null,
): Promise<void> {
  asker.mustOwnRepository(repository);
  if (hub.registry.repositories.find(repository) === null)
    throw new EngineError('notFound', `nothing was pushed to ${repository.slice(0, 100)} yet`);
  await hub.change(() => hub.setVisibility(repository, visibility));
}

export async function removeRepository(hub: HubAccounts, asker: Asker, repository: string): Promise<void> {
  asker.mustOwnRepository(repository);
  const who = asker.as(repository, 'delete')?.name ?? null;
  await hub.change(() => hub.registry.removeRepository(repository, who));
}

export async function setNamespaceVisibility(
  hub: HubAccounts,
  asker: Asker,
  namespace: string,
  visibility: HubVisibility,
): Promise<NamespaceInfo> {
  asker.mustOwn(namespace);
  await hub.change(() => hub.namespaces.setVisibility(namespace, visibility));
  return hub.namespaces.need(namespace);
}

/** `access` null: the account belongs to it no more. */
export async function setMember(
  hub: HubAccounts,
  asker: Asker,
  namespace: string,
  account: string,
  access: MemberAccess | null,
): Promise<NamespaceInfo> {
  asker.mustOwn(namespace);
  await hub.change(() => hub.namespaces.setMember(namespace, hub.accounts.need(account), access));
  return hub.namespaces.need(namespace);
}

/** Labs make none: a name would be gone with the lab. */
export async function makeNamespace(
  hub: HubAccounts,
  asker: Asker,
  name: string,
  visibility: HubVisibility,
): Promise<NamespaceInfo> {
  const owner = asker.accounts.find(({ kind }) => kind === 'account');
  if (!owner) throw new EngineError('forbidden', 'only whoever has signed in with an account may make a namespace');
  await hub.change(() => hub.namespaces.add(name, owner, visibility));
  return hub.namespaces.need(name);
}

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export function tokenInfo({ id, name, scope, created, expires, used }: AccessTokenInfo): HubAccessToken {
  return {
    ...{ id, name, scope, createdAt: new Date(created).toISOString() },
    ...{ expiresAt: time(expires), usedAt: time(used) },
  };
}

export function tokensOf(hub: HubAccounts, asker: Asker, account: string): HubAccessToken[] {
  return hub.tokens.list(asker.mustBe(account)).map(tokenInfo);
}

export async function makeToken(
  hub: HubAccounts,
  asker: Asker,
  account: string,
  { name, scope, days }: { readonly name: string; readonly scope: HubTokenScope; readonly days: number | null },
  now = Date.now(),
): Promise<HubAccessToken & { readonly secret: string }> {
  const owner = asker.mustBe(account);
  const expires = days === null ? null : now + days * 24 * 60 * 60 * 1000;
  const made = await hub.change(() => hub.tokens.add(owner, { name, scope, expires }));
  return { ...tokenInfo(made), secret: made.secret };
}

export async function revokeToken(hub: HubAccounts, asker: Asker, account: string, id: string): Promise<void> {
  const owner = asker.mustBe(account);
  await hub.change(() => hub.tokens.revoke(owner, id));
}

/** Ends all other sign-ins. Throws unauthorized, and exhausted after too many wrong ones. Resolves with the new stamp. */
export async function setPassword(
  hub: HubAccounts,
  asker: Asker,
  { current, next, source }: { readonly current: string; readonly next: string; readonly source: string },
): Promise<{ readonly stamp: string }> {
  const account = asker.accounts.find(({ kind }) => kind === 'account');
  if (!account) throw new EngineError('forbidden', 'sign in first');
  const { token } = await hub.login.enter(account.name, current, source);
  if (token !== null) throw new EngineError('forbidden', 'an access token cannot change the password');
  await changePassword(hub, account.name, next);
  return { stamp: stampOf(hub.accounts.need(account.name)) };
}
