// Who may do what with a repository: the whole of it, without tables or requests.

import type { RepositoryAction } from '../http/access.ts';
import type { Visibility } from '../repositories.ts';
import type { TokenScope } from './access-tokens.ts';
import type { Role } from './namespaces.ts';

/** Somebody who asks, as far as it matters here. */
export type Asker =
  | { readonly kind: 'nobody' }
  /** An account; `limit` where it came with an access token, which may less than it. */
  | { readonly kind: 'account'; readonly limit: TokenScope | null };

export interface RepositoryFacts {
  /** `library`: the official images, which the engine alone writes. `none`: nobody has made such a namespace. */
  readonly namespace: 'owned' | 'library' | 'none';
  /** The asker's in the namespace. */
  readonly role: Role | null;
  /** Null: there is no such repository. */
  readonly visibility: Visibility | null;
}

const ofRole: Readonly<Record<Role, readonly RepositoryAction[]>> = {
  owner: ['pull', 'push', 'delete'],
  write: ['pull', 'push'],
  read: ['pull'],
};
const ofScope: Readonly<Record<TokenScope, readonly RepositoryAction[]>> = {
  read: ['pull'],
  'read-write': ['pull', 'push'],
  delete: ['pull', 'push', 'delete'],
};

/**
 * `unauthorized`: somebody who logs in may perhaps. `denied`: this one may not. For whoever may not pull, a private repository and one
 * that is not there are the same (B04).
 */
export type Verdict = 'allowed' | 'unauthorized' | 'denied';

export function decide(asker: Asker, facts: RepositoryFacts, action: RepositoryAction): Verdict {
  if (mayDo(asker, facts, action)) return 'allowed';
  return asker.kind === 'nobody' ? 'unauthorized' : 'denied';
}

function mayDo(asker: Asker, { namespace, role, visibility }: RepositoryFacts, action: RepositoryAction): boolean {
  if (namespace === 'none') return false;
  if (namespace === 'library') return action === 'pull' && visibility !== null;
  if (action === 'pull' && visibility === 'public') return true;
  if (asker.kind === 'nobody' || role === null) return false;
  return ofRole[role].includes(action) && (asker.limit === null || ofScope[asker.limit].includes(action));
}
