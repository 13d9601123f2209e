// What a client is told that may not do what it asked for: how to get a token, and what is wrong with the one that it has (RFC 6750 §3;
// distribution `docs/spec/auth/token.md`).

import type { RepositoryAction, Scope } from '../http/access.ts';
import { Refusal } from '../refusal.ts';
import { service } from './bearer.ts';
import { type Entrance, tokenPath } from './entrance.ts';
import { scopeText } from './scopes.ts';

/** `invalid_token`: ended, changed, or nobody's. `insufficient_scope`: not for this. Null: there was none. */
export type TokenProblem = 'invalid_token' | 'insufficient_scope' | null;

export function challenge({ origin }: Entrance, scope: Scope, problem: TokenProblem): string {
  const text = scopeText(scope);
  const parameters = [
    `realm="${origin}${tokenPath}"`,
    `service="${service}"`,
    ...(text === null ? [] : [`scope="${text}"`]),
    ...(problem === null ? [] : [`error="${problem}"`]),
  ];
  return `Bearer ${parameters.join(',')}`;
}

/** As distribution lists what was needed. */
function needs(scope: Scope) {
  if (scope.type === 'base') return null;
  const [type, name] = scope.type === 'catalog' ? ['registry', 'catalog'] : ['repository', scope.name];
  const actions: readonly (RepositoryAction | '*')[] = scope.type === 'catalog' ? ['*'] : scope.actions;
  return actions.map((action) => ({ Type: type, Class: '', Name: name, Action: action }));
}

export function unauthorized(entrance: Entrance, scope: Scope, problem: TokenProblem, message?: string): Refusal {
  return new Refusal('UNAUTHORIZED', {
    ...(message !== undefined && { message }),
    detail: needs(scope),
    headers: { 'WWW-Authenticate': challenge(entrance, scope, problem) },
  });
}
