// One thing of a directory that a client sends, and who takes what comes.

export type EntryKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device';

/** As the client tells of it. */
export interface Entry {
  /** Below the directory, without a slash before it. */
  readonly path: string;
  readonly kind: EntryKind;
  /** Permissions, set-user-ID, set-group-ID and sticky. */
  readonly mode: number;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** Of a symlink, or the earlier path of a file that has several names; else empty. */
  readonly target: string;
}

/** Takes what comes. */
export interface Receiver {
  /** Whether the content is wanted. Called in the order of the paths. */
  entry(entry: Entry, id: number): boolean;
  data(id: number, bytes: Uint8Array): void | Promise<void>;
  /** All of the file was sent. */
  end(id: number): void | Promise<void>;
}

/** fsutil's order: by parts, and a parent comes before what is in it. */
export function isBefore(a: readonly string[], b: readonly string[]): boolean {
  for (let at = 0; ; at++) {
    const [left, right] = [a[at], b[at]];
    if (right === undefined) return false;
    if (left === undefined) return true;
    if (left !== right) return isLess(left, right);
  }
}

/** From here on a character's code is not in the order of its bytes in UTF-8: half of a pair. */
const pairsFrom = 0xd800;

/** By their bytes. */
function isLess(left: string, right: string): boolean {
  for (let at = 0; at < left.length && at < right.length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a === b) continue;
    if (a < pairsFrom && b < pairsFrom) return a < b;
    return Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0;
  }
  return left.length < right.length;
}
