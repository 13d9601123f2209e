// Why a context of buildah's comes out otherwise here than on the dockerd beside.

import type { Recorded } from '../../runtime/build/contexts/outcome.ts';
import type { ContextCase } from './buildah-cases.ts';

/** The path that an error says is not there. */
const missing = (error: string | null): string | null => /"(\/[^"]*)": not found$/.exec(error ?? '')?.[1] ?? null;

/** Null where there is none. */
export function reasonOf({ text }: ContextCase, theirs: Recorded, ours: Recorded): string | null {
  if (text.includes('--parents') && theirs.error?.includes('unknown flag: --parents'))
    return 'the Dockerfile frontend in this dockerd does not know --parents';
  if (theirs.error?.includes('dial tcp: ') && ours.error?.includes('dial tcp: '))
    return 'both would fetch from the internet, and say in words of their own that it is not here';
  if (missing(theirs.error) && missing(ours.error))
    return 'of several sources that are not there, Docker names the one that it happens to find out first';
  return null;
}
