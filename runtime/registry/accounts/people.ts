// Accounts that come and change: what a person, or whoever looks after the hub, does with one.

import type { Visibility } from '../repositories.ts';
import type { Account } from './accounts.ts';
import type { HubAccounts } from './hub-accounts.ts';
import { checkAccountName } from './names.ts';
import { hashPassword } from './passwords.ts';

/** With the namespace of its name. Throws invalid, conflict where the name is taken, exhausted. */
export async function createAccount(
  hub: HubAccounts,
  { name, password, visibility = 'public' }: { name: string; password: string; visibility?: Visibility },
): Promise<Account> {
  checkAccountName(name);
  const hashed = await hashPassword(password);
  return await hub.change(() => {
    const account = hub.accounts.add(name, 'account', hashed);
    hub.namespaces.add(name, account, visibility);
    return account;
  });
}

/** Ends every login with the old one, and every access token stays. Throws notFound, invalid, exhausted. */
export async function changePassword(hub: HubAccounts, name: string, password: string): Promise<void> {
  const { id } = hub.accounts.need(name);
  const hashed = await hashPassword(password);
  await hub.change(() => {
    const account = hub.accounts.need(name);
    if (account.id === id) hub.accounts.setPassword(account, hashed, true);
  });
}
