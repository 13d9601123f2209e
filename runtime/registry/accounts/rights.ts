// What somebody may do with a repository now: the facts out of the tables, and the decision on them.

import type { RepositoryAction } from '../http/access.ts';
import { isRepository, namespaceOf } from '../names.ts';
import type { Repositories, Visibility } from '../repositories.ts';
import type { TokenScope } from './access-tokens.ts';
import { type Asker, decide, type RepositoryFacts } from './decide.ts';
import { officialNamespace } from './names.ts';
import type { Namespaces } from './namespaces.ts';
import { type Grant, repositoryActions } from './scopes.ts';

/** Somebody whose password, access token or bearer token was right. */
export interface Person {
  readonly account: number;
  readonly name: string;
  /** Of the account, when they logged in. */
  readonly epoch: number;
  /** The access token that they logged in with, and what it may; null where it was the account's password. */
  readonly token: { readonly id: string; readonly scope: TokenScope } | null;
}

export class Rights {
  readonly #repositories: Repositories;
  readonly #namespaces: Namespaces;
  readonly #isOfficial: (repository: string) => boolean;

  /** `isOfficial` tells which repositories are seen through to the official images, which everybody may pull. */
  constructor(repositories: Repositories, namespaces: Namespaces, isOfficial: (repository: string) => boolean) {
    this.#isOfficial = isOfficial;
    this.#repositories = repositories;
    this.#namespaces = namespaces;
  }

  /** Whether each of the actions is allowed; `person` is null for nobody. */
  allow(person: Person | null, repository: string, actions: readonly RepositoryAction[]): boolean {
    const facts = this.#facts(person, repository);
    return actions.every((action) => decide(askerOf(person), facts, action) === 'allowed');
  }

  #facts(person: Person | null, repository: string): RepositoryFacts {
    if (this.#isOfficial(repository)) return { namespace: 'library', role: null, visibility: 'public' };
    const namespace = namespaceOf(repository);
    // `hub.drydock/NAME` without a namespace is nobody's.
    if (namespace === repository || !isRepository(repository))
      return { namespace: 'none', role: null, visibility: null };
    const isThere = this.#repositories.find(repository) !== null;
    if (namespace === officialNamespace)
      return { namespace: 'library', role: null, visibility: isThere ? 'public' : null };
    const usual = this.#namespaces.visibility(namespace);
    if (usual === null) return { namespace: 'none', role: null, visibility: null };
    const role = person ? this.#namespaces.role(namespace, person.account) : null;
    return { namespace: 'owned', role, visibility: isThere ? this.#visibility(repository, usual) : null };
  }

  #visibility(repository: string, usual: Visibility): Visibility {
    return this.#repositories.visibility(repository) ?? usual;
  }

  /** Of what is asked for, what is allowed now; grants without any action are left out. */
  cut(person: Person | null, asked: readonly Grant[]): Grant[] {
    return asked
      .map((grant) => ({ ...grant, actions: this.#actions(person, grant) }))
      .filter(({ actions }) => actions.length > 0);
  }

  #actions(person: Person | null, { type, name, actions }: Grant): string[] {
    // A list tells of what the asker may pull alone, so everybody may ask for it.
    if (type === 'registry') return actions.includes('*') ? ['*'] : [];
    const wanted = repositoryActions.filter((action) => actions.includes(action) || actions.includes('*'));
    const allowed = wanted.filter((action) => this.allow(person, name, [action]));
    // Older clients ask for all actions by this name, and look for it in what they get.
    return actions.includes('*') && allowed.length === repositoryActions.length ? [...allowed, '*'] : allowed;
  }
}

function askerOf(person: Person | null): Asker {
  return person ? { kind: 'account', limit: person.token?.scope ?? null } : { kind: 'nobody' };
}
