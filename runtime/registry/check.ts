// Whether the registry's tables and files agree.

import { statSync } from 'node:fs';
import type { BlobParts } from './blobs.ts';
import type { Database } from './database.ts';

/** Changes nothing, and reads no file's content. Each finding is a sentence. */
export function checkRegistry(database: Database, { files }: BlobParts): string[] {
  const findings: string[] = [];
  for (const { sha256, size } of database.each('SELECT sha256, size FROM blob')) {
    const found = statSync(files.path(String(sha256)), { throwIfNoEntry: false })?.size;
    if (found === undefined) findings.push(`the registry has lost the file of its blob ${sha256}`);
    else if (found !== size) findings.push(`the registry's blob ${sha256} has ${found} bytes, not ${size}`);
  }
  return findings;
}
