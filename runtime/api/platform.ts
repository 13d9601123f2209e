// The platform that a request names: images run on the machine's own processor only.

import { EngineError } from '../errors.ts';

/** Go's names for what Node calls x64 and arm64. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
export const ownArchitecture = architectures[process.arch] ?? process.arch;

/** `linux/arm64/v8`, or the object that newer calls have: `{"os":"linux","architecture":"arm64"}`. */
function inWords(given: string): string {
  if (!given.startsWith('{')) return given;
  try {
    const { os, architecture, variant } = JSON.parse(given) as Record<string, unknown>;
    return [os, architecture, variant].filter(Boolean).join('/');
  } catch {
    return given;
  }
}

/** The first platform in the query that is not the machine's; null if there is none. Throws invalid for a malformed one. */
export function otherPlatform(query: URLSearchParams): string | null {
  for (const given of [...query.getAll('platform'), ...query.getAll('platforms')]) {
    const platform = inWords(given);
    if (platform === '' || new RegExp(`^linux(/${ownArchitecture}(/v8)?)?$`).test(platform)) continue;
    if (!/^[\w.-]+(\/[\w.-]+){0,2}$/.test(platform))
      throw new EngineError(
        'invalid',
        `${JSON.stringify(platform.slice(0, 80))}: cannot parse platform specifier: invalid argument`,
      );
    return platform.slice(0, 80);
  }
  return null;
}

/**
 * For an image that exists here. Throws notFound in Docker's words if another platform is named, so that the docker CLI pulls
 * it.
 */
export function checkPlatform(query: URLSearchParams, image: string): void {
  const other = otherPlatform(query);
  if (other !== null)
    throw new EngineError(
      'notFound',
      `image with reference ${image} was found but its platform (linux/${ownArchitecture}) does not match the specified platform (${other})`,
    );
}

/** For an archive. Throws notFound if another platform is named, in the words of a registry that does not have it. */
export function checkLoadedPlatform(query: URLSearchParams): void {
  const other = otherPlatform(query);
  if (other !== null)
    throw new EngineError(
      'notFound',
      `no matching manifest for ${other} in the manifest list entries: this engine has images for linux/${ownArchitecture} alone`,
    );
}
