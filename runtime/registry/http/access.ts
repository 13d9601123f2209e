// Who asks a registry, and what they may. Tokens, accounts and what is public are decided by whoever makes a `Gate`; what is asked
// for with each request is decided here.

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Refusal } from '../refusal.ts';

export type RepositoryAction = 'pull' | 'push' | 'delete';

/** What a request needs, as a token's `scope` tells it (distribution `docs/spec/auth/scope.md`). */
export type Scope =
  /** `GET /v2/`: `docker login` asks it to learn whether a password is right. */
  | { readonly type: 'base' }
  /** The list of all repositories: `registry:catalog:*`. */
  | { readonly type: 'catalog' }
  | { readonly type: 'repository'; readonly name: string; readonly actions: readonly RepositoryAction[] };

export interface Access {
  /** The account, for the audit; null for somebody who has not logged in. */
  readonly who: string | null;
  /**
   * In whose share of the registry's streams the request counts: a host, an address, an account. Where left out, the account, or
   * the address that the connection comes from.
   */
  readonly share?: string;
  /** Whether all of the scope is allowed. Whether the repository exists must make no difference. */
  allows(scope: Scope): boolean;
  /**
   * Whether a list may tell of a repository: whether the asker may pull it, also with a token that was asked for the list alone.
   * Where left out, as `allows` says.
   */
  lists?(repository: string): boolean;
  /** Counts a manifest that is sent where `isPull`. The headers that tell how many are left. Throws TOOMANYREQUESTS. */
  countPull?(isPull: boolean): OutgoingHttpHeaders;
  /** What to say where it is not: UNAUTHORIZED with a header `WWW-Authenticate`, or DENIED. */
  refuse(scope: Scope): Refusal;
}

/** Makes of a request's `Authorization` what its sender may. Throws Refusal where it can be nobody's. */
export interface Gate {
  admit(request: IncomingMessage): Access | Promise<Access>;
}

/** Throws the refusal where the scope is not allowed. */
export function requireAccess(access: Access, scope: Scope): void {
  if (!access.allows(scope)) throw access.refuse(scope);
}
