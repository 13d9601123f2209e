// Whether the server's user can read the clone, once it is shown at a place that this user can reach.

import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

const readByOthers = 0o004;
const enterByOthers = 0o005;
/** Not the server's business, and not looked at. */
const skipped = new Set(['.git', 'test', 'docs']);
/** npm gives all files of all packages the same modes, so of 20,000 files these tell: NAME/package.json, @scope/NAME. */
const npmDepth = 2;

/** False where one file is found that others may not read: as umask 077 leaves them. Symbolic links have no mode. */
export function othersCanRead(folder: string, depth = Number.POSITIVE_INFINITY): boolean {
  if ((lstatSync(folder).mode & enterByOthers) !== enterByOthers) return false;
  if (depth === 0) return true;
  return readdirSync(folder, { withFileTypes: true }).every((entry) => {
    if (skipped.has(entry.name)) return true;
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return othersCanRead(file, entry.name === 'node_modules' ? npmDepth : depth - 1);
    return !entry.isFile() || (lstatSync(file).mode & readByOthers) !== 0;
  });
}
