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

/** Throws invalid where `platform` or one of `platforms` in the query is another than the machine's. */
export function checkPlatform(query: URLSearchParams): void {
  for (const given of [...query.getAll('platform'), ...query.getAll('platforms')]) {
    const platform = inWords(given);
    if (platform === '' || new RegExp(`^linux(/${ownArchitecture}(/v8)?)?$`).test(platform)) continue;
    throw new EngineError(
      'invalid',
      `the platform ${platform.slice(0, 40)} is not this machine's, linux/${ownArchitecture}; leave --platform out`,
    );
  }
}
