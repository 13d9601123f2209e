// The names of accounts and namespaces: the first part of a repository's name, narrower than that may be.

import { EngineError } from '../../errors.ts';
import { maxAccountNameLength } from '../../limits.ts';

/** The official images. Nobody owns it: the engine alone writes to it (B10). */
export const officialNamespace = 'library';

// Without dots: what looks like a registry's address is nobody's name.
const pattern = /^[a-z0-9]+(?:[_-][a-z0-9]+)*$/;
const reserved: readonly string[] = [officialNamespace, 'docker', 'drydock', 'hub', 'v2'];

export function isAccountName(name: string): boolean {
  return name.length >= 2 && name.length <= maxAccountNameLength && pattern.test(name) && !reserved.includes(name);
}

/** Throws invalid. */
export function checkAccountName(name: string): string {
  if (isAccountName(name)) return name;
  if (reserved.includes(name)) throw new EngineError('invalid', `the name ${name} is kept for the hub itself`);
  throw new EngineError(
    'invalid',
    `an account or namespace is named with 2 to ${maxAccountNameLength} of a-z and 0-9, with single - or _ between them`,
  );
}
