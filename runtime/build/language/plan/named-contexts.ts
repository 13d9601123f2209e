// Contexts that a build is given by name (`--build-context NAME=…`), in place of images and stages.

import { familiar, parseReference } from '../../../images/reference.ts';
import { cut } from '../go-text.ts';
import { formatWholePlatform, normalPlatform, type Platform } from '../platforms.ts';
import { LanguageError } from '../source.ts';

export type NamedContext = { readonly name: string; readonly input: string } & (
  | { readonly kind: 'image'; readonly reference: string }
  | { readonly kind: 'scratch' }
  | { readonly kind: 'layout'; readonly store: string; readonly digest: string }
  | { readonly kind: 'local'; readonly local: string }
  /** A repository or a file at a URL. */
  | { readonly kind: 'remote'; readonly url: string }
  | { readonly kind: 'result'; readonly result: string }
);

/** What is said of it as `docker-image://busybox`. Throws LanguageError. */
function parseContext(name: string, input: string): NamedContext {
  const [scheme, rest] = cut(input, ':');
  if (rest === null) throw new LanguageError(`invalid context specifier ${input} for ${name}`);
  const bare = rest.startsWith('//') ? rest.slice(2) : rest;
  switch (scheme.startsWith('git@') ? 'git' : scheme) {
    case 'docker-image':
      return bare === 'scratch' ? { name, input, kind: 'scratch' } : { name, input, kind: 'image', reference: bare };
    case 'oci-layout': {
      const [store, digest] = cut(bare, '@');
      if (digest === null) throw new LanguageError(`oci-layout reference ${JSON.stringify(bare)} has no digest`);
      // A tag says nothing beside a digest.
      return { name, input, kind: 'layout', store: store.replace(/:[^:/]*$/, ''), digest };
    }
    case 'local':
      return { name, input, kind: 'local', local: rest };
    case 'git':
    case 'http':
    case 'https':
      return { name, input, kind: 'remote', url: input };
    case 'input':
      return { name, input, kind: 'result', result: rest };
  }
  throw new LanguageError(`unsupported context source ${scheme} for ${name}`);
}

/** The context that stands in for a stage or image; null where there is none. Throws LanguageError. */
export function namedContext(
  contexts: ReadonlyMap<string, string>,
  wanted: string,
  platform: Platform,
): NamedContext | null {
  if (['scratch', 'context'].includes(wanted.toLowerCase())) return null;
  const name = familiarOf(wanted).replace(/:latest$/, '');
  const withPlatform = `${name}::${formatWholePlatform(normalPlatform(platform))}`;
  for (const key of [withPlatform, name]) {
    const input = contexts.get(key);
    if (input !== undefined) return parseContext(key, input);
  }
  return null;
}

function familiarOf(wanted: string): string {
  try {
    return familiar(parseReference(wanted));
  } catch (error) {
    throw new LanguageError(`invalid context name ${wanted}: ${error instanceof Error ? error.message : error}`, [], {
      cause: error,
    });
  }
}
