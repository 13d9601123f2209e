// What a kind of record looks like on the disk today, and how a record of an earlier version becomes one of today's.

import { z } from 'zod';
import { EngineError } from '../errors.ts';

/** Makes a body of one version one of the next. What JSON gave is given, unchecked: the schema has the last word. Throws where it cannot. */
export type Upgrade = (body: unknown) => unknown;

/** A kind of record, whose records are `T` in memory. */
export interface RecordKind<T> {
  /** As the rows name it. */
  readonly name: string;
  /** Of today's version, as it is stored; its output is the record. */
  readonly schema: z.ZodType<T>;
  /**
   * `upgrades[v]` makes version `v + 1` of version `v`, and stays for good. So today's version is their number. Rows from before
   * records had a version are of version 0.
   */
  readonly upgrades: readonly Upgrade[];
  /** What is stored of a record, where that is not the record itself. */
  write?(record: T): unknown;
}

/** A field of the schema for each field of `T`, so that none is forgotten: `z.object({ … } satisfies Shape<T>)`. */
export type Shape<T> = { readonly [Key in keyof Required<T>]: z.ZodType<Required<T>[Key]> };

/** The first version with a number changed nothing of the kind. */
export const unchanged: Upgrade = (body) => body;

/** The version that is written today. */
export function versionOf(kind: RecordKind<unknown>): number {
  return kind.upgrades.length;
}

/** Brings a body up to today's version and checks it. Throws dataLoss, saying what is wrong with it. */
export function readBody<T>(kind: RecordKind<T>, v: number, body: unknown): T {
  const known = versionOf(kind);
  if (!Number.isInteger(v) || v < 0 || v > known)
    throw new EngineError('dataLoss', `it has version ${v}, and this Drydock knows versions up to ${known}`);
  let current = body;
  for (const [below, upgrade] of kind.upgrades.slice(v).entries()) {
    try {
      current = upgrade(current);
    } catch (error) {
      throw new EngineError('dataLoss', `upgrade from version ${v + below}: ${reasonOf(error)}`, { cause: error });
    }
  }
  const parsed = kind.schema.safeParse(current);
  if (parsed.success) return parsed.data;
  throw new EngineError('dataLoss', reasonOf(parsed.error), { cause: parsed.error });
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(new z.ZodError(error.issues.slice(0, 3)));
  return error instanceof Error ? error.message : String(error);
}

/** What is stored of a record. */
export function bodyOf<T>(kind: RecordKind<T>, record: T): unknown {
  return kind.write ? kind.write(record) : record;
}

/** A record within another one's body: it keeps a version of its own, and is upgraded by its own kind. */
export interface HeldRecord {
  readonly v: number;
  readonly body: unknown;
}

export function holdRecord<T>(kind: RecordKind<T>, record: T): HeldRecord {
  return { v: versionOf(kind), body: bodyOf(kind, record) };
}

const heldSchema = z.object({ v: z.number(), body: z.unknown() });

/** The schema of a `HeldRecord`; its output is the record. */
export function heldRecord<T>(kind: RecordKind<T>): z.ZodType<T> {
  return heldSchema.transform(({ v, body }, context): T => {
    try {
      return readBody(kind, v, body);
    } catch (error) {
      context.addIssue(`${kind.name}: ${reasonOf(error)}`);
      return z.NEVER;
    }
  });
}
