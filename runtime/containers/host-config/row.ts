// A row: all that the engine knows of one key of HostConfig. The rows are in the other files of this folder, by theme.

import { z } from 'zod';
import type { Resources } from '../../oci/spec.ts';
import type { Refusal } from '../refusal.ts';

/** What of a HostConfig changes what inspect shows of other keys. */
export interface Openness {
  readonly Privileged: boolean;
  readonly PidMode: string;
  readonly IpcMode: string;
}

/** A key that the engine acts on. Its value is kept in the container's record, where the verbs find it. */
export interface KeptRow<Value> {
  readonly kind: 'kept';
  /** What a client may send. */
  readonly schema: z.ZodType;
  /** The value in a record. In a record of an engine that did not know the key it is the default. */
  readonly stored: z.ZodType<Value>;
  /** The value to store for what was sent: checked, and in its normal form. The default if nothing was sent. Throws invalid. */
  keep(given: unknown): Value;
  /** What the value adds to the limits of the container's cgroup (`linux.resources` of the OCI runtime specification). */
  limits?(value: Value): Resources;
  /** Whether what was sent to `docker update` is to take the place of the value. Not there where the value stays for good. */
  updates?(given: unknown): boolean;
  /** What inspect shows, if that is not the value; undefined if inspect leaves the key out. */
  shown?(value: Value, own: Openness): unknown;
}

/** A key that a client may send at its default alone. */
export interface RefusedRow extends Refusal {
  readonly kind: 'refused';
  readonly schema: z.ZodType;
  /** What inspect shows; undefined if inspect leaves the key out. */
  shown(own: Openness): unknown;
}

/** A key for the client's own use: it is not kept. */
export interface IgnoredRow {
  readonly kind: 'ignored';
  readonly schema: z.ZodType;
  readonly shown: unknown;
}

export type Row = KeptRow<unknown> | RefusedRow | IgnoredRow;

type Kept<Given, Value> = Omit<KeptRow<Value>, 'kind' | 'schema' | 'stored' | 'keep'> & {
  readonly stored: z.ZodType<NoInfer<Value>>;
  keep(given: Given): Value;
};

/** `keep` gets the schema's output. */
export function kept<Schema extends z.ZodType, Value>(
  schema: Schema,
  row: Kept<z.infer<Schema>, Value>,
): KeptRow<Value> {
  return { kind: 'kept', schema, ...row };
}

interface Standing extends Pick<Refusal, 'defaults' | 'emptyIsNoDefault'> {
  readonly shown?: unknown;
  /** Of a privileged container, where it differs. */
  readonly shownPrivileged?: unknown;
}

const anything = z.unknown().optional();

/** Any other value than the default is refused: `HostConfig.X is not supported yet by this engine: ADVICE`. */
export function notYet(advice: string, standing: Standing): RefusedRow {
  return refused(advice, standing);
}

/** Refused for good: `HostConfig.X is not possible on a host of this engine: ADVICE`. */
export function never(advice: string, standing: Standing): RefusedRow {
  return { ...refused(advice, standing), never: true };
}

function refused(advice: string, standing: Standing): RefusedRow {
  const { shown, shownPrivileged = shown, ...defaults } = standing;
  return {
    ...{ kind: 'refused', schema: anything, advice, ...defaults },
    shown: ({ Privileged }) => (Privileged ? shownPrivileged : shown),
  };
}

export function ignored(schema: z.ZodType, shown: unknown): IgnoredRow {
  return { kind: 'ignored', schema, shown };
}

export const text = z.string().max(4096).nullish();
export const flag = z.boolean().nullish();
export const whole = z.number().int().nullish();

/** What stands in records. */
export const stored = {
  text: z.string(),
  flag: z.boolean(),
  whole: z.int(),
  list: z.array(z.string()),
} as const;
