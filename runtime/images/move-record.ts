// An image that a host has pushed or pulled, as it is stored.

import { z } from 'zod';
import type { ImageMove, MovedLayer } from '../client-traffic.ts';
import type { RecordKind, Shape } from '../store/record-kind.ts';

const layer = z.object({
  id: z.string(),
  bytes: z.number(),
  movedBytes: z.number(),
  state: z.enum(['waiting', 'moving', 'moved', 'there', 'elsewhere']),
} satisfies Shape<MovedLayer>);

export const moveKind: RecordKind<ImageMove> = {
  name: 'move',
  schema: z.object({
    id: z.number(),
    direction: z.enum(['push', 'pull']),
    registry: z.string(),
    repository: z.string(),
    reference: z.string(),
    state: z.enum(['going', 'done', 'failed']),
    beganAt: z.number(),
    endedAt: z.number().nullable(),
    digest: z.string().nullable(),
    imageId: z.string().nullable(),
    layers: z.array(layer),
  } satisfies Shape<ImageMove>),
  upgrades: [],
};
