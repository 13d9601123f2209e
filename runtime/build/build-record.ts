// A build that has ended, as it is stored.

import { z } from 'zod';
import type { BuildStage, BuildStep, ImageBuild } from '../client-builds.ts';
import type { RecordKind, Shape } from '../store/record-kind.ts';

const step = z.object({
  name: z.string(),
  kind: z.enum(['context', 'base', 'step', 'other']),
  stage: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'cached', 'failed', 'stopped']),
  line: z.number().nullable(),
  beganAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  layer: z.string().nullable(),
  bytes: z.number(),
  needs: z.array(z.number()),
} satisfies Shape<BuildStep>);

export const buildKind: RecordKind<ImageBuild> = {
  name: 'build',
  schema: z.object({
    id: z.number(),
    state: z.enum(['going', 'done', 'failed', 'stopped']),
    names: z.array(z.string()),
    target: z.string(),
    beganAt: z.number(),
    endedAt: z.number().nullable(),
    imageId: z.string().nullable(),
    error: z.string(),
    errorLine: z.number().nullable(),
    stages: z.array(z.object({ name: z.string(), base: z.string() } satisfies Shape<BuildStage>)),
    steps: z.array(step),
    isCut: z.boolean(),
    context: z.object({ files: z.number(), bytes: z.number() }).nullable(),
    warnings: z.array(z.object({ rule: z.string(), message: z.string(), line: z.number().nullable() })),
  } satisfies Shape<ImageBuild>),
  upgrades: [],
};
