// Records as engines of earlier commits left them in their files: `records/COMMIT.jsonl`, a row each.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

const rowSchema = z.object({
  kind: z.string(),
  host: z.string(),
  id: z.string(),
  /** Engines wrote none before 2026-11-29. */
  v: z.int().default(0),
  body: z.union([z.looseObject({}), z.array(z.unknown())]),
});
export type Row = z.output<typeof rowSchema>;

const folder = path.join(import.meta.dirname, 'records');

/** The commits of which there are records. */
export const commits: readonly string[] = readdirSync(folder).map((name) => path.basename(name, '.jsonl'));

export function rowsOf(commit: string): readonly Row[] {
  const lines = readFileSync(path.join(folder, `${commit}.jsonl`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => rowSchema.parse(JSON.parse(line)));
}

/** Adds them to the file of an engine that is down, as the engine of that commit wrote them: without versions where it knew of none. */
export function addRows(file: string, rows: readonly Row[]): void {
  const database = new DatabaseSync(file);
  database.exec(
    `CREATE TABLE IF NOT EXISTS record (kind TEXT, host TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, host, id)) WITHOUT ROWID`,
  );
  const hasVersions =
    database.prepare(`SELECT 1 FROM pragma_table_info('record') WHERE name = 'v'`).get() !== undefined;
  if (!hasVersions && rows.some(({ v }) => v > 0))
    database.exec('ALTER TABLE record ADD COLUMN v INTEGER NOT NULL DEFAULT 0');
  for (const { kind, host, id, v, body } of rows) {
    const version = v > 0 ? { column: ', v', place: ', ?', values: [v] } : { column: '', place: '', values: [] };
    database
      .prepare(
        `INSERT OR REPLACE INTO record (kind, host, id, body${version.column}) VALUES (?, ?, ?, ?${version.place})`,
      )
      .run(kind, host, id, JSON.stringify(body), ...version.values);
  }
  database.close();
}
