// The scopes that a client asks a token for, and those that a token has (distribution `docs/spec/auth/scope.md`):
// `repository:NAME:pull,push`, `registry:catalog:*`. What makes no sense is left out: nothing is granted for it.

import { maxScopeActions, maxScopeLength, maxScopes } from '../../limits.ts';
import type { RepositoryAction, Scope } from '../http/access.ts';
import { isRepository } from '../names.ts';

/** As a token has it in its claim `access`. */
export interface Grant {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export const repositoryActions: readonly RepositoryAction[] = ['pull', 'push', 'delete'];

/** The scopes of one request: each parameter may hold several with spaces between them. One for each repository, in order. */
export function parseScopes(parameters: readonly string[]): Grant[] {
  const found = new Map<string, Grant>();
  for (const text of parameters.flatMap((parameter) => parameter.split(' ')).slice(0, maxScopes)) {
    const scope = parseScope(text);
    if (!scope) continue;
    const key = `${scope.type}:${scope.name}`;
    const actions = new Set([...(found.get(key)?.actions ?? []), ...scope.actions]);
    found.set(key, { ...scope, actions: [...actions] });
  }
  return [...found.values()];
}

function parseScope(text: string): Grant | null {
  if (text.length > maxScopeLength) return null;
  const [, type, name = '', actions = ''] = /^(repository|registry)(?:\(image\))?:(.+):([a-z*,]*)$/.exec(text) ?? [];
  if (type === undefined || (type === 'repository' ? !isRepository(name) : name !== 'catalog')) return null;
  return { type, name, actions: actions.split(',').filter(Boolean).slice(0, maxScopeActions) };
}

/** As a challenge has it; null for what needs no more than a token. */
export function scopeText(scope: Scope): string | null {
  if (scope.type === 'base') return null;
  return scope.type === 'catalog' ? 'registry:catalog:*' : `repository:${scope.name}:${scope.actions.join(',')}`;
}

export function textOf({ type, name, actions }: Grant): string {
  return `${type}:${name}:${actions.join(',')}`;
}

/** Whether a token with these grants was asked for what `scope` needs. */
export function covers(grants: readonly Grant[], scope: Scope): boolean {
  if (scope.type === 'base') return true;
  const [type, name] = scope.type === 'catalog' ? ['registry', 'catalog'] : ['repository', scope.name];
  const actions: readonly string[] = scope.type === 'catalog' ? ['*'] : scope.actions;
  const granted = grants.find((grant) => grant.type === type && grant.name === name)?.actions ?? [];
  return actions.every((action) => granted.includes(action));
}
