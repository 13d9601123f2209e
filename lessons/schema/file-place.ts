// Where a file is that a check is about: in the home directory, or in a container or a volume.

import { z } from 'zod';
import { containerName, homePath, volumeName } from './words.ts';

export const filePlace = {
  path: z.string().min(1).max(255),
  container: containerName.optional(),
  volume: volumeName.optional(),
};

interface Place {
  readonly path: string;
  readonly container?: string | undefined;
  readonly volume?: string | undefined;
}

const isClean = (path: string): boolean =>
  path
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');

/** For `superRefine`: a path in a container is absolute, any other is relative. */
export function checkPlace({ path, container, volume }: Place, context: z.RefinementCtx): void {
  const complain = (at: string, message: string): void => context.addIssue({ code: 'custom', path: [at], message });
  if (container !== undefined && volume !== undefined) complain('volume', 'say one of container and volume');
  else if (container !== undefined) {
    if (!path.startsWith('/') || !isClean(path))
      complain('path', 'must be a path of the container: absolute, without . or .. in it');
  } else if (volume !== undefined) {
    if (!homePath.safeParse(path).success)
      complain('path', 'must be a path below the volume, without / at its start and without . or .. in it');
  } else {
    for (const { message } of homePath.safeParse(path).error?.issues ?? []) complain('path', message);
  }
}
