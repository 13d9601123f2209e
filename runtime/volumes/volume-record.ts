// A volume as it is stored.

import { z } from 'zod';
import type { RecordKind, Shape } from '../store/record-kind.ts';

export interface VolumeRecord {
  readonly name: string;
  /** RFC 3339, in whole seconds, as Docker tells it. */
  readonly createdAt: string;
  /** Null where none were given. */
  readonly labels: Readonly<Record<string, string>> | null;
  /** Of the driver `local`, as they were given; null where none were. */
  readonly options: Readonly<Record<string, string>> | null;
}

const texts = z.record(z.string(), z.string());

export const volumeKind: RecordKind<VolumeRecord> = {
  name: 'volume',
  schema: z.object({
    name: z.string(),
    createdAt: z.string(),
    labels: texts.nullable(),
    options: texts.nullable(),
  } satisfies Shape<VolumeRecord>),
  upgrades: [],
};
