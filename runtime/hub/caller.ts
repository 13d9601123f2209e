// Who asks the hub from a Docker host, by the credentials that the docker command sends, or by the account of the host's lab; and what
// they may.

import type { NearPlace } from '../registries/client.ts';
import type { Credentials } from '../registries/credentials.ts';
import type { HubAccounts } from '../registry/accounts/hub-accounts.ts';
import type { Person } from '../registry/accounts/rights.ts';
import { covers, type Grant } from '../registry/accounts/scopes.ts';
import type { RepositoryAction } from '../registry/http/access.ts';
import { Refusal } from '../registry/refusal.ts';

export interface Caller {
  /** Null for nobody. */
  readonly person: Person | null;
  /** Who wrong passwords and pulls are counted for. */
  readonly source: string;
  may(repository: string, actions: readonly RepositoryAction[]): boolean;
}

export const sourceOf = (hostId: string): string => `host ${hostId}`;

/** Throws Refusal: UNAUTHORIZED for credentials that are wrong. */
export async function callerOf(
  accounts: HubAccounts,
  { hostId, account, credentials }: Pick<NearPlace, 'hostId' | 'account' | 'credentials'>,
): Promise<Caller> {
  const source = sourceOf(hostId);
  const { person, grants } = await shownBy(accounts, credentials, account, source);
  return {
    person,
    source,
    may: (name, actions) =>
      (grants === null || covers(grants, { type: 'repository', name, actions })) &&
      accounts.rights.allow(person, name, actions),
  };
}

interface Shown {
  readonly person: Person | null;
  /** What a token was asked for; null where there was none. */
  readonly grants: readonly Grant[] | null;
}

async function shownBy(
  { login, bearer }: HubAccounts,
  { username, password, identityToken, registryToken }: Credentials,
  account: string | null,
  source: string,
): Promise<Shown> {
  if (registryToken !== '') {
    const shown = await bearer.verify(registryToken);
    if (shown && (!shown.person || login.isStill(shown.person))) return shown;
    throw new Refusal('UNAUTHORIZED');
  }
  if (identityToken !== '') {
    const person = await bearer.verifyRefresh(identityToken);
    if (person && login.isStill(person)) return { person, grants: null };
    throw new Refusal('UNAUTHORIZED', { message: 'the login has ended; log in again' });
  }
  if (username !== '') return { person: await login.enter(username, password, source), grants: null };
  return { person: login.ofSession(account), grants: null };
}
