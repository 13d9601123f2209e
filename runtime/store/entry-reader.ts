// Reads a tar entry by entry, and writes what its files hold. Blocks: for worker threads.

import { closeSync, write, writeSync } from 'node:fs';
import { type Extract, extract, type Header } from 'tar-stream';

export interface EntryWriter<File extends { readonly fd: number }> {
  /** Makes what the header tells of; gives an open file where what follows is to be kept. */
  begin(header: Header): File | null;
  /** Called when the entry is there whole. Closes its file. */
  end(header: Header, file: File | null): void;
  /** What is thrown where the entry fails. */
  failure(header: Header, error: unknown): Error;
}

/** Pieces from this size on are written by a thread of libuv's, while the next one is read and hashed. */
const asideBytes = 512 * 1024;

/** To be piped into, the last of a pipeline. Fails with the first entry that does; its file is closed then. */
export function entryReader<File extends { readonly fd: number }>(writer: EntryWriter<File>): Extract {
  const reader = extract();
  reader.on('entry', (header, body, next) => {
    const fail = (error: unknown): void => next(writer.failure(header, error));
    let file: File | null = null;
    /** What comes after the write that is under way. */
    let then: (() => void) | null = null;
    const close = (): void => {
      if (file) closeSync(file.fd);
    };
    // Also where the entry is refused: its body is destroyed with the archive, and says so.
    body.on('error', () => {
      if (then) then = close;
      else close();
    });
    try {
      file = writer.begin(header);
    } catch (error) {
      return fail(error);
    }
    const open = file;
    const written = (error: unknown): void => {
      const after = then;
      then = null;
      if (!error || after === close) after?.();
      else if (after === end) {
        close();
        fail(error);
      } else body.destroy(writer.failure(header, error));
    };
    body.on('data', (chunk) => {
      if (!open || !Buffer.isBuffer(chunk)) return;
      if (chunk.length < asideBytes) {
        try {
          for (let done = 0; done < chunk.length; ) done += writeSync(open.fd, chunk, done);
        } catch (error) {
          body.destroy(writer.failure(header, error));
        }
        return;
      }
      body.pause();
      then = () => body.resume();
      writeAside(open.fd, chunk, written);
    });
    const end = (): void => {
      try {
        writer.end(header, open);
        next();
      } catch (error) {
        fail(error);
      }
    };
    body.on('end', () => {
      if (then) then = end;
      else end();
    });
  });
  return reader;
}

function writeAside(fd: number, piece: Buffer, done: (error: unknown) => void): void {
  write(fd, piece, (error, length) => {
    if (error || length === piece.length) done(error);
    else writeAside(fd, piece.subarray(length), done);
  });
}
