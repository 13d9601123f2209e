// What a registry has by a name, without a pull: GET /distribution/X/json.

import type { RegistryOptions } from './image.ts';
import { parseReference, withDefaultTag } from './reference.ts';
import { openSession } from './registry-session.ts';
import type { HostView } from './view.ts';

/** Throws notFound, or refused where the registry is not there. */
export async function describe(view: HostView, text: string, options: RegistryOptions): Promise<object> {
  const reference = withDefaultTag(parseReference(text));
  await using session = await openSession(view, reference, 'pull', options);
  const { descriptor, platforms } = await session.client.ask('describe', {
    reference: reference.digest ?? reference.tag ?? '',
  });
  return {
    Descriptor: descriptor,
    Platforms: platforms.map(({ variant, ...platform }) => ({ ...platform, ...(variant !== '' && { variant }) })),
  };
}
