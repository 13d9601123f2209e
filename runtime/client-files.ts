// What a client of the engine may do with a host from outside: its files, and the ports that answer on its 127.0.0.1.
// Paths are of the workspace's home directory (`/home/student`): relative, `/`-separated, '' for the home itself.

import type { Duplex } from 'node:stream';

export interface HostFile {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  readonly size: number;
  /** Changes with every write to the file; [a-z0-9-]. */
  readonly version: string;
}

export interface HostFolder {
  /** In no order. */
  readonly files: readonly HostFile[];
  /** There are more than are listed. */
  readonly more: boolean;
}

export interface FileContent {
  readonly bytes: Uint8Array;
  readonly version: string;
}

export interface WriteOptions {
  /** The version that the file must have, or `none` where there must be no file; anything goes where it is left out. */
  readonly expected?: string;
  /** A new file gets mode 0755 instead of 0644. A file that was there keeps its own. */
  readonly executable?: boolean;
  /** The bytes are a piece of the file; it is written once the last piece is there. Left out: they are the whole of it. */
  readonly piece?: FilePiece;
}

/** Pieces come in order, the first at offset 0; together they have at most 20 MiB. */
export interface FilePiece {
  /** 16 hex digits, the same for all pieces of a file. */
  readonly draft: string;
  readonly offset: number;
  readonly last: boolean;
}

/**
 * Every call is done with the student's own rights, follows no link, waits for no FIFO and leaves the home in no race. Throws
 * invalid for a path that is none (absolute, `..`, empty parts, too long) or leads over a link, notFound, forbidden where the
 * student may not, conflict, tooLarge, noSpace where the host's disk is full, unavailable where the host is stopped.
 */
export interface HostReach {
  /** At most 5,000 entries. Throws invalid where it is no folder. */
  listFiles(host: string, path: string): Promise<HostFolder>;
  /** Regular files of at most 1 MiB, else tooLarge or invalid. */
  readFile(host: string, path: string): Promise<FileContent>;
  /**
   * Writes a file whole, or leaves it as it was; its folder must be there. Throws conflict where it is not as `expected`, or
   * a piece is not the next one. Until the last piece is there, the version that is given is nobody's.
   */
  writeFile(
    host: string,
    path: string,
    bytes: Uint8Array,
    options?: WriteOptions,
  ): Promise<{ readonly version: string }>;
  /** Throws conflict where something is there, notFound where the folder above is not. */
  makeDirectory(host: string, path: string): Promise<void>;
  /** Removes a file, a link, or a folder with at most 20,000 entries in it. */
  removePath(host: string, path: string): Promise<void>;
  /** Gives another path; throws conflict where something is there. */
  renamePath(host: string, from: string, to: string): Promise<void>;
  /**
   * Gives a turn whenever something under the home has changed, at most 5 a second; the first 2,000 entries are looked at,
   * those nearest to the home first. Ends with the host, the engine, or `signal`.
   */
  watchFiles(host: string, signal: AbortSignal): Promise<AsyncIterable<void>>;
  /**
   * A TCP connection to 127.0.0.1:`port` as the workspace sees it, half-open where one side has ended. Throws `notFound` where
   * nothing listens there, exhausted where the host has too many already. `signal` ends the connection too.
   */
  dial(host: string, port: number, signal: AbortSignal): Promise<Duplex>;
}
