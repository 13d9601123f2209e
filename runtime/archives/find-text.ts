// Looks for a text in the files of layers, as they are unpacked: nobody changes these. In a thread of archives.

import fs from 'node:fs';
import { maxSearchedFileBytes } from '../limits.ts';
import type { SearchJob } from './tree-jobs.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
const pieceBytes = 1024 * 1024;

/** The path of the first file that has it, below its directory; null for none, or none among those that may be looked at. */
export function findText({ directories, text, maxBytes, maxFiles }: SearchJob): string | null {
  const wanted = Buffer.from(text);
  const piece = Buffer.allocUnsafe(pieceBytes + wanted.length);
  let [bytesLeft, filesLeft] = [maxBytes, maxFiles];
  const has = (path: string): boolean => {
    const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      let kept = 0;
      for (let left = Math.min(maxSearchedFileBytes, bytesLeft); left > 0; ) {
        const read = fs.readSync(fd, piece, kept, Math.min(pieceBytes, left), null);
        if (read === 0) return false;
        left -= read;
        bytesLeft -= read;
        const filled = piece.subarray(0, kept + read);
        if (filled.includes(wanted)) return true;
        // It may lie across the end of a piece.
        kept = Math.min(wanted.length - 1, filled.length);
        filled.copy(piece, 0, filled.length - kept);
      }
      return false;
    } finally {
      fs.closeSync(fd);
    }
  };
  for (const directory of directories) {
    const open = [''];
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const entry of fs.readdirSync(`${directory}${at}`, { withFileTypes: true })) {
        const path = `${at}/${entry.name}`;
        if (entry.isDirectory()) open.push(path);
        if (!entry.isFile()) continue;
        if (bytesLeft <= 0 || filesLeft-- <= 0) return null;
        if (has(`${directory}${path}`)) return path;
      }
  }
  return null;
}
