// The accounts of the hub, their tokens, namespaces and sessions, together; and what changes several of them, or the registry too. What
// is acknowledged is on the disk. Knows no HTTP.

import type { Database } from '../database.ts';
import { namespaceOf } from '../names.ts';
import type { Registry } from '../registry.ts';
import type { Visibility } from '../repositories.ts';
import { AccessTokens } from './access-tokens.ts';
import { Accounts } from './accounts.ts';
import { BearerTokens } from './bearer.ts';
import { Guesses } from './guesses.ts';
import { Login } from './login.ts';
import { Namespaces } from './namespaces.ts';
import { noPullLimits, PullCounts, type PullLimits, parsePullLimit } from './pull-limits.ts';
import { Rights } from './rights.ts';
import { Sessions } from './sessions.ts';
import { SigningKeys } from './signing-keys.ts';

export interface Clocks {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
}

const ownClocks: Clocks = { now: () => Date.now(), monotonicMs: () => performance.now() };

export interface HubAccountsOptions {
  readonly registry: Registry;
  /** The file of the keys that tokens are signed with: made where it is missing, 0600. */
  readonly keysPath: string;
  readonly pullLimits?: PullLimits;
  /** Which repositories are the official images, that are not in the registry itself; none where left out. */
  readonly isOfficial?: (repository: string) => boolean;
  readonly clocks?: Clocks;
}

export class HubAccounts {
  readonly accounts: Accounts;
  readonly tokens: AccessTokens;
  readonly namespaces: Namespaces;
  readonly sessions: Sessions;
  readonly rights: Rights;
  readonly login: Login;
  readonly bearer: BearerTokens;
  readonly keys: SigningKeys;
  readonly pulls: PullCounts;
  readonly registry: Registry;
  readonly #database: Database;

  private constructor(options: HubAccountsOptions, clocks: Clocks, keys: SigningKeys) {
    const { registry, pullLimits = noPullLimits, isOfficial = () => false } = options;
    const { database } = registry;
    const { now, monotonicMs } = clocks;
    this.registry = registry;
    this.#database = database;
    this.keys = keys;
    this.accounts = new Accounts(database, now);
    this.tokens = new AccessTokens(database, now);
    this.namespaces = new Namespaces(database, registry.repositories, now);
    this.sessions = new Sessions({ database, accounts: this.accounts, namespaces: this.namespaces, keys });
    this.rights = new Rights(registry.repositories, this.namespaces, isOfficial);
    this.bearer = new BearerTokens(keys, now);
    const ownLimit = (account: number) => parsePullLimit(this.accounts.pulls(account) ?? '');
    this.pulls = new PullCounts(pullLimits, ownLimit, monotonicMs);
    const { accounts, tokens, sessions } = this;
    this.login = new Login({ accounts, tokens, sessions, guesses: new Guesses(monotonicMs), now });
  }

  /** Throws dataLoss where the file of keys holds something else. */
  static async open(options: HubAccountsOptions): Promise<HubAccounts> {
    const { clocks = ownClocks } = options;
    return new HubAccounts(options, clocks, await SigningKeys.open(options.keysPath, clocks.now));
  }

  /** `work` in one transaction; on the disk when it resolves. Throws what `work` throws. */
  async change<T>(work: () => T): Promise<T> {
    const result = this.#database.transaction(work);
    await this.#database.durable();
    return result;
  }

  /** Forgets a namespace, and all repositories in it. In a transaction. Idempotent. */
  removeNamespace(name: string): void {
    this.registry.removeNamespace(name);
    this.namespaces.remove(name);
  }

  /** In a transaction. Idempotent. With all namespaces that it owns, and what is in them; its tokens are of no use from now on. */
  removeAccount(name: string): void {
    const account = this.accounts.find(name);
    if (!account) return;
    for (const owned of this.namespaces.of(account).owned) this.removeNamespace(owned);
    this.accounts.remove(account);
  }

  /**
   * In a transaction. Null: as its namespace has it. Makes the repository where it is not there, so that it can be private before
   * anything is pushed. Throws notFound where there is no such namespace, Refusal.
   */
  setVisibility(repository: string, visibility: Visibility | null): void {
    this.namespaces.need(namespaceOf(repository));
    this.registry.repositories.ensure(repository);
    this.registry.repositories.setVisibility(repository, visibility);
    this.registry.audit.touch(namespaceOf(repository));
  }
}
