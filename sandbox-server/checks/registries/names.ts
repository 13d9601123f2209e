// Names of repositories in checks, and whether two of them are one.

import { hubName, isOnHub, type RepositoryCheck } from '../../../lessons/schema.ts';

export interface RepositoryName {
  /** `hub.drydock`, `localhost:5000`, `docker.io` */
  readonly registry: string;
  readonly repository: string;
}

/** Where no registry is named it is the hub's. */
export function parseRepository(name: string): RepositoryName {
  const first = `${hubName}/`;
  if (isOnHub(name)) return { registry: hubName, repository: name.startsWith(first) ? name.slice(first.length) : name };
  const slash = name.indexOf('/');
  return { registry: name.slice(0, slash), repository: name.slice(slash + 1) };
}

export function isSameRepository(one: RepositoryName, other: RepositoryName): boolean {
  return one.registry === other.registry && one.repository === other.repository;
}

/** The same, or one registry of a student's own by two names: each host calls it by another. */
export function mayBeSame(one: RepositoryName, other: RepositoryName): boolean {
  return one.repository === other.repository && (one.registry === hubName) === (other.registry === hubName);
}

/** The key of a repository in `HostFacts.repositories`. */
export function repositoryKey({ name, tls = false, login }: Pick<RepositoryCheck, 'name' | 'tls' | 'login'>): string {
  const { registry, repository } = parseRepository(name);
  return registry === hubName ? repository : JSON.stringify([registry, repository, tls, login]);
}
