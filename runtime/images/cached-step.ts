// A step of a build whose result is kept.

import { z } from 'zod';
import { type RecordKind, type Shape, unchanged } from '../store/record-kind.ts';

/** As stored. */
export interface CachedStep {
  readonly hostId: string;
  /** A digest over all that the step was made of. */
  readonly key: string;
  /**
   * The same where files that other stages have made count by what they are, and not by the steps that made them; null where it makes no
   * difference, or is not known.
   */
  readonly filesKey: string | null;
  /** What clients know it by. */
  readonly id: string;
  readonly diffId: string;
  /** What the layer's files hold. */
  readonly bytes: number;
  /** `mount / from exec /bin/sh -c make`, as BuildKit words it. */
  readonly description: string;
  /** Of a layer that an image has which builds began with: that image, as `docker.io/library/node:latest@sha256:…`. */
  readonly pulledFrom: string | null;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly usedAt: string;
  readonly uses: number;
}

/** The key of files for a step of this shape: all that it is made of but these files, of which `contents` is a digest. */
export function filesKeyFor(shape: string, contents: string): string {
  return `${shape}.${contents}`;
}

/** The shape in such a key. */
export function shapeIn(filesKey: string): string {
  return filesKey.slice(0, filesKey.indexOf('.'));
}

export const cachedStepKind: RecordKind<CachedStep> = {
  name: 'cached-step',
  schema: z.object({
    hostId: z.string(),
    key: z.string(),
    filesKey: z.string().nullable(),
    id: z.string(),
    diffId: z.string(),
    bytes: z.number(),
    description: z.string(),
    pulledFrom: z.string().nullable(),
    createdAt: z.string(),
    usedAt: z.string(),
    uses: z.number(),
  } satisfies Shape<CachedStep>),
  upgrades: [
    unchanged,
    (body) => ({ ...(body as object), filesKey: null }),
    (body) => ({ ...(body as object), pulledFrom: null }), // nobody knew where a layer was from
  ],
};
