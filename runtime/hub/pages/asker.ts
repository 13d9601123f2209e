// Who looks at the hub's pages, and what they may: whatever one of their accounts may.

import type { HubAsker, HubMe, HubSeenNamespace } from '../../client-hub-pages.ts';
import type { HubRights } from '../../client-hub-people.ts';
import { EngineError } from '../../errors.ts';
import type { Account } from '../../registry/accounts/accounts.ts';
import type { HubAccounts } from '../../registry/accounts/hub-accounts.ts';
import type { Role } from '../../registry/accounts/namespaces.ts';
import type { Person } from '../../registry/accounts/rights.ts';
import type { RepositoryAction } from '../../registry/http/access.ts';
import { namespaceOf } from '../../registry/names.ts';

/** Told to whoever signs in: it changes with the password, and no two accounts have the same. */
export const stampOf = ({ id, epoch }: Account): string => `${id}.${epoch}`;

const strength: Readonly<Record<Role, number>> = { read: 1, write: 2, owner: 3 };

export class Asker {
  readonly #hub: HubAccounts;
  readonly accounts: readonly Account[];

  /** `labAccountOf` tells the name of the account that a host has; null where it has none, or there is no such host. */
  constructor(hub: HubAccounts, { login, hosts }: HubAsker, labAccountOf: (host: string) => string | null) {
    this.#hub = hub;
    const signedIn = login === null ? null : hub.accounts.find(login.account);
    const names = new Set(hosts.flatMap((host) => labAccountOf(host) ?? []));
    const labs = [...names].flatMap((name) => hub.accounts.find(name) ?? []).filter(({ kind }) => kind === 'session');
    this.accounts = [...(signedIn && stampOf(signedIn) === login?.stamp ? [signedIn] : []), ...labs];
  }

  /** As one of them, where any may: for what is written down. Null where none may. */
  as(repository: string, action: RepositoryAction): Person | null {
    const people = this.accounts.map(({ id, name, epoch }): Person => ({ account: id, name, epoch, token: null }));
    return people.find((person) => this.#hub.rights.allow(person, repository, [action])) ?? null;
  }

  may(repository: string, action: RepositoryAction): boolean {
    return this.#hub.rights.allow(null, repository, [action]) || this.as(repository, action) !== null;
  }

  rights(repository: string): HubRights {
    return {
      pull: this.may(repository, 'pull'),
      push: this.may(repository, 'push'),
      delete: this.may(repository, 'delete'),
    };
  }

  /** The strongest that one of them has; null for strangers. */
  role(namespace: string): Role | null {
    const roles = this.accounts.flatMap(({ id }) => this.#hub.namespaces.role(namespace, id) ?? []);
    return roles.toSorted((a, b) => strength[b] - strength[a])[0] ?? null;
  }

  /** Throws notFound: whoever may not pull it learns not even that it is there (B04). */
  mustSee(repository: string): void {
    if (this.may(repository, 'pull')) return;
    throw new EngineError('notFound', `there is no repository ${repository.slice(0, 100)} that you may see`);
  }

  /** Throws notFound as `mustSee`, or forbidden. */
  mustOwn(namespace: string): void {
    const role = this.role(namespace);
    if (role === 'owner') return;
    if (role === null) throw new EngineError('notFound', `there is no namespace ${namespace.slice(0, 100)} of yours`);
    throw new EngineError('forbidden', `only whoever owns ${namespace} may do this`);
  }

  /** The same for a repository's namespace. */
  mustOwnRepository(repository: string): void {
    if (this.role(namespaceOf(repository)) === null) this.mustSee(repository);
    if (this.role(namespaceOf(repository)) !== 'owner')
      throw new EngineError('forbidden', `only whoever owns ${namespaceOf(repository)} may do this`);
  }

  /** Throws notFound where it is none of theirs. */
  mustBe(name: string): Account {
    const account = this.accounts.find((one) => one.name === name);
    if (account) return account;
    throw new EngineError('notFound', `there is no account ${name.slice(0, 80)} of yours`);
  }

  me(): HubMe {
    const namespaces = new Map<string, HubSeenNamespace>();
    for (const account of this.accounts) {
      const { owned, joined } = this.#hub.namespaces.of(account);
      for (const name of [...owned, ...joined]) namespaces.set(name, { name, role: this.role(name) ?? 'read' });
    }
    return {
      identities: this.accounts.map(({ name, kind }) => ({ account: name, kind })),
      namespaces: [...namespaces.values()].toSorted((a, b) => strength[b.role] - strength[a.role]),
    };
  }
}
