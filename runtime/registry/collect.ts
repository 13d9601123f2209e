// Garbage collection, beside pushes and pulls: blobs that no manifest of their repository names, uploads that nobody goes on with,
// repositories that are empty.
//
// What is kept: a blob that a manifest names, and for a grace time one that was sent, or asked for by somebody who may push. Each
// slice is one transaction, and others have the loop in between. A file goes when it is on the disk that its row has gone.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { blobGraceMs, collectionSliceRows } from '../limits.ts';
import type { BlobParts } from './blobs.ts';

export interface Collected {
  readonly uploads: number;
  /** Files, and what was in them. */
  readonly blobs: number;
  readonly bytes: number;
}

/** `now` in milliseconds since 1970. Several at once do no harm. */
export async function collect(parts: BlobParts, now: number, graceMs = blobGraceMs): Promise<Collected> {
  const { database, files, uploads } = parts;
  const idle = database.transaction(() => uploads.removeIdle(now));
  await unlinkUnneeded(parts, now - graceMs);
  const { blobs, bytes } = await removeUnlinked(parts);
  await removeEmpty(parts);
  // Another collection may take more rows away while the disk is waited for.
  const { left } = files;
  await database.durable();
  await files.removeLeaving(left);
  return { uploads: idle, blobs, bytes };
}

async function unlinkUnneeded({ database, index }: BlobParts, before: number): Promise<void> {
  let last = { repository: -1, blob: -1 };
  for (;;) {
    const rows = database.all(
      `SELECT repository, blob, used, EXISTS (SELECT 1 FROM address JOIN need ON need.digest = address.digest
           WHERE address.blob = link.blob AND need.repository = link.repository) AS needed
         FROM link WHERE (repository, blob) > (?, ?) ORDER BY repository, blob LIMIT ?`,
      ...[last.repository, last.blob, collectionSliceRows],
    );
    database.transaction(() => {
      for (const { repository, blob, used, needed } of rows) {
        last = { repository: Number(repository), blob: Number(blob) };
        if (!needed && Number(used) < before) index.unlink(last.repository, last.blob);
      }
    });
    if (rows.length < collectionSliceRows) return;
    await nextTurn();
  }
}

async function removeUnlinked({ database, files }: BlobParts): Promise<{ blobs: number; bytes: number }> {
  let [last, blobs, bytes] = [-1, 0, 0];
  for (;;) {
    const rows = database.all(
      `SELECT id, sha256, size, EXISTS (SELECT 1 FROM link WHERE link.blob = blob.id) AS linked
         FROM blob WHERE id > ? ORDER BY id LIMIT ?`,
      ...[last, collectionSliceRows],
    );
    database.transaction(() => {
      for (const { id, sha256, size, linked } of rows) {
        last = Number(id);
        if (linked) continue;
        database.run('DELETE FROM blob WHERE id = ?', last);
        files.leave(String(sha256));
        blobs += 1;
        bytes += Number(size);
      }
    });
    if (rows.length < collectionSliceRows) return { blobs, bytes };
    await nextTurn();
  }
}

async function removeEmpty({ database, repositories, uploads }: BlobParts): Promise<void> {
  const after = (last: number): number | null =>
    database.transaction(() => repositories.removeEmpty(last, collectionSliceRows, uploads.repositories()));
  for (let last = after(-1); last !== null; last = after(last)) await nextTurn();
}
