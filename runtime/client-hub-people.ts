// The people of the hub, as the server and the `drydock` command ask the engine about them: accounts, access tokens, namespaces, who may
// what. Whoever asks has seen that they may: the engine does as it is told.

export type HubVisibility = 'public' | 'private';
/** Each may what those before it may: pull; push; delete. */
export type HubTokenScope = 'read' | 'read-write' | 'delete';

export interface HubAccount {
  readonly name: string;
  /** `session`: a lab has it. */
  readonly kind: 'account' | 'session';
  /** RFC 3339. */
  readonly createdAt: string;
}

/** Somebody whose password was right. */
export interface HubEntered extends HubAccount {
  /** Shows that it was, until it is changed or the account removed. */
  readonly stamp: string;
}

export interface HubAccountDetails extends HubAccount {
  /** Namespaces that it owns, that of its name first, and those that it belongs to. */
  readonly owned: readonly string[];
  readonly joined: readonly string[];
}

export interface HubAccessToken {
  readonly id: string;
  readonly name: string;
  readonly scope: HubTokenScope;
  /** RFC 3339, as those below. */
  readonly createdAt: string;
  /** Null where it does not expire. */
  readonly expiresAt: string | null;
  /** To the minute; null where it was not used yet. */
  readonly usedAt: string | null;
}

export interface HubNamespace {
  readonly name: string;
  readonly owner: string;
  /** Of repositories that say nothing else. */
  readonly visibility: HubVisibility;
  readonly members: readonly { readonly account: string; readonly access: 'read' | 'write' }[];
}

export interface HubRights {
  readonly pull: boolean;
  readonly push: boolean;
  readonly delete: boolean;
}

/** `100;w=21600`: a hundred pulls in 21600 seconds; empty for no limit. */
export interface HubPullLimits {
  /** Of each address and host that nobody has logged in from. */
  readonly nobody: string;
  /** Of each account. */
  readonly account: string;
}

/** All throw EngineError: invalid, notFound, conflict, exhausted where there is as much as there may be. */
export interface HubPeople {
  /** By name, at most 1000, after `last`. */
  accounts(last?: string): Promise<readonly HubAccount[]>;
  account(name: string): Promise<HubAccountDetails>;
  /** With the namespace of its name. */
  createAccount(account: { readonly name: string; readonly password: string }): Promise<HubAccountDetails>;
  /** With all that its namespaces hold. Its tokens are of no use from now on. Idempotent. */
  removeAccount(name: string): Promise<void>;
  /** Ends all logins with the old one; access tokens stay. */
  setPassword(name: string, password: string): Promise<void>;
  /** `source`: who asks, such as an address. Throws unauthorized; exhausted after too many wrong ones. */
  checkPassword(name: string, password: string, source: string): Promise<HubEntered>;
  tokens(account: string): Promise<readonly HubAccessToken[]>;
  /** The secret is told this one time. `expiresAt`: RFC 3339. */
  createToken(
    account: string,
    token: { readonly name: string; readonly scope: HubTokenScope; readonly expiresAt?: string | null },
  ): Promise<HubAccessToken & { readonly secret: string }>;
  /** At once, with the logins that it was used for. */
  revokeToken(account: string, id: string): Promise<void>;
  namespace(name: string): Promise<HubNamespace>;
  createNamespace(namespace: Pick<HubNamespace, 'name' | 'owner' | 'visibility'>): Promise<HubNamespace>;
  /** With all that it holds. Throws conflict for that of an account's own name. Idempotent. */
  removeNamespace(name: string): Promise<void>;
  setNamespaceVisibility(name: string, visibility: HubVisibility): Promise<HubNamespace>;
  /** Null: the account belongs to it no more. */
  setMember(namespace: string, account: string, access: 'read' | 'write' | null): Promise<HubNamespace>;
  /** Null: as its namespace has it. Makes the repository where it is not there. */
  setVisibility(repository: string, visibility: HubVisibility | null): Promise<void>;
  /** With all that it holds. Idempotent. */
  removeRepository(repository: string): Promise<void>;
  /** What the account may now; null for nobody. */
  rights(account: string | null, repository: string): Promise<HubRights>;
  /** From now on a new key signs tokens. Those from before are valid until they end. */
  rotateKeys(): Promise<void>;
  pullLimits(): Promise<HubPullLimits>;
  /** Until the engine ends. */
  setPullLimits(limits: HubPullLimits): Promise<void>;
  /** Of this account alone, such as a lab's, as long as it is there; empty: as all others. */
  setPullLimit(account: string, limit: string): Promise<void>;
}

export type EngineCall = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;

const part = encodeURIComponent;
const accountPath = (name: string): string => `/hub/people/accounts/${part(name)}`;
const namespacePath = (name: string): string => `/hub/people/namespaces/${part(name)}`;
const repositoryPath = (name: string): string => `/hub/people/repositories/${part(name)}`;

/** Each is a request to the engine. */
export function hubPeople(call: EngineCall): HubPeople {
  return {
    accounts: (last = '') => call('GET', `/hub/people/accounts?last=${part(last)}`),
    account: (name) => call('GET', accountPath(name)),
    createAccount: (account) => call('POST', '/hub/people/accounts', account),
    removeAccount: (name) => call('DELETE', accountPath(name)),
    setPassword: (name, password) => call('PUT', `${accountPath(name)}/password`, { password }),
    checkPassword: (name, password, source) => call('POST', '/hub/people/login', { name, password, source }),
    tokens: (account) => call('GET', `${accountPath(account)}/tokens`),
    createToken: (account, token) => call('POST', `${accountPath(account)}/tokens`, token),
    revokeToken: (account, id) => call('DELETE', `${accountPath(account)}/tokens/${part(id)}`),
    namespace: (name) => call('GET', namespacePath(name)),
    createNamespace: (namespace) => call('POST', '/hub/people/namespaces', namespace),
    removeNamespace: (name) => call('DELETE', namespacePath(name)),
    setNamespaceVisibility: (name, visibility) => call('PUT', `${namespacePath(name)}/visibility`, { visibility }),
    setMember: (namespace, account, access) =>
      call('PUT', `${namespacePath(namespace)}/members/${part(account)}`, { access }),
    setVisibility: (repository, visibility) => call('PUT', `${repositoryPath(repository)}/visibility`, { visibility }),
    removeRepository: (repository) => call('DELETE', repositoryPath(repository)),
    rights: (account, repository) => call('POST', '/hub/people/rights', { account, repository }),
    rotateKeys: () => call('POST', '/hub/people/keys'),
    pullLimits: () => call('GET', '/hub/people/pull-limits'),
    setPullLimit: (account, limit) => call('PUT', `${accountPath(account)}/pull-limit`, { limit }),
    setPullLimits: (limits) => call('PUT', '/hub/people/pull-limits', limits),
  };
}
