// The engine's records in a process of their own: `records-program.ts FILE` writes a record for each line on standard input, until one
// cannot be written or there are so many as the line says; then it says `written`, or what went wrong.

import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { z } from 'zod';
import type { RecordKind } from '../../runtime/store/record-kind.ts';
import { Records } from '../../runtime/store/records.ts';

const noteKind: RecordKind<{ text: string }> = { name: 'note', schema: z.object({ text: z.string() }), upgrades: [] };
const [, , file = ''] = process.argv;
const records = new Records(file, [noteKind], pino({ level: 'silent' }));
for await (const line of createInterface({ input: process.stdin })) {
  let said = 'written';
  try {
    for (let n = 0; n < Number(line); n++) records.put(noteKind, '', `${line}-${n}`, { text: 'x'.repeat(2000) });
  } catch (error) {
    said = String(error);
  }
  console.log(said);
}
