// What a student is told of a registry's failure, as moby translates it (`translatePullError`), and the kind that goes with its status.

import { EngineError, type ErrorKind } from '../errors.ts';
import { RegistryFailure } from './failure.ts';
import type { RegistryThreadData } from './jobs.ts';

/** `reference` is the whole one, as people write it. */
export function told(
  error: unknown,
  { shown, actions }: Pick<RegistryThreadData, 'shown' | 'actions'>,
  reference: string,
): { errorKind: ErrorKind; message: string } {
  if (error instanceof EngineError) return { errorKind: error.kind, message: error.message };
  if (!(error instanceof RegistryFailure)) return { errorKind: 'internal', message: String(error) };
  const { code, message, kind } = error;
  if (actions === 'pull' && code === 'DENIED')
    return {
      errorKind: 'notFound',
      message: `pull access denied for ${shown}, repository does not exist or may require 'docker login': ${message}`,
    };
  if (actions === 'pull' && code === 'MANIFEST_UNKNOWN')
    return { errorKind: 'notFound', message: `manifest for ${reference} not found: ${message}` };
  if (actions === 'pull' && code === 'NAME_UNKNOWN')
    return { errorKind: 'notFound', message: `repository ${shown} not found: ${message}` };
  // The docker command asks for a name and password then.
  if (code === 'UNAUTHORIZED') return { errorKind: 'unauthorized', message };
  if (code === 'NO_MATCHING_MANIFEST') return { errorKind: 'notFound', message };
  return { errorKind: kind === 'broken' ? 'dataLoss' : 'refused', message };
}
