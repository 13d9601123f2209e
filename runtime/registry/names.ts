// The grammar of what a registry's requests name: repositories, tags, digests (distribution-spec "Pulling manifests"; image-spec
// descriptor.md "Digests"). All of them are checked here before they stand anywhere else.

import { maxRepositoryNameLength } from '../limits.ts';
import { Refusal } from './refusal.ts';

export const algorithms = ['sha256', 'sha512'] as const;
export type Algorithm = (typeof algorithms)[number];

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export function isRepository(name: string): boolean {
  return name.length <= maxRepositoryNameLength && repositoryPattern.test(name);
}

/** Throws NAME_INVALID. */
export function checkRepository(name: string): string {
  if (isRepository(name)) return name;
  throw new Refusal('NAME_INVALID', { detail: { name: name.slice(0, maxRepositoryNameLength) } });
}

export function isTag(name: string): boolean {
  return tagPattern.test(name);
}

export function isDigest(digest: string): boolean {
  return digestPattern.test(digest);
}

/** Throws DIGEST_INVALID for what is no digest, or one by an algorithm that we do not compute. */
export function checkDigest(digest: string): string {
  if (isDigest(digest)) return digest;
  throw new Refusal('DIGEST_INVALID', { detail: { digest: digest.slice(0, 200) } });
}

export function algorithmOf(digest: string): Algorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** Whose quota a repository counts in: the part before the first slash. */
export function namespaceOf(repository: string): string {
  return repository.split('/', 1)[0] ?? repository;
}
