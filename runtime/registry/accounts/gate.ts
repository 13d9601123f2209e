// Who sends a request to the registry, by its `Authorization`: a bearer token, or a name and a secret straight away, as some clients do.

import type { IncomingMessage } from 'node:http';
import type { Access, Gate, Scope } from '../http/access.ts';
import { Refusal } from '../refusal.ts';
import { credentialsOf } from './basic.ts';
import { type TokenProblem, unauthorized } from './challenge.ts';
import type { Entrance, EntranceOf } from './entrance.ts';
import type { HubAccounts } from './hub-accounts.ts';
import type { Person } from './rights.ts';
import { covers } from './scopes.ts';

export type GateParts = Pick<HubAccounts, 'bearer' | 'login' | 'rights' | 'pulls'>;

export function accountsGate(parts: GateParts, entranceOf: EntranceOf): Gate {
  return {
    admit: async (request) => {
      const entrance = entranceOf(request);
      const [scheme = '', text = ''] = (request.headers.authorization ?? '').split(/ +/, 2);
      if (scheme === '') return refusing(entrance, null);
      if (scheme.toLowerCase() === 'bearer') return await withToken(parts, entrance, text);
      return await withPassword(parts, entrance, request);
    },
  };
}

/** Everything, pulls of what is public too, is for those who have a token. Whoever asks gets one, for what is public. */
function refusing(entrance: Entrance, problem: TokenProblem, message?: string): Access {
  return {
    who: null,
    share: entrance.source,
    allows: () => false,
    lists: () => false,
    countPull: () => ({}),
    refuse: (scope) => unauthorized(entrance, scope, problem, message),
  };
}

async function withToken({ bearer, login, rights, pulls }: GateParts, entrance: Entrance, token: string) {
  const shown = await bearer.verify(token);
  if (!shown || (shown.person && !login.isStill(shown.person))) return refusing(entrance, 'invalid_token');
  const { person, grants } = shown;
  const access: Access = {
    ...accessOf({ rights, pulls }, entrance, person),
    // What was granted, as far as it still would be.
    allows: (scope) => covers(grants, scope) && mayNow(rights, person, scope),
    refuse: (scope) => unauthorized(entrance, scope, 'insufficient_scope'),
  };
  return access;
}

async function withPassword(parts: GateParts, entrance: Entrance, request: IncomingMessage): Promise<Access> {
  const given = credentialsOf(request);
  if (!given) return refusing(entrance, null);
  try {
    const person = await parts.login.enter(given.name, given.secret, entrance.source);
    return {
      ...accessOf(parts, entrance, person),
      allows: (scope) => mayNow(parts.rights, person, scope),
      // To ask again with another token would be in vain.
      refuse: () => new Refusal('DENIED'),
    };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'UNAUTHORIZED') throw error;
    return refusing(entrance, null, error.message);
  }
}

function accessOf({ rights, pulls }: Pick<GateParts, 'rights' | 'pulls'>, { source }: Entrance, person: Person | null) {
  return {
    who: person?.name ?? null,
    share: source,
    lists: (name: string) => rights.allow(person, name, ['pull']),
    countPull: (isPull: boolean) => pulls.count(person, source, isPull),
  };
}

function mayNow(rights: GateParts['rights'], person: Person | null, scope: Scope): boolean {
  return scope.type !== 'repository' || rights.allow(person, scope.name, scope.actions);
}
