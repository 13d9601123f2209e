// A terminal as it is stored.

import { z } from 'zod';
import { type RecordKind, type Shape, unchanged } from '../store/record-kind.ts';

/** What of a terminal outlives the engine. */
export interface TerminalRecord {
  readonly id: string;
  readonly rows: number;
  readonly columns: number;
  /** The shell, as the machine numbers it. */
  readonly pid: number;
  readonly startTicks: number;
  readonly exitCode: number | null;
  /** A lower bound of the bytes that the shell has written, for when conmon has started a new log. */
  readonly offset: number;
}

export const terminalKind: RecordKind<TerminalRecord> = {
  name: 'terminal',
  schema: z.object({
    id: z.string(),
    rows: z.int(),
    columns: z.int(),
    pid: z.int(),
    startTicks: z.int(),
    exitCode: z.int().nullable(),
    offset: z.int(),
  } satisfies Shape<TerminalRecord>),
  upgrades: [unchanged],
};
