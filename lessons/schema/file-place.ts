// Where a file is that a check is about: in the home directory, or in a container, a volume or an image.

import { z } from 'zod';
import { containerName, homePath, imageName, volumeName } from './words.ts';

export const filePlace = {
  path: z.string().min(1).max(255),
  container: containerName.optional(),
  volume: volumeName.optional(),
  image: imageName.optional(),
};

interface Place {
  readonly path: string;
  readonly container?: string | undefined;
  readonly volume?: string | undefined;
  readonly image?: string | undefined;
}

const isClean = (path: string): boolean =>
  path
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');

/** For `superRefine`: a path in a container or an image is absolute, any other is relative. */
export function checkPlace({ path, container, volume, image }: Place, context: z.RefinementCtx): void {
  const complain = (at: string, message: string): void => context.addIssue({ code: 'custom', path: [at], message });
  const whole = container === undefined ? 'image' : 'container';
  if ([container, volume, image].filter((each) => each !== undefined).length > 1)
    complain('path', 'say one of container, volume and image');
  else if (container !== undefined || image !== undefined) {
    if (!path.startsWith('/') || !isClean(path))
      complain('path', `must be a path of the ${whole}: absolute, without . or .. in it`);
  } else if (volume !== undefined) {
    if (!homePath.safeParse(path).success)
      complain('path', 'must be a path below the volume, without / at its start and without . or .. in it');
  } else {
    for (const { message } of homePath.safeParse(path).error?.issues ?? []) complain('path', message);
  }
}
